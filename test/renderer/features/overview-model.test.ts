import { describe, expect, it } from 'vitest'
import type { SystemRow } from '../../../shared/contract/overview.ts'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import { firstSteps, firstVerdict, upcoming, verdictOf } from '../../../renderer/features/overview/model.ts'
import { draftOf, minutesFrom } from '../../../renderer/features/overview/targets.ts'

const row = (name: string, readiness: SystemRow['readiness'], rest: Partial<SystemRow> = {}): SystemRow => ({
  ...{ name, kind: 'folder', about: 'Folder', readiness, reason: 'because', lastGood: null },
  ...{
    dataLossTarget: 60,
    recoveryTarget: 60,
    lastProof: null,
    copies: [],
    next: null,
    running: null,
    lacks: [],
    deployment: null,
    check: null,
  },
  ...rest,
})

describe('the verdict', () => {
  it.each([
    [['ready', 'ready'], 'ok', 'Yes: all 2 systems, proven and within target.'],
    [['not-proven', 'ready'], 'idle', 'Probably: 1 of 2 systems is not proven.'],
    [['not-proven', 'not-proven'], 'idle', 'Probably: none of 2 systems is proven.'],
    [['at-risk', 'ready'], 'warn', 'Yes, but 1 of 2 systems is at risk.'],
    [
      ['cannot-recover', 'at-risk', 'ready'],
      'bad',
      'Partly: 2 of 3 systems, 1 of them proven and within target.',
    ],
    [['cannot-recover', 'at-risk'], 'bad', 'Partly: 1 of 2 systems, none of them proven.'],
    [['cannot-recover', 'cannot-recover'], 'bad', 'No: none of 2 systems.'],
    [['cannot-recover'], 'bad', 'No: a cannot be recovered.'],
    [['ready'], 'ok', 'Yes: a, proven and within target.'],
  ] as const)('of %j takes the worst tone %s and says %s', (states, tone, answer) => {
    const verdict = verdictOf(states.map((readiness, index) => row('abc'[index] ?? '', readiness)))
    expect(verdict).toMatchObject({ tone, answer })
  })

  it('names at most three systems that are not ready, the worst first', () => {
    const rows = ['cannot-recover', 'at-risk', 'at-risk', 'not-proven', 'ready'] as const
    const { reasons } = verdictOf(rows.map((readiness, index) => row(`s${index}`, readiness)))
    expect(reasons.map(({ strong }) => strong)).toEqual([
      's0 cannot be recovered',
      's1 is at risk',
      's2 is at risk',
    ])
  })
})

it('says in the verdict that a ready system has one copy only, or none off site', () => {
  const lone = row('a', 'ready', { lacks: ['second-copy', 'off-site'] })
  const near = row('b', 'ready', { lacks: ['off-site'] })
  expect(verdictOf([lone]).caveat).toBe('One copy only.')
  expect(verdictOf([near]).caveat).toBe('No copy off site.')
  expect(verdictOf([lone, near]).caveat).toBe('1 of 2 with one copy only.')
  expect(verdictOf([near, row('c', 'ready')]).caveat).toBe('1 of 2 with no copy off site.')
  expect(verdictOf([row('c', 'ready')]).caveat).toBeNull()
})

describe('the verdict without a plan', () => {
  const facts = { servers: 1, points: 0, asOf: null, asking: [], failed: [] }
  const failure = { code: 'network.unreachable', during: 'overview', retry: 'now' } as const
  it.each([
    ['there is no server', { servers: 0 }, 'bad', 'No: nothing is backed up yet.'],
    ['a server is being asked', { asking: ['stick'] }, 'idle', 'Not known yet.'],
    ['none was asked yet', {}, 'idle', 'Not known yet.'],
    [
      'a server is silent',
      { failed: [{ server: 'stick', failure }] },
      'warn',
      'Not known: stick does not answer.',
    ],
    [
      'there are points',
      { points: 1, asOf: '2026-01-01T00:00:00Z' },
      'bad',
      'Only what is on the servers already.',
    ],
    ['the servers are empty', { asOf: '2026-01-01T00:00:00Z' }, 'bad', 'No: nothing is backed up yet.'],
  ] as const)('when %s', (_, more, tone, answer) => {
    const all = { ...facts, ...more } as unknown as Parameters<typeof firstVerdict>[0]
    expect(firstVerdict(all, all.servers === 0 ? 'server' : 'plan')).toMatchObject({ tone, answer })
  })
})

describe('the first start', () => {
  const plan = (state: PlanInfo['state'], last: PlanInfo['last'] = null) => ({ state, last, running: null })
  const next = (steps: ReturnType<typeof firstSteps>) => steps.find(({ done }) => !done)?.key

  it('asks for a server, then a plan, then its start', () => {
    expect(next(firstSteps({ servers: 0, systems: [], plans: [] }))).toBe('server')
    expect(next(firstSteps({ servers: 1, systems: [], plans: [] }))).toBe('plan')
    expect(
      next(firstSteps({ servers: 1, systems: [row('a', 'cannot-recover')], plans: [plan('created')] })),
    ).toBe('start')
  })

  it('is over when a plan is scheduled, has run, or something good is there', () => {
    expect(firstSteps({ servers: 1, systems: [], plans: [plan('scheduled')] })).toEqual([])
    const last = { runId: 'r', started: '2026-01-01T00:00:00Z', state: 'succeeded', problems: 0 }
    expect(firstSteps({ servers: 1, systems: [], plans: [plan('created', last)] })).toEqual([])
    const good = row('a', 'ready', { lastGood: { at: '2026-01-01T00:00:00Z', point: 'a@x' } })
    expect(firstSteps({ servers: 0, systems: [good], plans: [] })).toEqual([])
  })
})

it('puts the next runs of all plans in the order of their times', () => {
  const plan = (name: string, ...at: string[]) =>
    ({
      settings: { name, zone: 'UTC' },
      next: at.map(time => ({ at: time, local: time })),
    }) as unknown as PlanInfo
  const found = upcoming(
    [plan('a', '2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'), plan('b', '2026-01-01T05:00:00Z')],
    2,
  )
  expect(found.map(({ plan: name, at }) => `${name} ${at.slice(8, 13)}`)).toEqual(['a 01T03', 'b 01T05'])
})

describe('a target', () => {
  it.each([null, 1, 30, 60, 90, 240, 1440, 2880, 10_080])('of %j minutes comes back as it was', minutes =>
    expect(minutesFrom(draftOf(minutes))).toBe(minutes),
  )
  it.each(['0', '-1', '1.5', 'soon', '99999999'])('refuses %s', amount =>
    expect(minutesFrom({ amount, unit: 'h' })).toHaveProperty('wrong'),
  )
  it('ends at 366 days', () =>
    expect(minutesFrom({ amount: '367', unit: 'd' })).toEqual({ wrong: 'At most 366 days.' }))
})
