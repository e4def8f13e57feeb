import { describe, expect, it } from 'vitest'
import type { PlanInfo } from '../../shared/contract/plan.ts'
import { planContract } from '../../shared/contract/plan.ts'
import type { AlarmFacts, AlarmRun } from '../../electron/engine/schedule/alarms.ts'
import { alarmsOf } from '../../electron/engine/schedule/alarms.ts'
import { planOf } from './support/world.ts'

const quiet: AlarmFacts = { plans: [], runs: [], damaged: [], vault: null }
const at = (hour: number) => `2026-03-26T${String(hour).padStart(2, '0')}:30:00.000Z`

const plan = (rest: Partial<PlanInfo> = {}): PlanInfo => ({
  revision: '1',
  settings: planOf('docs', { zone: 'Europe/Zurich' }),
  state: 'scheduled',
  running: null,
  created: at(0),
  words: 'At 02:30 AM',
  next: [],
  last: null,
  missed: 0,
  overdue: null,
  ...rest,
})

const run = (rest: Partial<AlarmRun> = {}): AlarmRun => ({
  id: '20260326T013000Z-k3f7',
  kind: 'backup',
  state: 'interrupted',
  about: 'docs → nas',
  started: at(1),
  ended: null,
  failure: null,
  plan: 'docs',
  ...rest,
})

describe('alarmsOf', () => {
  it('says that the disk of the state folder is full, and what is only in memory because of it', () => {
    const disk = { since: at(1), home: '/var/drydock', outageHeld: false }
    const [alarm] = alarmsOf({ ...quiet, stateDisk: disk })
    expect(alarm).toMatchObject({ tone: 'stop', about: { kind: 'state' } })
    expect(alarm?.detail).toContain('/var/drydock')
    expect(alarm?.detail).not.toContain('memory')
    expect(alarmsOf({ ...quiet, stateDisk: { ...disk, outageHeld: true } })[0]?.detail).toContain('memory')
  })

  it('is empty when all is well', () => {
    expect(alarmsOf({ ...quiet, plans: [plan()], runs: [run({ state: 'succeeded' })] })).toEqual([])
  })

  it('says when a plan should have run, in its own time zone, and why it did not', () => {
    const late = plan({ overdue: { since: at(1), reason: 'the vault is locked' }, missed: 3 })
    expect(alarmsOf({ ...quiet, plans: [late] })).toMatchObject([
      {
        tone: 'look',
        title: 'docs should have run at Thu 26 Mar 02:30 CET',
        detail: 'The vault is locked. 3 runs were missed since the last one.',
        about: { kind: 'plan', name: 'docs' },
      },
    ])
  })

  it('shows a failed run only as long as it is the last of its plan', () => {
    const failed = run({
      state: 'failed',
      ended: at(2),
      failure: { code: 'network.unreachable', during: 'store.write', subject: 'nas', retry: 'now' },
    })
    const last = { runId: failed.id, started: failed.started, state: 'failed', problems: 0 }
    const [alarm] = alarmsOf({ ...quiet, plans: [plan({ last })], runs: [failed] })
    expect(alarm).toMatchObject({ tone: 'stop', title: 'docs: the last run failed', since: at(2) })
    expect(alarm?.detail).toContain('Nas: the server does not answer.')
    // A page shows it: what helps is a button there, not a command.
    expect(alarm?.detail).toContain('resume the run')
    expect(alarm?.detail).not.toMatch(/drydock [a-z]/)
    const newer = { ...last, runId: 'another' }
    expect(alarmsOf({ ...quiet, plans: [plan({ last: newer })], runs: [failed] })).toEqual([])
  })

  it('shows an interrupted run until a later one of the same thing went well', () => {
    const restore = run({ id: 'r', kind: 'restore', about: 'docs@x from nas → /tmp', plan: null })
    const shutdown = run({
      id: 's',
      state: 'cancelled',
      failure: {
        code: 'cancelled',
        during: 'run',
        detail: 'cancelled because Drydock was shutting down',
        retry: 'never',
      },
      plan: 'other',
    })
    const byHand = run({
      id: 'c',
      state: 'cancelled',
      plan: 'third',
      failure: { code: 'cancelled', during: 'run', detail: 'cancelled by the operator', retry: 'never' },
    })
    const later = run({ id: 'later', state: 'succeeded', started: at(5) })
    const ids = alarmsOf({ ...quiet, runs: [run(), restore, shutdown, byHand, later] }).map(({ id }) => id)
    expect(ids).toEqual(['interrupted:r', 'interrupted:s'])
  })

  it('puts damage first, and passes the contract', () => {
    const facts: AlarmFacts = {
      plans: [plan({ overdue: { since: at(1), reason: 'the vault is locked' } })],
      runs: [run()],
      damaged: [{ point: 'docs@20260326T013000Z', server: 'nas', since: at(6) }],
      vault: { since: at(1), waiting: ['docs', 'shop'] },
    }
    const alarms = alarmsOf(facts)
    expect(alarms.map(({ tone }) => tone)).toEqual(['stop', 'look', 'look', 'look'])
    expect(alarms[0]?.title).toBe('docs@20260326T013000Z on nas is damaged')
    expect(planContract['alarm.list'].output.parse({ alarms })).toEqual({ alarms })
    expect(alarmsOf({ ...quiet, vault: { since: at(1), waiting: [] } })).toEqual([])
  })
})
