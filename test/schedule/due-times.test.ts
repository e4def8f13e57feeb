import cronstrue from 'cronstrue'
import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../shared/plan.ts'
import { checkSchedule, dueTimes, nextRuns, scheduleWords } from '../../shared/schedule/index.ts'

const at = (text: string): number => Date.parse(text)
const iso = (times: number[]): string[] => times.map(time => new Date(time).toISOString().slice(0, 16))
const cron = (expression: string): Schedule => ({ kind: 'cron', expression })
const nightly: Schedule = { kind: 'daily', at: '02:30' }
const hourly: Schedule = { kind: 'hours', every: 1, minute: 15 }

describe('dueTimes', () => {
  it('runs a time that is left out when clocks go forward at the first instant after the gap', () => {
    const times = dueTimes(nightly, 'Europe/Zurich', at('2026-03-28T00:00Z'), { count: 3 })
    expect(iso(times)).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'])
  })

  it('runs several times of one gap once', () => {
    const times = dueTimes(cron('*/10 2 * * *'), 'America/New_York', at('2026-03-08T00:00Z'), { count: 2 })
    expect(iso(times)).toEqual(['2026-03-08T07:00', '2026-03-09T06:00'])
  })

  it('runs a time that comes twice the first time only', () => {
    const times = dueTimes(nightly, 'Europe/Zurich', at('2026-10-24T12:00Z'), { count: 2 })
    expect(iso(times)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30'])
  })

  it('runs every real hour when it runs every hour', () => {
    for (const day of ['2026-03-29', '2026-10-25']) {
      const from = at(`${day}T00:00Z`) - 6 * 3_600_000
      const times = dueTimes(hourly, 'Europe/Zurich', from, { count: 24 })
      for (const [i, time] of times.entries()) expect(time - from).toBe((i * 60 + 15) * 60_000)
    }
  })

  it('knows a change of half an hour', () => {
    const spring = dueTimes(hourly, 'Australia/Lord_Howe', at('2026-10-03T14:00Z'), { count: 3 })
    // 01:15, then 02:15 which is left out and becomes 02:30, then 03:15.
    expect(iso(spring)).toEqual(['2026-10-03T14:45', '2026-10-03T15:30', '2026-10-03T16:15'])
    const daily = dueTimes({ kind: 'daily', at: '01:45' }, 'Australia/Lord_Howe', at('2026-04-04T00:00Z'), {
      count: 2,
    })
    expect(iso(daily)).toEqual(['2026-04-04T14:45', '2026-04-05T15:15'])
  })

  it('knows clocks that change at midnight', () => {
    const times = dueTimes(cron('30 0 * * FRI'), 'Africa/Cairo', at('2026-04-20T00:00Z'), { count: 2 })
    expect(iso(times)).toEqual(['2026-04-23T22:00', '2026-04-30T21:30'])
  })

  it('gives the same times however the year is cut into pieces', () => {
    for (const zone of [
      'Europe/Zurich',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'America/Havana',
    ])
      for (const schedule of [nightly, hourly, cron('*/20 0,1,2,3,23 * * *')]) {
        const [from, to] = [at('2026-01-01T00:00Z'), at('2027-01-01T00:00Z')]
        const whole = dueTimes(schedule, zone, from, { to })
        const pieces: number[] = []
        for (let t = from; t < to; t += 7_300_000)
          pieces.push(...dueTimes(schedule, zone, t, { to: Math.min(to, t + 7_300_000) }))
        expect(pieces).toEqual(whole)
        expect(new Set(whole).size).toBe(whole.length)
      }
  }, 60_000)

  it('has one due time on every day of the year for a daily schedule', () => {
    for (const zone of ['Europe/Zurich', 'America/New_York', 'UTC', 'Australia/Lord_Howe'])
      for (const time of ['00:00', '01:30', '02:15', '02:30', '23:59'])
        expect(
          dueTimes({ kind: 'daily', at: time }, zone, at('2026-02-01T12:00Z'), {
            to: at('2027-02-01T12:00Z'),
          }).length,
          `${zone} ${time}`,
        ).toBe(365)
  })

  it('finds 29 February', () => {
    expect(iso(dueTimes(cron('0 6 29 2 *'), 'UTC', at('2026-03-01T00:00Z'), { count: 1 }))).toEqual([
      '2028-02-29T06:00',
    ])
  })
})

describe('nextRuns', () => {
  it('says in words that a change of clocks moves a run', () => {
    const [, , moved] = nextRuns(nightly, 'Europe/Zurich', at('2026-03-26T12:00Z'))
    expect(moved).toEqual({
      at: '2026-03-29T01:00:00.000Z',
      local: 'Sun 29 Mar 03:00 CEST',
      note: 'Clocks go forward on Sunday: 02:30 does not exist, so it runs at 03:00.',
    })
  })

  it('says that a time that comes twice runs once', () => {
    const [first] = nextRuns(nightly, 'America/New_York', at('2026-11-01T00:00Z'), 1)
    expect(first?.local).toBe('Sun 1 Nov 02:30 EST')
    const [twice] = nextRuns({ kind: 'daily', at: '01:30' }, 'America/New_York', at('2026-11-01T00:00Z'), 1)
    expect(twice).toMatchObject({ local: 'Sun 1 Nov 01:30 EDT' })
    expect(twice?.note).toBe('Clocks go back on Sunday: 01:30 comes twice; it runs once, the first time.')
  })
})

describe('scheduleWords', () => {
  it('says what cronstrue says of the same pattern', () => {
    expect(scheduleWords(nightly)).toBe(cronstrue.toString('30 2 * * *'))
    expect(scheduleWords(hourly)).toBe(cronstrue.toString('15 * * * *'))
    expect(scheduleWords({ kind: 'hours', every: 4, minute: 5 })).toBe(cronstrue.toString('5 */4 * * *'))
    expect(scheduleWords(cron('0 6 * * MON'))).toBe(cronstrue.toString('0 6 * * MON'))
  })
})

describe('checkSchedule', () => {
  const now = at('2026-11-20T10:00Z')

  it('accepts what can run', () => {
    for (const pattern of ['0 6 * * 1-5', '*/5 * * * *', '0 0 L * *', '0 0 29 2 *', '0 0 * * 5#2'])
      expect(checkSchedule(cron(pattern), now), pattern).toBeNull()
  })

  it('refuses, in words, what never runs, runs more often than once a minute, or is no pattern', () => {
    expect(checkSchedule(cron('0 0 30 2 *'), now)).toBe('it never runs: there is no such date')
    expect(checkSchedule(cron('0 0 31 4,6 *'), now)).toBe('it never runs: there is no such date')
    expect(checkSchedule(cron('*/5 * * * * *'), now)).toContain('once a minute')
    for (const pattern of [
      '61 * * * *',
      '0 24 * * *',
      'a b c d e',
      '@daily a b',
      '0 0 * *',
      '0 0 * * MON-',
    ]) {
      const words = checkSchedule(cron(pattern), now)
      expect(words, pattern).not.toBeNull()
      expect(words, pattern).not.toMatch(/CronPattern|Error:/)
    }
  })
})
