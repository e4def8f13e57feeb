import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../electron/engine/retention/index.ts'
import { chooseKept } from '../../electron/engine/retention/index.ts'
import { isoWeek, periodsIn } from '../../electron/engine/retention/periods.ts'
import type { Retention } from '../../shared/plan.ts'

const none: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 }
const hour = 3_600_000

const point = (time: number | string, more: Partial<Candidate> = {}): Candidate => {
  const ms = typeof time === 'number' ? time : Date.parse(time)
  return {
    point: new Date(ms).toISOString(),
    time: ms,
    complete: true,
    damaged: false,
    verified: false,
    protected: false,
    ...more,
  }
}
const kept = (points: Candidate[], rules: Partial<Retention>, zone = 'UTC') => [
  ...chooseKept(points, { ...none, ...rules }, zone).keep.keys(),
]
const days = (count: number, from = '2026-03-01T12:00:00Z') =>
  Array.from({ length: count }, (_, i) => point(Date.parse(from) - i * 24 * hour))

describe('chooseKept', () => {
  it('keeps everything when no rule is set', () => {
    const { keep, remove } = chooseKept(days(500), none, 'UTC')
    expect([keep.size, remove]).toEqual([500, []])
  })

  it('keeps the last n', () => {
    const points = days(10)
    expect(kept(points, { last: 3 }).sort()).toEqual(
      points
        .slice(0, 3)
        .map(one => one.point)
        .sort(),
    )
  })

  it('keeps the newest of each day, of as many days as have a point', () => {
    const points = [
      '2026-03-10T08:00:00Z',
      '2026-03-10T20:00:00Z',
      '2026-03-09T01:00:00Z',
      // Nobody was here for a month.
      '2026-02-01T02:00:00Z',
      '2026-02-01T03:00:00Z',
      '2026-01-31T03:00:00Z',
    ].map(time => point(time))
    expect(kept(points, { daily: 3 }).sort()).toEqual([
      '2026-02-01T03:00:00.000Z',
      '2026-03-09T01:00:00.000Z',
      '2026-03-10T20:00:00.000Z',
    ])
  })

  it('counts days in the zone of the plan', () => {
    // Half past midnight in Zurich is still the day before in UTC.
    const points = ['2026-06-01T22:30:00Z', '2026-06-01T20:00:00Z', '2026-06-01T05:00:00Z'].map(time =>
      point(time),
    )
    expect(kept(points, { daily: 2 }, 'UTC')).toEqual(['2026-06-01T22:30:00.000Z'])
    expect(kept(points, { daily: 2 }, 'Europe/Zurich').sort()).toEqual([
      '2026-06-01T20:00:00.000Z',
      '2026-06-01T22:30:00.000Z',
    ])
  })

  it('says why each that stays does', () => {
    const points = [
      point('2026-03-10T08:00:00Z'),
      point('2026-03-09T08:00:00Z', { verified: true }),
      point('2026-03-08T08:00:00Z', { protected: true }),
      point('2026-03-07T08:00:00Z', { damaged: true }),
      point('2026-03-06T08:00:00Z', { complete: false }),
      point('2026-03-05T08:00:00Z'),
    ]
    const { keep, remove } = chooseKept(points, { ...none, last: 1, yearly: 2 }, 'UTC')
    expect([...keep.entries()].sort()).toEqual([
      ['2026-03-06T08:00:00.000Z', ['incomplete']],
      ['2026-03-07T08:00:00.000Z', ['damaged']],
      ['2026-03-08T08:00:00.000Z', ['protected']],
      ['2026-03-09T08:00:00.000Z', ['newest verified']],
      ['2026-03-10T08:00:00.000Z', ['newest good', 'last 1', 'yearly 1']],
    ])
    expect(remove).toEqual(['2026-03-05T08:00:00.000Z'])
  })

  it('passes over a damaged one for the next good one of the same day', () => {
    const points = [
      point('2026-03-10T20:00:00Z', { damaged: true }),
      point('2026-03-10T08:00:00Z'),
      point('2026-03-09T08:00:00Z'),
    ]
    const { keep } = chooseKept(points, { ...none, daily: 1 }, 'UTC')
    expect(keep.get('2026-03-10T08:00:00.000Z')).toContain('daily 1')
    expect(keep.has('2026-03-09T08:00:00.000Z')).toBe(false)
  })

  it('comes to the same end when it is applied every day as when it is applied once', () => {
    const rules = { ...none, last: 2, daily: 7, weekly: 4, monthly: 6, yearly: 2 }
    const all = days(800).reverse()
    let standing: Candidate[] = []
    for (const one of all) {
      standing.push(one)
      const { keep } = chooseKept(standing, rules, 'America/New_York')
      standing = standing.filter(({ point: name }) => keep.has(name))
    }
    const once = chooseKept(all, rules, 'America/New_York').keep
    expect(standing.map(({ point: name }) => name).sort()).toEqual([...once.keys()].sort())
  })

  it('decides about 10,000 points at once', () => {
    const points = Array.from({ length: 10_000 }, (_, i) =>
      point(Date.parse('2026-03-01T00:00:00Z') - i * hour),
    )
    const rules = { ...none, last: 24, daily: 14, weekly: 8, monthly: 12, yearly: 5 }
    const { keep, remove } = chooseKept(points, rules, 'Europe/Zurich')
    expect(keep.size + remove.length).toBe(10_000)
    expect(keep.size).toBeLessThanOrEqual(24 + 14 + 8 + 12 + 5)
  })

  it('holds what it promises for any points and rules', () => {
    const random = generator(20261120)
    const upTo = (most: number) => Math.floor(random() * (most + 1))
    for (let round = 0; round < 400; round++) {
      const zone = ['UTC', 'Europe/Zurich', 'Pacific/Apia', 'America/St_Johns'][upTo(3)]!
      const times = new Set(Array.from({ length: upTo(40) }, () => upTo(400 * 24) * hour + 1_700_000_000_000))
      const points = [...times].map(time =>
        point(time, {
          complete: random() < 0.8,
          damaged: random() < 0.2,
          verified: random() < 0.3,
          protected: random() < 0.1,
        }),
      )
      const rule = () => (random() < 0.5 ? 0 : upTo(5))
      const rules = { last: rule(), daily: rule(), weekly: rule(), monthly: rule(), yearly: rule() }
      const { keep, remove } = chooseKept(points, rules, zone)
      // Each point is decided about exactly once, whatever order they come in.
      expect([...keep.keys(), ...remove].sort()).toEqual(points.map(one => one.point).sort())
      expect(chooseKept(points.toReversed(), rules, zone).remove).toEqual(remove)
      const gone = new Set(remove)
      const good = points.filter(one => one.complete && !one.damaged).sort((x, y) => y.time - x.time)
      if (good[0]) expect(gone.has(good[0].point)).toBe(false)
      const verified = good.find(one => one.verified)
      if (verified) expect(gone.has(verified.point)).toBe(false)
      for (const one of points)
        if (one.protected || !one.complete || one.damaged) expect(gone.has(one.point)).toBe(false)
      for (const one of good.slice(0, rules.last)) expect(gone.has(one.point)).toBe(false)
      const periods = periodsIn(zone)
      for (const [name, period] of [
        ['daily', 'day'],
        ['weekly', 'week'],
        ['monthly', 'month'],
        ['yearly', 'year'],
      ] as const) {
        const all = new Set(good.map(one => periods(one.time)[period]))
        const left = new Set(good.filter(one => !gone.has(one.point)).map(one => periods(one.time)[period]))
        expect(left.size).toBeGreaterThanOrEqual(Math.min(all.size, rules[name]))
      }
      // More is never kept than the rules and the exceptions ask for.
      const most = Object.values(rules).reduce((sum, count) => sum + count, 0)
      if (most > 0)
        expect(good.filter(one => keep.get(one.point)?.some(isRule)).length).toBeLessThanOrEqual(most)
    }
  })
})

const isRule = (reason: string) => /^(?:last|daily|weekly|monthly|yearly) /.test(reason)

describe('periods', () => {
  it.each([
    ['2026-01-01', '2026-W01'],
    ['2027-01-01', '2026-W53'],
    ['2024-12-30', '2025-W01'],
    ['2023-01-01', '2022-W52'],
    ['2020-12-31', '2020-W53'],
    ['2026-03-29', '2026-W13'],
    ['2026-03-30', '2026-W14'],
  ])('knows the ISO week of %s', (date, week) => {
    const [y, m, d] = date.split('-').map(Number) as [number, number, number]
    expect(isoWeek(y, m, d)).toBe(week)
  })

  it.each(['Europe/Zurich', 'Pacific/Apia', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'])(
    'names the same days as the calendar of %s, through all changes of its clocks',
    zone => {
      const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
      const periods = periodsIn(zone)
      // Through 2011, in which Samoa left a day out.
      for (
        let ms = Date.parse('2011-01-01T00:10:00Z');
        ms < Date.parse('2013-01-01T00:00:00Z');
        ms += 4 * hour
      )
        expect(periods(ms).day).toBe(calendar.format(ms))
    },
  )

  it('ends a day where the zone’s midnight is, on both sides of a change of clocks', () => {
    const zurich = periodsIn('Europe/Zurich')
    expect(zurich(Date.parse('2026-03-28T22:59:00Z')).day).toBe('2026-03-28')
    expect(zurich(Date.parse('2026-03-28T23:00:00Z')).day).toBe('2026-03-29')
    expect(zurich(Date.parse('2026-03-29T21:59:00Z')).day).toBe('2026-03-29')
    expect(zurich(Date.parse('2026-03-29T22:00:00Z')).day).toBe('2026-03-30')
    expect(periodsIn('Pacific/Kiritimati')(Date.parse('2025-12-31T10:00:00Z'))).toEqual({
      day: '2026-01-01',
      week: '2026-W01',
      month: '2026-01',
      year: '2026',
    })
  })
})

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
