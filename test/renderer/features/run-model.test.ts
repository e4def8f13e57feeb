import { describe, expect, it } from 'vitest'
import { runStatus, runTitle } from '../../../renderer/app/run-words.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import {
  filterQuery,
  filterRuns,
  groupOf,
  readFilter,
} from '../../../renderer/features/runs/run-list-model.ts'
import {
  countsOf,
  expectedPhases,
  phasesOf,
  pointsOf,
  stepOf,
} from '../../../renderer/features/runs/run-model.ts'

const start = Date.parse('2026-03-26T14:00:00Z')
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString()

const run = (rest: Partial<RunSnapshot> = {}): RunSnapshot => ({
  ...{
    id: 'r1',
    kind: 'restore',
    state: 'running',
    about: 'docs@20260326T131502Z from nas → /srv',
    plan: null,
  },
  ...{
    started: after(0),
    ended: null,
    problems: 0,
    firstProblems: [],
    failure: null,
    options: null,
    outcome: null,
  },
  progress: { phase: 'restoring', bytes: 10, total: 100, files: 1 },
  phases: [
    { name: 'starting', from: after(0) },
    { name: 'reading the entry list', from: after(0) },
    { name: 'planning', from: after(3) },
    { name: 'restoring', from: after(5) },
  ],
  ...{ seq: 1, here: true, limit: null },
  ...rest,
})
const none = new Map<string, never>()
const states = (one: RunSnapshot, at = 20) =>
  phasesOf(one, start + at * 1000, false, none).map(({ key, state }) => `${key}: ${state}`)

describe('the phases of a run', () => {
  it('of a Director’s backup are its components; the latest copies only where they are replaced', () => {
    const backup = run({ kind: 'director-backup', phases: [{ name: 'connecting', from: after(0) }] })
    backup.progress.phase = 'connecting'
    const keys = states(backup)
    expect(keys).toHaveLength(8)
    expect(keys[1]).toBe('Mongo DB: later')
    expect(keys.at(-1)).toBe('replacing the latest copies: later')
    expect(states({ ...backup, options: { latest: false } })).toEqual(keys.slice(0, -1))
  })

  it('are those that are over with their time, the one that goes on, and those to come', () => {
    const phases = phasesOf(run(), start + 20_000, false, none)
    expect(phases.map(({ key, state, time }) => [key, state, time])).toEqual([
      ['reading the entry list', 'done', '3 s'],
      ['planning', 'done', '2 s'],
      ['restoring', 'now', '15 s'],
      ['making it durable', 'later', undefined],
    ])
    expect(stepOf(phases)).toBe('Phase 3 of 4')
  })

  it('say which one stands still, failed, or was never reached', () => {
    expect(phasesOf(run(), start + 20_000, true, none)[2]?.state).toBe('stalled')
    expect(states(run({ state: 'failed', ended: after(9) })).slice(2)).toEqual([
      'restoring: failed',
      'making it durable: skipped',
    ])
    expect(states(run({ state: 'paused' }))[2]).toBe('restoring: paused')
  })

  it('of a run that was taken up are not over before it went through them again', () => {
    const again = run({
      progress: { phase: 'planning', bytes: 10, total: 100, files: 1 },
      phases: [
        ...(run().phases ?? []),
        { name: 'not worked on', from: after(20) },
        { name: 'starting', from: after(60) },
        { name: 'planning', from: after(60) },
      ],
    })
    expect(states(again, 70)).toEqual([
      'reading the entry list: done',
      'planning: now',
      'restoring: later',
      'making it durable: later',
      'not worked on: skipped',
    ])
  })

  it('tell no time for the one in which a process was killed: nobody saw when', () => {
    expect(phasesOf(run({ state: 'interrupted' }), start + 1e9, false, none)[2]).not.toHaveProperty('time')
  })

  it('to come are estimated from earlier runs of the same thing that went well', () => {
    const earlier = (id: string, seconds: number, rest: Partial<RunSnapshot> = {}) =>
      run({
        ...{ id, state: 'succeeded', ended: after(10 + seconds) },
        phases: [...(run().phases ?? []), { name: 'making it durable', from: after(10) }],
        ...rest,
      })
    const list = [
      earlier('a', 30, { about: 'docs@20260101T000000Z from nas → /x' }),
      earlier('b', 90),
      earlier('c', 500, { state: 'failed' }),
      earlier('d', 500, { about: 'other@20260101T000000Z from nas → /x' }),
    ]
    const expected = expectedPhases(run(), list)
    expect(expected.get('making it durable')).toEqual({ low: 30_000, high: 90_000, runs: 2 })
    expect(phasesOf(run(), start + 20_000, false, expected)[3]).toMatchObject({
      detail: 'from 2 earlier runs',
    })
  })
})

describe('what a run made', () => {
  it('is its point, on the servers that took it, in the order asked for', () => {
    const backup = run({
      kind: 'backup',
      options: { servers: ['nas', 'cloud', 'usb'] },
      outcome: { point: 'docs@x', servers: { usb: 'failed', cloud: 'done', nas: 'done' } },
    })
    expect(pointsOf(backup)).toEqual({ point: 'docs@x', servers: ['nas', 'cloud'] })
    expect(pointsOf(run({ kind: 'copy', options: { point: 'docs@x', to: 'usb' } }))).toEqual({
      point: 'docs@x',
      servers: ['usb'],
    })
    expect(pointsOf(run({ options: null }))).toBeNull()
  })

  it('of an adoption names the vendor’s run and where its files are; none is of a switch-over', () => {
    const adopt = run({
      ...{ kind: 'director-adopt', about: 'vendor@20261119T020003 on minio → nas' },
      options: { server: 'minio', stamp: '20261119T020003', on: 'nas' },
    })
    expect(pointsOf(adopt)).toEqual({ point: 'vendor@20261119T020003', servers: ['minio'] })
    expect(runTitle(adopt)).toBe('Adoption of 20261119T020003')
    const about = 'dc-to-dr step 1: DC (director-dc)'
    const step = run({ kind: 'director-switch', about, options: { switch: 's', step: 1, server: 'minio' } })
    expect(runTitle(step)).toBe('Switch-over DC to DR, step 1')
    expect(pointsOf(step)).toBeNull()
    expect(runStatus({ ...step, state: 'succeeded' })).toBe('Done')
  })

  it('has the ledger’s totals once a restore has succeeded', () => {
    expect(countsOf(run({ outcome: { counts: { bytes: 5, failed: 1 } } }))).toMatchObject({
      bytes: 5,
      failed: 1,
      left: 0,
    })
    expect(countsOf(run())).toBeNull()
  })
})

describe('the list of runs', () => {
  const runs = [
    run({ id: 'bad', state: 'failed', ended: after(1) }),
    run({ id: 'good', state: 'succeeded', ended: after(1), kind: 'backup', about: 'Shop → nas' }),
    run({ id: 'live' }),
    run({ id: 'odd', state: 'succeeded', ended: after(1), problems: 2 }),
  ]
  const ids = (query: Record<string, string>) => filterRuns(runs, readFilter(query)).map(({ id }) => id)

  it('shows runs that go on first, and filters by state, kind and words', () => {
    expect(ids({})).toEqual(['live', 'bad', 'good', 'odd'])
    expect(ids({ state: 'look' })).toEqual(['bad', 'odd'])
    expect(ids({ state: 'good' })).toEqual(['good'])
    expect(ids({ kind: 'backup' })).toEqual(['good'])
    expect(ids({ text: ' shop ' })).toEqual(['good'])
  })

  it('is that of one plan when its logs are asked for, whatever else bears its name', () => {
    const list = [run({ id: 'of', plan: 'dc' }), run({ id: 'other', about: 'dc → nas' })]
    const filter = readFilter({ plan: 'dc' })
    expect(filterRuns(list, filter).map(({ id }) => id)).toEqual(['of'])
    expect(filterQuery(filter)).toEqual({ plan: 'dc' })
  })

  it('keeps the filter in the address, and takes what it does not know for none', () => {
    expect(filterQuery(readFilter({ state: 'junk', kind: 'copy', text: 'a' }))).toEqual({
      kind: 'copy',
      text: 'a',
    })
  })

  it('stands under the day a run began, or under what goes on', () => {
    expect(groupOf(run()).key).toBe('live')
    expect(groupOf(run({ state: 'failed', ended: after(1) })).title).toMatch(/Thursday 26 March/)
  })
})
