import { describe, expect, it, vi } from 'vitest'
import type { DirectorLine, DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import { checkOff, createChecks } from '../../../renderer/app/parts/checks/checks.ts'
import { directorChecks } from '../../../renderer/features/director/checked.ts'
import { createHoldings } from '../../../renderer/features/director/points-store.ts'
import type { DirectorWizard } from '../../../renderer/features/director/model.ts'
import { nextOff, stepsOf } from '../../../renderer/features/director/steps.ts'
import type { Call, On } from '../../../renderer/app/rpc.ts'

// The features' doors lead to components too, and those to the address of a page.
vi.hoisted(() => {
  const heard = { addEventListener: () => undefined }
  Object.assign(globalThis, { location: { hash: '' }, document: heard, window: heard, ...heard })
})

type Asked = {
  name: string
  input: unknown
  signal: AbortSignal | undefined
  answer: (value: unknown) => void
}

/** An engine whose answers are given by hand. */
function byHand() {
  const asked: Asked[] = []
  const listeners = new Map<string, (payload: unknown) => void>()
  const call = ((name: string, input: unknown, options?: { signal?: AbortSignal }) =>
    new Promise(answer => asked.push({ name, input, signal: options?.signal, answer }))) as unknown as Call
  const on = ((name: string, listener: (payload: unknown) => void) => {
    listeners.set(name, listener)
    return () => listeners.delete(name)
  }) as unknown as On
  return {
    ...{ asked, call, on, now: () => 5 },
    tell: (name: string, payload: unknown) => listeners.get(name)?.(payload),
    /** Answers, and lets what waits for it go on. */
    give: async (index: number, value: unknown) => {
      asked[index]?.answer(value)
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

const line = (id: string, state: DirectorLine['state'] = 'pass'): DirectorLine => ({
  ...{ id, title: id, state, finding: 'seen', took: 1 },
})
const request: DirectorRequest = {
  ...{ deployment: 'dr', mode: 'standalone', server: 's', stamp: '20260326T131502', fetch: 'direct' },
  edits: {},
}
const result: DirectorPreflight = {
  ...{ verdict: 'GO', lines: [line('a'), line('b')], hosts: [], files: [], confirm: ['x'], diffs: [] },
  token: 't',
}

describe('the preflight of a Director restore', () => {
  it('shows lines as they come, a later word on the same taking the place of the earlier', () => {
    const engine = byHand()
    const store = createChecks(directorChecks, engine)
    void store.check(request, 'k')
    const { id } = engine.asked[0]!.input as { id: string }
    engine.tell('director.checked', { id, line: line('a', 'not-tried') })
    engine.tell('director.checked', { id: 'another', line: line('z') })
    engine.tell('director.checked', { id, line: line('a') })
    expect(store.getState()).toMatchObject({ of: 'k', asking: 5, lines: [{ id: 'a', state: 'pass' }] })
  })

  it('gives up the one that runs when another is begun, and takes only the last answer', async () => {
    const engine = byHand()
    const store = createChecks(directorChecks, engine)
    void store.check(request, 'old')
    void store.check(request, 'new')
    expect(engine.asked[0]!.signal?.aborted).toBe(true)
    await engine.give(1, { ok: true, value: result })
    await engine.give(0, { ok: true, value: { ...result, verdict: 'NO-GO' } })
    expect(store.getState()).toMatchObject({ of: 'new', asking: null, result: { verdict: 'GO' } })
  })

  it('knows nothing any more once it is forgotten', async () => {
    const engine = byHand()
    const store = createChecks(directorChecks, engine)
    void store.check(request, 'k')
    store.forget()
    await engine.give(0, { ok: true, value: result })
    expect(store.getState()).toMatchObject({ of: null, result: null, lines: [] })
  })
})

describe('what servers hold of a Director', () => {
  const held = { points: [], vendorOwned: false, latest: [], notDirect: null }

  it('fills each server on its own, and keeps what one said when it fails later', async () => {
    const engine = byHand()
    const store = createHoldings(engine)
    store.watch(['slow', 'fast'])
    await engine.give(1, { ok: true, value: held })
    expect(store.getState().byServer.get('fast')?.value).toEqual(held)
    expect(store.getState().byServer.get('slow')).toMatchObject({ value: null, asking: 5 })
    void store.ask('fast')
    await engine.give(2, { ok: false, failure: { code: 'network.unreachable', during: 'x', retry: 'now' } })
    expect(store.getState().byServer.get('fast')).toMatchObject({ value: held, asking: null })
  })

  it('counts the last question only, and forgets a server that is gone', async () => {
    const engine = byHand()
    const store = createHoldings(engine)
    store.watch(['nas'])
    void store.ask('nas', 'S')
    await engine.give(1, { ok: true, value: held })
    await engine.give(0, { ok: true, value: { ...held, vendorOwned: true } })
    expect(engine.asked[1]!.input).toEqual({ server: 'nas', deep: true, stamp: 'S' })
    expect(store.getState().byServer.get('nas')).toMatchObject({ value: { vendorOwned: false } })
    void store.ask('nas')
    store.watch([])
    await engine.give(2, { ok: true, value: held })
    expect(store.getState().byServer.size).toBe(0)
  })
})

describe('a run whose files were looked into', () => {
  const run = (stamp: string, size: number, flags: unknown[] = []) => ({
    ...{ stamp, at: '2026-03-26T13:15:02.000Z', flags, isLatest: false },
    files: [{ component: 'elk', name: 'e', size, modified: null }],
  })
  const bad = [{ code: 'empty', component: 'elk', detail: 'it is empty' }]
  const answer = (...points: unknown[]) => ({
    ok: true,
    value: { points, vendorOwned: false, latest: [], notDirect: null },
  })

  it('keeps what was found while the listing shows the same files, and forgets it when they are others', async () => {
    const engine = byHand()
    const store = createHoldings(engine)
    store.watch(['nas'])
    await engine.give(0, answer(run('A', 1), run('B', 1)))
    void store.ask('nas', 'A')
    await engine.give(1, answer(run('A', 1, bad), run('B', 1)))
    void store.ask('nas', 'B')
    await engine.give(2, answer(run('A', 1), run('B', 1)))
    const after = () => store.getState().byServer.get('nas')!
    expect(after().value?.points[0]?.flags).toEqual(bad)
    expect([...after().looked.keys()]).toEqual(['A', 'B'])
    void store.ask('nas')
    await engine.give(3, answer(run('A', 2), run('B', 1)))
    expect(after().value?.points[0]?.flags).toEqual([])
    expect([...after().looked.keys()]).toEqual(['B'])
  })
})

describe('the frame of the wizard', () => {
  const how = { fetch: 'direct', serveOn: '', safetyCopy: '', master: [] } as const
  const at = (step: 'preflight' | 'confirm'): DirectorWizard => ({
    ...{ step, server: 's', stamp: '20260326T131502', deployment: 'dr', mode: 'standalone', ...how },
  })
  const seen = {
    ...{ pointGone: false, pointWhole: true, unread: false, editing: false },
    checkOff: null as string | null,
  }

  it('leads no further than a verdict allows', () => {
    const lines = [line('a'), line('b', 'stop'), line('c', 'stop')]
    const off = (asking: number | null, verdict: DirectorPreflight['verdict'] | null) =>
      checkOff({ asking, lines, result: verdict && { ...result, verdict } })
    expect(off(null, null)).toMatch(/unchecked/)
    expect(off(null, 'NO-GO')).toBe('2 lines say NO-GO')
    expect(off(null, 'GO WITH WARNINGS')).toBeNull()
    expect(off(5, 'GO')).toMatch(/being checked/)
    expect(nextOff(at('preflight'), { ...seen, checkOff: 'why' })).toBe('why')
    expect(nextOff({ step: 'target', server: 's', stamp: 'x', ...how }, seen)).toMatch(/no deployment folder/)
  })

  it('shows a preflight of other answers as unchecked', () => {
    const answers = { server: 's', stamp: '20260326T131502', deployment: 'dr', ...how }
    const wizard: DirectorWizard = { step: 'target', server: 's', stamp: answers.stamp, ...how }
    const known = { now: 0, hosts: ['server1, 192.0.2.11'], verdict: null, stale: true }
    const steps = stepsOf(wizard, answers, known)
    expect(steps.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'now', 'stale', 'later'])
    expect(stepsOf(at('confirm'), answers, known)[3]).toMatchObject({ answer: 'server1, 192.0.2.11' })
  })
})
