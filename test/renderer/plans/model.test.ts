import { describe, expect, it } from 'vitest'
import {
  keepWords,
  mostKept,
  newPlanTitle,
  planWord,
  runsOf,
  stoppedServers,
  stopReason,
  whatOf,
  whenOf,
  withYear,
} from '../../../renderer/features/plans/model.ts'

const holds = (name: string) => ({
  tone: 'stop' as const,
  lines: ['S2.35', 'S2.36'],
  text: `${name} holds the vendor’s own snapshots (director-dc). Drydock writes nothing there.`,
})

const none = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 }

describe('a plan in words', () => {
  it('says when it runs', () => {
    expect(whenOf({ kind: 'daily', at: '02:30' }, 'x')).toBe('Every day at 02:30')
    expect(whenOf({ kind: 'hours', every: 1, minute: 15 }, 'x')).toBe('Every hour, at 15 past')
    expect(whenOf({ kind: 'hours', every: 4, minute: 5 }, 'x')).toBe('Every 4 hours from 00:05')
    expect(whenOf({ kind: 'cron', expression: '0 3 * * 1' }, 'On Mondays')).toBe('On Mondays')
  })

  it('of a Director are those of the vendor’s portal, and say which part of it', () => {
    const source = { kind: 'director' as const, deployment: 'dc', part: 'configuration' as const }
    const schedule = { kind: 'daily' as const, at: '02:30' }
    expect(runsOf({ source, schedule }, 'At 02:30 AM')).toBe('At 02:30 AM')
    expect(runsOf({ source: { kind: 'files', paths: ['/a'], excludes: [] }, schedule }, 'x')).toBe(
      'Every day at 02:30',
    )
    expect(whatOf({ source })).toBe('configuration of dc, five files')
    expect(whatOf({ source: { ...source, part: 'analytics' } })).toBe('analytics of dc, day before')
    expect(newPlanTitle({ kind: 'director', part: 'analytics' })).toBe('New analytics backup')
    expect(newPlanTitle({ kind: 'files', part: 'analytics' })).toBe('New plan')
  })

  it('says what is kept, and everything when no rule is set', () => {
    expect(keepWords({ ...none, daily: 7, monthly: 12 })).toBe('7 daily, 12 monthly')
    expect(mostKept({ ...none, daily: 7, monthly: 12 })).toBe(19)
    expect(keepWords(none)).toBe('every restore point')
    expect(mostKept(none)).toBeNull()
  })

  it('names the year of a due time when it is another one', () => {
    const now = Date.parse('2026-11-20T12:00:00Z')
    expect(withYear('Sat 21 Nov 02:30 CET', '2026-11-21T01:30:00Z', now)).toBe('Sat 21 Nov 02:30 CET')
    expect(withYear('Sun 28 Mar 03:00 CEST', '2027-03-28T01:00:00Z', now)).toBe('Sun 28 Mar 2027 03:00 CEST')
  })

  it('shows a run that should have begun before its schedule, and a run before both', () => {
    const overdue = { since: '2026-03-01T00:00:00Z', reason: '' }
    expect(planWord({ running: null, overdue, state: 'scheduled' })).toBe('Should have run')
    expect(planWord({ running: 'r', overdue, state: 'scheduled' })).toBe('Running')
    expect(planWord({ running: null, overdue: null, state: 'created' })).toBe('Created')
  })
})

describe('a server of a plan that holds the vendor’s repositories', () => {
  it('keeps the plan from being saved, and is told in its own row', () => {
    const notes = [holds('minio'), { tone: 'look' as const, lines: [], text: 'nas is slow.' }]
    expect([...stoppedServers(notes, ['nas', 'minio'])]).toEqual([
      ['minio', 'holds the vendor’s own snapshots (director-dc). Drydock writes nothing there.'],
    ])
    expect(stopReason(notes, ['nas', 'minio'])).toBe('minio belongs to the vendor’s own snapshots')
  })

  it('stops nothing once it is not chosen any more, nor does one whose name only begins alike', () => {
    expect(stopReason([holds('minio')], ['nas'])).toBeNull()
    expect(stopReason([holds('minio2')], ['minio'])).toBeNull()
  })
})
