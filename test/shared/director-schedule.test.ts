import { describe, expect, it } from 'vitest'
import type { PlanNoteFacts } from '../../shared/director-schedule.ts'
import { analyticsDay, directorPlanNotes } from '../../shared/director-schedule.ts'
import type { Schedule } from '../../shared/plan.ts'
import { runsADay, sameDues, scheduleWords, utcEqual } from '../../shared/schedule/index.ts'

/** In winter: clocks in Zürich are one hour ahead of UTC. */
const now = Date.UTC(2026, 10, 20, 12)
const cron = (expression: string): Schedule => ({ kind: 'cron', expression })
const daily = (at: string): Schedule => ({ kind: 'daily', at })
const hours = (every: number, minute: number): Schedule => ({ kind: 'hours', every, minute })

describe('the words of a schedule', () => {
  it('are those that the portal prints for the same five fields', () => {
    // Left: what an operator picks here. Right: read in the vendor's pictures, or printed by the same cronstrue.
    for (const [schedule, words] of [
      [hours(1, 0), 'Every hour'],
      [hours(1, 45), 'At 45 minutes past the hour'],
      [daily('00:00'), 'At 12:00 AM'],
      [daily('02:30'), 'At 02:30 AM'],
      [daily('14:30'), 'At 02:30 PM'],
      [hours(4, 15), 'At 15 minutes past the hour, every 4 hours'],
      [cron('30 2 * * 0'), 'At 02:30 AM, only on Sunday'],
    ] as const)
      expect(scheduleWords(schedule)).toBe(words)
  })
})

describe('utcEqual', () => {
  it('gives five fields in UTC where one expression says it all the year, and words for both halves where none does', () => {
    const none = expect.stringMatching(/no single pattern; the next is .* UTC$/) as string
    for (const [schedule, zone, expression, text] of [
      [daily('02:30'), 'UTC', '30 2 * * *', '02:30 UTC'],
      [daily('02:30'), 'Asia/Kolkata', '0 21 * * *', '21:00 UTC'],
      [daily('02:30'), 'Europe/Zurich', null, '01:30 UTC, 00:30 UTC while summer time holds'],
      [daily('02:30'), 'Australia/Sydney', null, '16:30 UTC, 15:30 UTC while summer time holds'],
      [hours(1, 45), 'Europe/Zurich', '45 * * * *', 'At 45 minutes past the hour (UTC)'],
      [hours(1, 45), 'Asia/Kolkata', '15 * * * *', 'At 15 minutes past the hour (UTC)'],
      [hours(6, 0), 'Asia/Tokyo', '0 3,9,15,21 * * *', expect.stringMatching(/03:00 AM.*\(UTC\)$/) as string],
      [hours(12, 0), 'Asia/Dubai', '0 8,20 * * *', expect.stringMatching(/08:00 PM \(UTC\)$/) as string],
      [cron('30 0 * * 1-5'), 'Asia/Tokyo', '30 15 * * 0,1,2,3,4', expect.stringMatching(/Sunday/) as string],
      // The day of the month is another one in UTC; of the minutes some are of the hour before.
      [cron('30 0 1 * *'), 'Asia/Tokyo', null, none],
      [cron('0,50 9,10 * * *'), 'Asia/Kathmandu', null, none],
    ] as const)
      expect([zone, utcEqual(schedule, zone, now)]).toEqual([zone, { cron: expression, text }])
  })

  it('is due at the same instants as what it was made from', () => {
    for (const [schedule, zone] of [
      [daily('02:30'), 'Asia/Kolkata'],
      [hours(4, 15), 'Asia/Kathmandu'],
      [cron('*/20 22-23 * * 6'), 'America/Phoenix'],
      [cron('5 0 * * 0,3'), 'Asia/Tokyo'],
    ] as const) {
      const { cron: expression } = utcEqual(schedule, zone, now)
      expect([
        zone,
        sameDues({ schedule, zone }, { schedule: cron(expression ?? ''), zone: 'UTC' }, now),
      ]).toEqual([zone, true])
    }
  })
})

describe('sameDues', () => {
  it('tells schedules apart that agree in winter alone', () => {
    const inZurich = { schedule: daily('02:30'), zone: 'Europe/Zurich' }
    expect(sameDues(inZurich, { schedule: cron('30 2 * * *'), zone: 'Europe/Berlin' }, now)).toBe(true)
    expect(sameDues(inZurich, { schedule: daily('01:30'), zone: 'UTC' }, now)).toBe(false)
  })
})

describe('the notes of a Director’s plan', () => {
  const facts: PlanNoteFacts = {
    ...{ source: { kind: 'director', deployment: 'dc', part: 'configuration' }, now, zone: 'UTC' },
    ...{ schedule: hours(4, 0), servers: [], others: [], portal: undefined, analyticsSet: true },
  }
  const linesOf = (change: Partial<PlanNoteFacts>) =>
    directorPlanNotes({ ...facts, ...change }).map(({ tone, lines }) => `${tone} ${lines.join()}`)
  const often = 'look S2.32'
  const nas = { name: 'nas', type: 's3' as const, folder: null }
  const portal = { configuration: null, analytics: '0 1 * * *', server: null, noted: '2026-11-20T00:00:00Z' }
  const other = { name: 'data', part: 'analytics' as const, runsADay: 1 }

  it('warn of several runs a day only where analytics snapshots depend on it', () => {
    expect(runsADay(hours(4, 0), 'UTC', now)).toBe(6)
    expect(runsADay({ kind: 'cron', expression: '*/5 * * * *' }, 'UTC', now)).toBe(288)
    expect(runsADay({ kind: 'daily', at: '00:30' }, 'Europe/Zurich', now)).toBe(1)
    expect(linesOf({ servers: [nas] })).not.toContain(often)
    expect(linesOf({ portal: { ...portal, analytics: null } })).not.toContain(often)
    for (const reason of [
      { others: [other] },
      { portal },
      { servers: [{ ...nas, folder: 'dcrepository' }] },
    ]) {
      expect(linesOf(reason)[0]).toMatch(/^(?:look S2.32|stop S2.35,S2.36)$/)
      expect(linesOf(reason)).toContain(often)
      expect(linesOf({ ...reason, schedule: daily('02:30') })).not.toContain(often)
    }
    const source = { ...facts.source, part: 'analytics' as const }
    const config = { name: 'config', part: 'configuration' as const, runsADay: 6 }
    expect(linesOf({ source, schedule: daily('02:30'), others: [config] })).toContain(often)
  })

  it('say the time in UTC, what the portal cannot, and which day analytics data is of', () => {
    const text = (change: Partial<PlanNoteFacts>) =>
      directorPlanNotes({ ...facts, ...change })
        .map(note => note.text)
        .join('\n')
    const zurich = text({ schedule: daily('02:30'), zone: 'Europe/Zurich' })
    expect(zurich).toContain('At 02:30 AM, Europe/Zurich: 01:30 UTC, 00:30 UTC while summer time holds.')
    expect(zurich).toContain('Drydock takes any number and any zone.')
    expect(linesOf({ servers: [{ ...nas, type: 'ftp' }] })).toContain('tell S2.38')
    expect(linesOf({ servers: [nas] })).not.toContain('tell S2.38')
    const source = { ...facts.source, part: 'analytics' as const }
    expect(text({ source, schedule: daily('00:30'), zone: 'Europe/Zurich' })).toContain(
      'the one at 2026-11-20 23:30 UTC takes 2026-11-19',
    )
    expect(linesOf({ source, schedule: daily('02:30'), analyticsSet: false })[0]).toBe('look S2.9')
    expect(analyticsDay(Date.UTC(2027, 0, 1, 0, 5))).toBe('2026-12-31')
  })
})
