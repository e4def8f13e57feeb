import { describe, expect, it } from 'vitest'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { Call } from '../../../renderer/app/rpc.ts'
import { createRuns } from '../../../renderer/app/stores/runs.ts'

const run = (id: string, seq: number, more: Partial<RunSnapshot> = {}): RunSnapshot => ({
  id,
  kind: 'backup',
  state: 'running',
  about: id,
  started: `2026-11-20T10:00:0${id.slice(-1)}Z`,
  ended: null,
  problems: 0,
  firstProblems: [],
  progress: { phase: 'send', bytes: seq * 100, total: 1000, files: 0 },
  failure: null,
  options: {},
  outcome: null,
  seq,
  plan: null,
  here: true,
  limit: null,
  ...more,
})

/** Answers `run.list` with these, when it is let. */
function fakeCall(runs: RunSnapshot[], ready: Promise<void> = Promise.resolve()): Call {
  return (async () => {
    await ready
    return { ok: true, value: { runs, total: runs.length, unreadable: [] } }
  }) as unknown as Call
}

describe('the runs of a page', () => {
  it('keep the newest snapshot of each, in whatever order they come', () => {
    const runs = createRuns({ call: fakeCall([]), now: () => 0 })
    runs.apply(run('r1', 3))
    runs.apply(run('r1', 2))
    expect(runs.getState().byId.get('r1')?.seq).toBe(3)
    runs.apply(run('r1', 4, { state: 'succeeded' }))
    expect(runs.getState().list).toHaveLength(1)
    expect(runs.getState().list[0]?.state).toBe('succeeded')
  })

  it('do not go back when an older list arrives after an event', async () => {
    let let_ = () => {}
    const runs = createRuns({ call: fakeCall([run('r1', 1)], new Promise(r => (let_ = r))), now: () => 0 })
    const asked = runs.refresh()
    runs.apply(run('r1', 9))
    let_()
    await asked
    expect(runs.getState().byId.get('r1')?.seq).toBe(9)
  })

  it('are listed newest first', () => {
    const runs = createRuns({ call: fakeCall([]), now: () => 0 })
    for (const id of ['r2', 'r3', 'r1']) runs.apply(run(id, 1))
    expect(runs.getState().list.map(({ id }) => id)).toEqual(['r3', 'r2', 'r1'])
  })

  it('remember since when nothing moves', () => {
    let now = 0
    const runs = createRuns({ call: fakeCall([]), now: () => now })
    runs.apply(run('r1', 1))
    now = 5000
    runs.apply(run('r1', 2, { progress: { phase: 'send', bytes: 100, total: 1000, files: 0 } }))
    expect(runs.getState().histories.get('r1')?.movedAt).toBe(0)
    now = 6000
    runs.apply(run('r1', 3))
    expect(runs.getState().histories.get('r1')?.movedAt).toBe(6000)
  })

  it('take a limit that was changed beside the record', () => {
    const runs = createRuns({ call: fakeCall([]), now: () => 0 })
    runs.apply(run('r1', 3, { limit: 200_000 }))
    runs.apply(run('r1', 3, { limit: 3_000_000 }))
    expect(runs.getState().byId.get('r1')?.limit).toBe(3_000_000)
    runs.apply(run('r1', 2, { limit: null }))
    expect(runs.getState().byId.get('r1')?.limit).toBe(3_000_000)
  })

  it('move while bytes are received, though none is acknowledged', () => {
    let now = 0
    const runs = createRuns({ call: fakeCall([]), now: () => now })
    const progress = { phase: 'restoring', bytes: 0, total: 1000, files: 0 }
    runs.apply(run('r1', 1, { progress: { ...progress, received: 10 } }))
    now = 20_000
    runs.apply(run('r1', 2, { progress: { ...progress, received: 20 } }))
    const history = runs.getState().histories.get('r1')
    expect(history?.movedAt).toBe(20_000)
    expect(history?.samples.at(-1)).toEqual({ at: 20_000, bytes: 0, received: 20 })
  })

  it('carry their rates over a reload', () => {
    let now = 0
    const before = createRuns({ call: fakeCall([]), now: () => now })
    for (let seq = 1; seq <= 5; seq++) {
      now = seq * 1000
      before.apply(run('r1', seq))
    }
    const after = createRuns({ call: fakeCall([]), now: () => now }, before.keepsake())
    expect(after.getState().histories.get('r1')).toEqual(before.getState().histories.get('r1'))
    expect(createRuns({ call: fakeCall([]), now: () => now }, 'no json').getState().histories.size).toBe(0)
  })

  it('start no history for what has ended long ago', () => {
    const runs = createRuns({ call: fakeCall([]), now: () => 0 })
    runs.apply(run('r1', 1, { state: 'succeeded' }))
    expect(runs.getState().histories.size).toBe(0)
  })
})
