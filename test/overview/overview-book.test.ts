import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { OverviewOptions, PlanFacts } from '../../electron/engine/overview/index.ts'
import { OverviewBook } from '../../electron/engine/overview/index.ts'
import { removePoint } from '../../electron/engine/points/index.ts'
import { overviewContract } from '../../shared/contract/overview.ts'
import type { SystemRecord } from '../../shared/plan.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'

let test: TestEngine
let a: string
let source: string

const system: SystemRecord = {
  name: 'Documents',
  kind: 'folder',
  dataLossTarget: 60,
  recoveryTarget: 60,
  added: '2026-01-01T00:00:00.000Z',
}
const plan = (): PlanFacts => ({
  name: 'docs',
  system: 'Documents',
  servers: ['a', 'b'],
  source: { kind: 'files', paths: [source], excludes: [] },
  state: 'scheduled',
  next: null,
  running: null,
  overdue: null,
})

beforeEach(async () => {
  test = await openTestEngine()
  a = await test.addServer('a')
  await test.addServer('b')
  source = join(test.root, 'source')
  mkdirSync(source)
  writeFileSync(join(source, 'file'), 'content')
})

const open = (options: OverviewOptions = {}) => {
  const sources = { systems: async () => [system], plans: async () => [plan()] }
  const book = new OverviewBook(test.engine.places, sources, options)
  onTestFinished(() => book.stop())
  return book
}
const { output } = overviewContract['overview.get']

describe('OverviewBook', () => {
  it('says what it knows as the contract has it, from nothing to a proven system', async () => {
    const book = open()
    const empty = output.parse(await book.get())
    expect(empty).toMatchObject({ asOf: null, points: 0, servers: 2, failed: [] })
    expect(empty.systems[0]).toMatchObject({ readiness: 'not-proven', lastGood: null })

    await backUp(test, filesBackup([source], ['a', 'b']))
    await book.refresh()
    const backedUp = output.parse(await book.get())
    expect(backedUp).toMatchObject({ points: 1, asking: [], asOf: expect.any(String) as string })
    expect(backedUp.systems[0]).toMatchObject({ readiness: 'not-proven', lastProof: null })

    const { point } = backedUp.systems[0]!.lastGood!
    const restore = {
      overwrite: 'never' as const,
      fullPaths: false,
      numericIds: false,
      special: false,
      limit: null,
    }
    const into = join(test.root, 'out')
    const some = await test.engine.startRestore({
      point,
      server: 'a',
      into,
      only: ['**/nothing'],
      ...restore,
    })
    await some.done
    await book.refreshProofs()
    expect((await book.get()).systems[0]!.lastProof).toBeNull()
    const run = await test.engine.startRestore({ point, server: 'a', into, only: [], ...restore })
    expect(await run.done).toMatchObject({ state: 'succeeded' })
    await book.refreshProofs()
    expect(output.parse(await book.get()).systems[0]).toMatchObject({
      readiness: 'ready',
      lastProof: { runId: run.id, ms: expect.any(Number) as number },
    })
  })

  it('knows after a restart what it knew, before anyone is asked', async () => {
    await backUp(test, filesBackup([source], ['a', 'b']))
    const first = open()
    await first.refresh()
    const known = await first.get()
    rmSync(a, { recursive: true })
    const second = await open().get()
    expect(second.systems[0]!.lastGood).toEqual(known.systems[0]!.lastGood)
    expect([second.asOf, second.points]).toEqual([known.asOf, 1])
  })

  it('names a server that does not answer and keeps what it said', async () => {
    await backUp(test, filesBackup([source], ['a', 'b']))
    const book = open()
    await book.refresh()
    renameSync(a, `${a}-away`)
    await book.refresh()
    const away = output.parse(await book.get())
    expect(away.failed).toMatchObject([{ server: 'a' }])
    expect(away.systems[0]).toMatchObject({ readiness: 'at-risk', reason: 'a does not answer' })
    renameSync(`${a}-away`, a)
    await book.refresh(['a'])
    expect((await book.get()).failed).toEqual([])
  })

  it('says who is being asked, and lets one that hangs keep nobody waiting', async () => {
    await backUp(test, filesBackup([source], ['a', 'b']))
    const store = await test.engine.servers.open('a')
    const asked = Promise.withResolvers<void>()
    store.list = async function* (_prefix, { signal } = {}) {
      asked.resolve()
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      )
    }
    const heard = Promise.withResolvers<void>()
    const book = open({
      changed: () =>
        void book.get().then(({ asking, points }) => points > 0 && asking.length === 1 && heard.resolve()),
    })
    void book.refresh()
    await asked.promise
    await heard.promise
    expect(await book.get()).toMatchObject({ asking: ['a'], points: 1 })
    await book.stop()
    expect((await book.get()).asking).toEqual([])
  })

  it('counts a server as silent that takes longer than its patience', async () => {
    const store = await test.engine.servers.open('a')
    store.list = async function* (_prefix, { signal } = {}) {
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      )
    }
    const book = open({ patienceMs: 50 })
    await book.refresh()
    expect((await book.get()).failed).toMatchObject([{ server: 'a', failure: { code: 'network.stalled' } }])
  })

  it('asks once more when it is told of a change while it asks', async () => {
    await backUp(test, filesBackup([source], ['a']))
    const store = await test.engine.servers.open('a')
    const list = store.list.bind(store)
    const reached = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let calls = 0
    store.list = async function* (prefix, options) {
      const held = calls++ === 0
      yield* list(prefix, options)
      if (!held) return
      reached.resolve()
      await gate.promise
    }
    const book = open()
    const first = book.refresh(['a'])
    await reached.promise
    const [point] = (await test.engine.points.list({})).points
    await removePoint(test.engine.places, { point: point!.point, server: 'a', by: 'me', force: true })
    const second = book.refresh(['a'])
    gate.resolve()
    await Promise.all([first, second])
    expect(await book.get()).toMatchObject({ points: 0 })
  })
})
