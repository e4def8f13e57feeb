import { describe, expect, it } from 'vitest'
import type {
  CheckFacts,
  OverviewFacts,
  PlanFacts,
  Proof,
  ServerFacts,
} from '../../electron/engine/overview/index.ts'
import { digestOf, overviewOf, proofsOf } from '../../electron/engine/overview/index.ts'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import type { PointOnServer } from '../../shared/contract/point.ts'
import type { Failure } from '../../shared/failure.ts'
import type { SystemRecord } from '../../shared/plan.ts'

const now = Date.parse('2026-03-26T12:00:00Z')
const hoursAgo = (hours: number) => new Date(now - hours * 3_600_000).toISOString()
const stampAgo = (hours: number) => `${hoursAgo(hours).slice(0, 19).replace(/[-:]/g, '')}Z`

const held = (server: string, hours: number, more: Partial<PointOnServer> = {}): PointOnServer => ({
  point: `${more.name ?? 'docs'}@${stampAgo(hours)}`,
  name: 'docs',
  stamp: stampAgo(hours),
  server,
  files: 1,
  bytes: 1,
  state: 'complete',
  verified: null,
  damaged: false,
  trash: null,
  kept: false,
  ...more,
})
const server = (
  name: string,
  points: PointOnServer[] | null,
  more: Partial<ServerFacts> = {},
): ServerFacts => ({
  name,
  site: undefined,
  digest: points && digestOf(points),
  failure: null,
  ...more,
})
const plan = (name: string, more: Partial<PlanFacts> = {}): PlanFacts => ({
  name,
  system: 'Documents',
  servers: ['nas', 'cloud'],
  source: { kind: 'files', paths: ['/srv/docs'], excludes: [] },
  state: 'scheduled',
  next: null,
  running: null,
  overdue: null,
  ...more,
})
const system = (more: Partial<SystemRecord> = {}): SystemRecord => ({
  name: 'Documents',
  kind: 'folder',
  dataLossTarget: 24 * 60,
  recoveryTarget: 60,
  added: '2026-01-01T00:00:00.000Z',
  ...more,
})
const proof = (minutes: number, name = 'docs'): [string, Proof] => [
  name,
  { name, at: hoursAgo(48), ms: minutes * 60_000, runId: 'run' },
]
const silent: Failure = { code: 'network.unreachable', during: 'overview', retry: 'now' }
const facts = (more: Partial<OverviewFacts>): OverviewFacts => ({
  now,
  systems: [system()],
  plans: [plan('docs')],
  servers: [],
  proofs: new Map([proof(30)]),
  checks: new Map(),
  ...more,
})
const row = (more: Partial<OverviewFacts>) => overviewOf(facts(more))[0]!
const verdict = (more: Partial<OverviewFacts>) => {
  const { readiness, reason } = row(more)
  return `${readiness}: ${reason}`
}
const both = (hours: number, more: Partial<PointOnServer> = {}) => [
  server('nas', [held('nas', hours, more)]),
  server('cloud', [held('cloud', hours, more)], { site: 'off-site' }),
]

describe('overviewOf', () => {
  it('calls a system ready that is proven and within its targets', () => {
    expect(row({ servers: both(2) })).toMatchObject({
      name: 'Documents',
      about: 'Folder · /srv/docs',
      readiness: 'ready',
      reason: 'proven, within target',
      lastGood: { at: hoursAgo(2), point: `docs@${stampAgo(2)}` },
      lastProof: { at: hoursAgo(48), ms: 30 * 60_000, runId: 'run' },
    })
    const free = [system({ dataLossTarget: null, recoveryTarget: null })]
    expect(verdict({ servers: both(9999), systems: free })).toBe('ready: proven')
    expect(verdict({ servers: both(2), plans: [plan('docs', { state: 'stopped' })] })).toBe(
      'ready: proven, within target; nothing is scheduled',
    )
  })

  it('says that one was never proven, and what else is thin', () => {
    const proofs = new Map<string, Proof>()
    expect(verdict({ servers: both(2), proofs })).toBe('not-proven: never restored; never read back')
    expect(verdict({ servers: both(2, { verified: hoursAgo(1) }), proofs })).toBe(
      'not-proven: never restored',
    )
    expect(verdict({ servers: [server('nas', [held('nas', 2)]), server('cloud', [])], proofs })).toBe(
      'not-proven: never restored; one copy',
    )
  })

  it.each([
    ['past its target', { servers: both(36) }, '12 h past its target'],
    [
      'one copy damaged',
      { servers: [...both(2).slice(0, 1), server('cloud', [held('cloud', 2, { damaged: true })])] },
      'the copy on cloud is damaged',
    ],
    [
      'a slow restore',
      { servers: both(2), proofs: new Map([proof(90)]) },
      'its last restore took 90 min, longer',
    ],
    [
      'a server that does not answer',
      { servers: [...both(2).slice(0, 1), server('cloud', [held('cloud', 2)], { failure: silent })] },
      'cloud does not answer',
    ],
    [
      'an overdue plan',
      { servers: both(2), plans: [plan('docs', { overdue: 'x' })] },
      'docs should have run',
    ],
  ] as const)('calls it at risk with %s', (_, more, reason) => {
    const found = row(more)
    expect(found.readiness).toBe('at-risk')
    expect(found.reason).toContain(reason)
  })

  it('forgets about damage once there is a newer good point', () => {
    const servers = [
      server('nas', [held('nas', 2), held('nas', 5, { damaged: true })]),
      server('cloud', [held('cloud', 2)]),
    ]
    expect(verdict({ servers })).toBe('ready: proven, within target; no copy off site')
  })

  it.each([
    ['no plan', { plans: [] }, 'no plan backs it up'],
    ['nothing backed up', { servers: [server('nas', []), server('cloud', [])] }, 'never backed up'],
    [
      'every copy damaged',
      { servers: both(2, { damaged: true, verified: hoursAgo(1) }) },
      'every copy that was checked is damaged',
    ],
    [
      'the only holder silent',
      { servers: [server('nas', [held('nas', 2)], { failure: silent }), server('cloud', [])] },
      'nas does not answer, and nothing else holds a good copy',
    ],
    [
      'only points in the trash',
      { servers: both(2, { trash: { since: hoursAgo(1), until: hoursAgo(-100), by: 'me' } }) },
      'never backed up',
    ],
    ['only incomplete points', { servers: both(2, { state: 'incomplete' }) }, 'never backed up'],
  ] as const)('says that it cannot be recovered with %s', (_, more, reason) => {
    expect(verdict(more as Partial<OverviewFacts>)).toBe(`cannot-recover: ${reason}`)
  })

  it('takes nobody for lost who has not been heard yet', () => {
    expect(verdict({ servers: [server('nas', null), server('cloud', [])] })).toBe(
      'not-proven: not known yet: nas is being asked',
    )
  })

  it('says of a ready system that it has one copy only, or none away from here', () => {
    const lone = [server('nas', [held('nas', 2)]), server('cloud', [])]
    expect(row({ servers: lone })).toMatchObject({
      readiness: 'ready',
      reason: 'proven, within target; one copy only',
      lacks: ['second-copy', 'off-site'],
    })
    const here = [server('nas', [held('nas', 2)]), server('cloud', [held('cloud', 2)], { site: 'on-site' })]
    expect(row({ servers: here })).toMatchObject({
      reason: 'proven, within target; no copy off site',
      lacks: ['off-site'],
    })
    expect(row({ servers: both(2) }).lacks).toEqual([])
    expect(row({ servers: [server('nas', [])] }).lacks).toEqual([])
  })

  it('shows a server of which no site was said as that, and not beside one on site', () => {
    const unsaid = server('old', [held('old', 1)])
    expect(row({ servers: [unsaid], plans: [plan('docs', { servers: ['old'] })] }).copies[0]).toEqual({
      ...{ site: 'on-site', state: 'unverified', at: hoursAgo(1), assumed: true },
    })
    const said = server('nas', [held('nas', 2)], { site: 'on-site' })
    expect(row({ servers: [unsaid, said] }).copies[0]).toEqual({
      ...{ site: 'on-site', state: 'unverified', at: hoursAgo(2) },
    })
  })

  it('shows the copy at each kind of site, a server without one as on site', () => {
    const servers = [
      server('nas', [held('nas', 2), held('nas', 30, { verified: hoursAgo(1) })]),
      server('old', [held('old', 50)]),
      server('cloud', [held('cloud', 30, { verified: hoursAgo(1) })], { site: 'off-site' }),
      server('disk', null, { site: 'air-gap', failure: silent }),
    ]
    const plans = [plan('docs', { servers: ['nas', 'disk'] })]
    expect(row({ servers, plans }).copies).toEqual([
      { site: 'on-site', state: 'unverified', at: hoursAgo(2), assumed: true },
      { site: 'off-site', state: 'verified', at: hoursAgo(30) },
      { site: 'air-gap', state: 'no-answer', at: null },
    ])
    expect(row({ servers: [] }).copies.map(({ state }) => state)).toEqual(['none', 'none', 'none'])
  })

  it('takes plans of the same data together, and the worst of several data', () => {
    const weekly = plan('docs-weekly', { servers: ['cloud'] })
    const old = [
      server('nas', [held('nas', 2)]),
      server('cloud', [held('cloud', 150, { name: 'docs-weekly' })]),
    ]
    expect(verdict({ servers: old, plans: [plan('docs'), weekly] })).toBe(
      'ready: proven, within target; no copy off site',
    )
    const db = plan('db', { source: { kind: 'command', command: 'dump', as: 'db.sql' } })
    const found = row({ servers: old, plans: [plan('docs'), weekly, db] })
    expect(found).toMatchObject({
      readiness: 'cannot-recover',
      reason: 'db: never backed up',
      lastGood: null,
      lastProof: null,
    })
    expect(found.copies[0]).toMatchObject({ state: 'none' })
  })

  it('tells the next run and the one that goes on', () => {
    const plans = [
      plan('docs', { next: hoursAgo(-5), running: 'run-1' }),
      plan('docs-weekly', { next: hoursAgo(-2) }),
    ]
    expect(row({ plans, servers: both(2) })).toMatchObject({
      next: { at: hoursAgo(-2), plan: 'docs-weekly' },
      running: 'run-1',
    })
  })

  it('shows the worst first', () => {
    const systems = ['Good', 'Lost', 'Late'].map(name => system({ name }))
    const plans = [
      plan('good', { system: 'Good' }),
      plan('late', { system: 'Late' }),
      plan('lost', { system: 'Lost' }),
    ]
    const servers = [server('nas', [held('nas', 1, { name: 'good' }), held('nas', 99, { name: 'late' })])]
    const proofs = new Map([proof(3, 'good'), proof(3, 'late')])
    expect(overviewOf(facts({ systems, plans, servers, proofs })).map(({ name }) => name)).toEqual([
      'Lost',
      'Late',
      'Good',
    ])
  })
})

describe('a Director on the Overview', () => {
  const director = system({ name: 'Head office', kind: 'director' })
  const config = (name: string, part: 'configuration' | 'analytics' = 'configuration') =>
    plan(name, { system: 'Head office', source: { kind: 'director', deployment: 'dc', part } })
  const servers = both(2, { name: 'dc-config' })
  const checked = (...states: [id: string, state: 'pass' | 'warn' | 'stop' | 'not-tried'][]): CheckFacts => ({
    at: hoursAgo(3),
    verdict: states.some(([, state]) => state === 'stop') ? 'failed' : 'limited',
    site: 'DC',
    lines: states.map(([id, state]) => ({ id, title: id, state, finding: `about ${id}.`, took: 1 })),
  })
  const rowWith = (check: CheckFacts | null, more: Partial<OverviewFacts> = {}) =>
    row({
      ...{ systems: [director], plans: [config('dc-config')], servers },
      ...{ proofs: new Map([proof(30, 'dc-config')]), checks: new Map(check ? [['dc', check]] : []) },
      ...more,
    })

  it('is known by the deployment that its plans back up, when nobody said another', () => {
    expect(rowWith(null)).toMatchObject({
      about: 'Director · dc',
      deployment: 'dc',
      check: null,
      readiness: 'ready',
    })
    const said = [{ ...director, deployment: 'other' }]
    expect(rowWith(null, { systems: said, plans: [] })).toMatchObject({
      about: 'Director · other',
      deployment: 'other',
    })
  })

  it('is at risk when it did not answer the last check, though its backups are fine', () => {
    const silentHost = checked(
      ['host', 'pass'],
      ['login:x', 'warn'],
      ['ssh:x', 'stop'],
      ['key:x', 'not-tried'],
    )
    expect(rowWith(silentHost)).toMatchObject({
      about: 'Director · dc (DC)',
      readiness: 'at-risk',
      reason: 'its Director did not answer when it was checked 3 h ago',
      lastGood: { point: `dc-config@${stampAgo(2)}` },
      check: { at: hoursAgo(3), verdict: 'failed', finding: 'ssh:x: about ssh:x.' },
    })
    expect(rowWith(checked(['command:mongo', 'stop'])).reason).toBe(
      'its Director failed the check of 3 h ago',
    )
    const late = rowWith(silentHost, { servers: both(36, { name: 'dc-config' }) })
    expect(late.reason).toBe('12 h past its target; its Director did not answer when it was checked 3 h ago')
    expect(rowWith(silentHost, { servers: [] })).toMatchObject({
      readiness: 'cannot-recover',
      reason: 'never backed up',
    })
  })

  it('stays as it is when a check only found something to look at', () => {
    expect(rowWith(checked(['host', 'pass'], ['command:elk', 'warn']))).toMatchObject({
      readiness: 'ready',
      check: { verdict: 'limited', finding: 'command:elk: about command:elk.' },
    })
    expect(rowWith(checked(['host', 'pass']))).toMatchObject({ check: { finding: null } })
  })

  it('is recovered by its configuration; analytics data that a started plan owes is a risk, and no more', () => {
    const analytics = config('dc-analytics', 'analytics')
    const plans = [config('dc-config'), analytics]
    expect(rowWith(null, { plans })).toMatchObject({
      readiness: 'at-risk',
      reason: 'dc-analytics: never backed up; proven, within target',
      lastGood: { point: expect.stringMatching(/^dc-config@/) as string },
      lastProof: { ms: expect.any(Number) as number },
    })
    const created = [config('dc-config'), { ...analytics, state: 'created' as const }]
    expect(rowWith(null, { plans: created })).toMatchObject({ readiness: 'ready' })
    expect(rowWith(null, { plans: [analytics] })).toMatchObject({ readiness: 'cannot-recover' })
  })
})

describe('proofsOf', () => {
  const recap = [
    { host: 'dr', ok: 3, changed: 1, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 2 },
  ]
  const restored = (more: Partial<StoredRun> & { points?: string[]; failed?: number } = {}) => {
    const { points = [`dc-config@${stampAgo(5)}`], failed = 0, ...rest } = more
    return proofsOf({
      ...{
        id: 'run',
        kind: 'director-restore',
        state: 'succeeded',
        started: hoursAgo(4),
        ended: hoursAgo(3),
      },
      ...{ options: {}, outcome: { exit: 0, recap: [{ ...recap[0], failed }], points } },
      ...rest,
    } as StoredRun)
  }

  it('takes a Director restore as a proof of the points whose five files it restored', () => {
    const proven = [{ name: 'dc-config', at: hoursAgo(3), ms: 3_600_000, runId: 'run' }]
    expect(restored()).toEqual(proven)
    const proofs = new Map([['dc-config', proven[0]!]])
    expect(row({ plans: [plan('dc-config')], proofs }).lastProof).toMatchObject({
      ms: 3_600_000,
      runId: 'run',
    })
  })

  it.each([
    ['files of the vendor', { points: [] }],
    ['a host with a task that failed', { failed: 1 }],
    ['a script that failed', { state: 'failed' as const }],
    ['a run that goes on', { state: 'running' as const, ended: null }],
    ['an outcome of an earlier version', { outcome: { exit: 0, recap, written: [] } }],
  ])('takes no proof from %s', (_what, more) => {
    expect(restored(more)).toEqual([])
  })
})
