import { describe, expect, it } from 'vitest'
import {
  cureOf,
  failedComponents,
  problemCount,
  problemsShown,
} from '../../../renderer/features/runs/run-failed.ts'
import { phasesOf, stepOf } from '../../../renderer/features/runs/run-model.ts'
import { serverLines } from '../../../renderer/features/runs/run-servers-model.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { Problem } from '../../../shared/run.ts'

const start = Date.parse('2026-11-20T14:00:00Z')
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString()
const seen = [
  ...['starting', 'connecting', 'Mongo DB', 'Postgres DB', 'ELK (analytics configuration)'],
  ...['Certificate service', 'Edge controller certificates'],
]
const run = (rest: Partial<RunSnapshot> = {}, phases = seen): RunSnapshot => ({
  ...{ id: 'r1', kind: 'director-backup', state: 'running', about: 'dc-config → nas, minio', plan: null },
  ...{ started: after(0), ended: null, problems: 0, firstProblems: [], failure: null, outcome: null },
  options: { deployment: 'dc', plan: 'dc-config', servers: ['nas', 'minio'], latest: true },
  progress: { phase: phases.at(-1) ?? '', bytes: 10, total: null, files: 1 },
  phases: phases.map((name, index) => ({ name, from: after(index * 2) })),
  ...{ seq: 1, here: true, limit: null },
  ...rest,
})
const failure = (code: Failure['code'], rest: Partial<Failure> = {}): Failure => ({
  ...{ code, during: 'director.backup', retry: 'after-fix' },
  ...rest,
})
const problem = (code: Problem['code'], subject: string, detail = 'status 1'): Problem => ({
  ...{ code, subject, detail },
})
const met = (...list: Problem[]) => ({ problems: list.length, firstProblems: list })
const states = (one: RunSnapshot) =>
  Object.fromEntries(phasesOf(one, start + 60_000, false, new Map()).map(({ key, state }) => [key, state]))

describe('a component of a Director’s backup that failed', () => {
  const noMongo = met(problem('component.failed', 'Mongo DB'))
  const failed = run({
    ...{ state: 'failed', ended: after(30), ...noMongo },
    failure: failure('local.command', { subject: 'Mongo DB', detail: 'ended with status 1' }),
  })

  it('is the one that is shown as failed, not the one that was tried last', () => {
    expect(states(failed)).toMatchObject({
      ...{ connecting: 'done', 'Mongo DB': 'failed', 'Postgres DB': 'done' },
      ...{ 'Edge controller certificates': 'done', 'writing the manifest': 'skipped' },
    })
    expect(failedComponents(failed)).toEqual(['Mongo DB'])
  })

  it('is shown as failed while the others are still tried, and the step is that of the one that goes on', () => {
    const live = run(noMongo, seen.slice(0, 4))
    expect(states(live)).toMatchObject({ 'Mongo DB': 'failed', 'Postgres DB': 'now' })
    expect(stepOf(phasesOf(live, start, false, new Map()))).toBe('Phase 3 of 8')
  })

  it('of an earlier process says nothing of one that tries it again', () => {
    const again = run(noMongo, [...seen, 'not worked on', 'starting', 'connecting', ...seen.slice(2, 4)])
    expect(states(again)).toMatchObject({ 'Mongo DB': 'done', 'Postgres DB': 'now' })
  })

  it('is not to blame when all servers were lost after it: then the last one did not end either', () => {
    const lost = run({
      ...{ state: 'failed', ended: after(30), ...noMongo },
      failure: failure('network.unreachable', { subject: 'nas' }),
    })
    expect(states(lost)).toMatchObject({ 'Mongo DB': 'failed', 'Edge controller certificates': 'failed' })
  })

  it('is not to come when no command is set for it', () => {
    const live = run(met(problem('component.not-set', 'Postgres DB')), seen.slice(0, 3))
    expect(states(live)).not.toHaveProperty('Postgres DB')
  })
})

describe('the problems of a run', () => {
  it('are what ended it where none was met before', () => {
    const one = run({ state: 'failed', failure: failure('auth.rejected', { subject: 'dc', detail: 'no' }) })
    expect(problemCount(one)).toBe(1)
    const [shown] = problemsShown(one)
    expect(shown).toMatchObject({ code: 'auth.rejected', subject: 'dc' })
    expect(shown?.detail).not.toMatch(/^dc: /)
    expect(problemCount(run())).toBe(0)
  })
})

describe('where a run that was not let in is mended', () => {
  const cure = (of: Partial<RunSnapshot>) => cureOf(run({ state: 'failed', ...of }))
  const unknown = failure('trust.host-key-unknown', { subject: 'root@10.0.0.5' })

  it('is the page of the Director, or of the server that refused', () => {
    expect(cure({ failure: unknown })).toEqual({ at: 'site', name: 'dc' })
    expect(cure({ failure: failure('auth.rejected', { subject: 'minio' }) })).toEqual({
      ...{ at: 'server', name: 'minio' },
    })
    const source = { kind: 'director-analytics', deployment: 'dc', day: '2026-11-19' }
    expect(cure({ kind: 'backup', failure: unknown, options: { source, servers: ['nas'] } })).toEqual({
      ...{ at: 'site', name: 'dc' },
    })
  })

  it('is nowhere when nobody refused, or the secret of a restore point is what is missing', () => {
    expect(cure({ failure: failure('network.unreachable') })).toBeNull()
    expect(cure({ failure: failure('auth.passphrase') })).toBeNull()
    expect(cure({ kind: 'restore', failure: failure('auth.rejected') })).toBeNull()
  })
})

describe('the servers of a backup', () => {
  const stored = {
    nas: { bytes: 40, state: 'done' as const },
    minio: { bytes: 20, state: 'active' as const },
  }
  const progress = { ...run().progress, servers: stored }
  const says = (of: Partial<RunSnapshot>) =>
    serverLines(run({ progress, ...of })).map(({ name, says: word, tone }) => `${name}: ${word}, ${tone}`)

  it('are not complete before the run is: of a Director each state is of one file', () => {
    expect(says({})).toEqual(['nas: Stored so far, run', 'minio: Storing, run'])
    expect(says({ kind: 'backup' })[0]).toBe('nas: Stored whole, run')
    const servers = { nas: 'done', minio: 'done' }
    expect(says({ state: 'succeeded', outcome: { servers } })).toEqual([
      'nas: Complete, ok',
      'minio: Complete, ok',
    ])
  })

  it('hold nothing of a run that failed, or keep what a resume goes on with', () => {
    const ended = { state: 'failed' as const, ended: after(9) }
    expect(says(ended)).toEqual(['nas: Taken off again, idle', 'minio: Taken off again, idle'])
    expect(serverLines(run({ ...ended, progress })).map(({ bytes }) => bytes)).toEqual([0, 0])
    expect(says({ ...ended, kind: 'backup', options: { source: { kind: 'files' } } })[0]).toBe(
      'nas: Not completed, idle',
    )
    expect(says({ ...ended, progress: { ...progress, phase: 'replacing the latest copies' } })[0]).toBe(
      'nas: Complete, ok',
    )
  })

  it('that refused have a line too, with the reason', () => {
    const refused = met(problem('server.failed', 'cloud', 'remote.unsupported: it holds director-dc/'))
    expect(serverLines(run({ progress, ...refused })).at(-1)).toMatchObject({
      ...{ name: 'cloud', bytes: 0, says: 'Refused', reason: 'it holds director-dc/', tone: 'bad' },
    })
    const gone = met(problem('server.failed', 'nas', 'network.unreachable'))
    const outcome = { servers: { nas: 'failed', minio: 'done' } }
    expect(serverLines(run({ progress, ...gone, state: 'succeeded', outcome }))).toMatchObject([
      { name: 'nas', says: 'Failed', reason: 'the server does not answer' },
      { name: 'minio', says: 'Complete' },
    ])
  })
})
