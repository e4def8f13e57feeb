import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../shared/run.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import type { ActiveRun, StartedRun, StoredRun } from '../../electron/engine/run/index.ts'
import { attachRun, RunCancelled, RunRegistry, startRun } from '../../electron/engine/run/index.ts'
import { snapshotOf } from '../../electron/engine/service/run-snapshot.ts'
import { collect } from '../support/collect.ts'
import { tempFolder } from '../support/temp-folder.ts'

const request = { kind: 'backup', about: 'docs → nas', options: { paths: ['/a'] } } as const
const problem = (n: number): Problem => ({ code: 'source.vanished', subject: `file ${n}`, detail: 'gone' })

/** A body that says when it has begun and goes on when it is told to. */
function gated(work: (run: ActiveRun) => Promise<unknown> = async () => null) {
  const begun = Promise.withResolvers<ActiveRun>()
  const go = Promise.withResolvers<void>()
  const body = async (run: ActiveRun) => {
    begun.resolve(run)
    await go.promise
    return { outcome: await work(run) }
  }
  return { body, begun: begun.promise, go: () => go.resolve() }
}

const text = (run: StartedRun, name: string) => readFile(join(run.folder, name), 'utf8')
const stored = async (run: StartedRun) => JSON.parse(await text(run, 'run.json')) as StoredRun

describe('startRun', () => {
  it('leaves a record of a run that succeeded, equal in memory and on the disk', async () => {
    const registry = new RunRegistry(await tempFolder())
    const run = await startRun(registry, request, async active => {
      active.progress({ phase: 'reading', bytes: 10, total: 10, files: 2 })
      return { outcome: { point: 'docs@x' } }
    })
    const done = await run.done
    expect(done).toMatchObject({
      state: 'succeeded',
      problems: 0,
      failure: null,
      control: null,
      outcome: { point: 'docs@x' },
    })
    expect(done.progress).toEqual({ phase: 'reading', bytes: 10, total: 10, files: 2 })
    expect(done.ended).not.toBeNull()
    expect(await stored(run)).toEqual(done)
    expect(await registry.get(run.id)).toEqual(done)
  })

  it('keeps the failure of a body that throws', async () => {
    const registry = new RunRegistry(await tempFolder())
    const run = await startRun(registry, request, async () => {
      throw new EngineError('remote.full', 'store.put', { subject: 'nas' })
    })
    expect(await run.done).toMatchObject({
      state: 'failed',
      failure: { code: 'remote.full', during: 'store.put', subject: 'nas' },
    })
    const log = await text(run, 'log.txt')
    expect(log).toContain('remote.full')
    // Words for people, no class names and stacks.
    expect(log).not.toMatch(/EngineError|store\.put|\bat /)
  })

  it('counts all problems, carries the first 20 and keeps all in a file', async () => {
    const run = await startRun(new RunRegistry(await tempFolder()), request, async active => {
      for (let n = 0; n < 50; n++) active.problem(problem(n))
      return { outcome: null }
    })
    const done = await run.done
    expect(done).toMatchObject({ state: 'succeeded', problems: 50 })
    expect(done.firstProblems).toEqual(Array.from({ length: 20 }, (_, n) => problem(n)))
    const lines = (await text(run, 'problems.jsonl')).trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line) as Problem)).toEqual(
      Array.from({ length: 50 }, (_, n) => problem(n)),
    )
  })

  it('masks secrets in the log, in problems and in the failure, and makes one line of each', async () => {
    const secret = 'correct horse'
    const mask = (line: string) => line.replaceAll(secret, '•••')
    const body = async (active: ActiveRun) => {
      active.log(`with ${secret}\nand more`)
      active.problem({ code: 'server.failed', subject: 'nas', detail: `said ${secret}` })
      throw new EngineError('auth.rejected', 'store.put', { detail: `tried ${secret}` })
    }
    const run = await startRun(new RunRegistry(await tempFolder()), request, body, { mask })
    await run.done
    const files = await Promise.all(['log.txt', 'problems.jsonl', 'run.json'].map(name => text(run, name)))
    for (const file of files) {
      expect(file).not.toContain(secret)
      expect(file).toContain('•••')
    }
    expect(files[0]?.split('\n')[0]).toMatch(/^\d{4}-.*Z with •••\\x0aand more$/)
  })

  it('never lets counters go back unless the work begins again', async () => {
    const { body, begun, go } = gated()
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    const active = await begun
    active.progress({
      bytes: 100,
      files: 5,
      stalled: 'waiting for nas',
      servers: { nas: { bytes: 50, state: 'active' } },
    })
    active.progress({ bytes: 60, files: NaN, stalled: null, servers: { nas: { bytes: 20, state: 'done' } } })
    const { progress } = run.record
    expect(progress).toEqual({
      phase: 'starting',
      bytes: 100,
      total: null,
      files: 5,
      servers: { nas: { bytes: 50, state: 'done' } },
    })
    active.progress({ bytes: 0 }, { restart: true })
    expect(run.record.progress.bytes).toBe(0)
    go()
    await run.done
  })

  it('tells watchers what is on its way, and leaves it out of the record', async () => {
    const { body, begun, go } = gated()
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    const active = await begun
    const told = Promise.withResolvers<StoredRun>()
    const seen = collect(
      (async function* () {
        for await (const snapshot of run.snapshots()) {
          if (snapshot.progress.received !== undefined) told.resolve(snapshot)
          yield snapshot
        }
      })(),
    )
    active.progress({ received: 700 })
    expect((await told.promise).progress).toMatchObject({ bytes: 0, received: 700 })
    await run.pause()
    expect((await stored(run)).progress).not.toHaveProperty('received')
    await run.resume()
    active.progress({ received: 300 })
    expect(run.record.progress.received).toBe(300)
    active.progress({ stalled: 'nas: no answer' })
    active.progress({ bytes: 10 })
    expect(run.record.progress).not.toHaveProperty('stalled')
    active.progress({ stalled: 'it asks: yes?', asks: true })
    active.progress({ files: 1 })
    expect(run.record.progress).toMatchObject({ stalled: 'it asks: yes?', asks: true })
    expect(snapshotOf(run.record, null).progress).toMatchObject({ asks: true })
    active.progress({ stalled: 'nas: no answer' })
    expect(run.record.progress).not.toHaveProperty('asks')
    go()
    expect((await run.done).progress).not.toHaveProperty('received')
    expect((await seen).at(-1)?.progress).not.toHaveProperty('received')
  })

  it('shows every watcher the last snapshot, with a sequence that only rises', async () => {
    const { body, begun, go } = gated()
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    const seen = collect(run.snapshots())
    const active = await begun
    for (let n = 1; n <= 1000; n++) active.progress({ bytes: n })
    go()
    const done = await run.done
    const snapshots = await seen
    expect(snapshots.at(-1)).toEqual(done)
    expect(done.progress.bytes).toBe(1000)
    const seqs = snapshots.map(snapshot => snapshot.seq)
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })

  it('waits at a checkpoint while it is paused and goes on when it is resumed', async () => {
    const { body, begun, go } = gated(active => active.checkpoint())
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    await begun
    await run.pause()
    await run.pause()
    expect(run.record.state).toBe('paused')
    go()
    const first = await Promise.race([
      run.done.then(() => 'ended'),
      new Promise(resolve => setImmediate(resolve, 'waits')),
    ])
    expect(first).toBe('waits')
    await run.resume()
    expect(await run.done).toMatchObject({ state: 'succeeded' })
  })

  it.each(['operator', 'shutdown'] as const)(
    'ends as cancelled by the %s when the body stops, even while paused',
    async by => {
      let reason: unknown
      const { body, begun, go } = gated(async active => {
        try {
          await active.checkpoint()
        } finally {
          reason = active.signal.reason
          expect(active.cleanupSignal().aborted).toBe(false)
          active.log('cleaned up')
        }
      })
      const run = await startRun(new RunRegistry(await tempFolder()), request, body)
      await begun
      await run.pause()
      go()
      run.stop(by)
      expect(run.record.state).toBe('cancelling')
      const done = await run.done
      expect(done).toMatchObject({ state: 'cancelled', failure: { code: 'cancelled' }, cancelledBy: by })
      expect(done.failure?.detail).toContain(by === 'operator' ? 'operator' : 'shutting down')
      expect(reason).toBeInstanceOf(RunCancelled)
      expect((reason as RunCancelled).by).toBe(by)
      expect(await text(run, 'log.txt')).toContain('cleaned up')
      await expect(run.cancel()).rejects.toMatchObject({ code: 'run.conflict' })
    },
  )

  it('ends a cancelled run whose clean-up does not end', async () => {
    const { body, begun, go } = gated(() => new Promise(() => {}))
    const run = await startRun(new RunRegistry(await tempFolder()), request, body, { cleanupMs: 20 })
    await begun
    go()
    run.stop('operator')
    const done = await run.done
    expect(done.state).toBe('cancelled')
    expect(done.failure?.detail).toContain('not finished in time')
  })

  it('is succeeded when the work was done before the cancel reached it', async () => {
    const { body, begun, go } = gated(async () => 'done')
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    await begun
    run.stop('operator')
    go()
    expect(await run.done).toMatchObject({ state: 'succeeded', outcome: 'done', failure: null })
  })

  it('tells listeners a limit that is set before and after they listen, and refuses one of nothing', async () => {
    const { body, begun, go } = gated()
    const run = await startRun(new RunRegistry(await tempFolder()), request, body)
    const active = await begun
    const heard: (number | null)[] = []
    await run.setLimit(5e6)
    active.onLimit(limit => heard.push(limit))
    await run.setLimit(null)
    await expect(run.setLimit(0)).rejects.toMatchObject({ code: 'input.invalid' })
    expect(heard).toEqual([5e6, null])
    go()
    await run.done
  })

  it('hands an answer to the work from here and through its socket, and refuses it when nobody asked', async () => {
    const registry = new RunRegistry(await tempFolder())
    const { body, begun, go } = gated()
    const run = await startRun(registry, request, body)
    const active = await begun
    const answer = { question: 'q1', text: 'y'.repeat(4096), hidden: true }
    await expect(run.answer(answer)).rejects.toMatchObject({ code: 'run.conflict' })
    const heard: unknown[] = []
    active.onAnswer(async given => {
      heard.push(given)
      if (given.question !== 'q1') throw new EngineError('run.conflict', 'test', { detail: 'another' })
    })
    await run.answer(answer)
    const elsewhere = attachRun(registry, await registry.get(run.id))
    await elsewhere.answer(answer)
    expect(heard).toEqual([answer, answer])
    await expect(elsewhere.answer({ ...answer, question: 'q2' })).rejects.toMatchObject({
      code: 'run.conflict',
      detail: 'another',
    })
    go()
    await run.done
    await expect(elsewhere.answer(answer)).rejects.toMatchObject({ code: 'run.conflict' })
  })

  it('refuses to be paused when its work cannot be, and says why', async () => {
    const { body, begun, go } = gated()
    const noPause = 'a script cannot be paused'
    const run = await startRun(new RunRegistry(await tempFolder()), request, body, { noPause })
    await begun
    await expect(run.pause()).rejects.toMatchObject({ code: 'run.conflict', detail: noPause })
    expect(run.record.state).toBe('running')
    go()
    await run.done
  })

  it('refuses to resume what has succeeded, what is under way and what is unknown', async () => {
    const registry = new RunRegistry(await tempFolder())
    const { body, begun, go } = gated()
    const run = await startRun(registry, request, body)
    await begun
    const again = () => startRun(registry, { resumeOf: run.id }, async () => ({ outcome: null }))
    await expect(again()).rejects.toMatchObject({ code: 'run.conflict' })
    go()
    await run.done
    await expect(again()).rejects.toMatchObject({ code: 'run.not-resumable' })
    const unknown = startRun(registry, { resumeOf: '20200101T000000Z-0000' }, async () => ({ outcome: null }))
    await expect(unknown).rejects.toMatchObject({ code: 'run.unknown' })
  })

  it('goes on with a failed run under its id, with its options, its problems and its journal', async () => {
    const registry = new RunRegistry(await tempFolder())
    const first = await startRun(registry, request, async active => {
      active.problem(problem(0))
      await active.journal.append({ n: 1 })
      throw new EngineError('network.interrupted', 'store.put')
    })
    const failed = await first.done
    const second = await startRun(registry, { resumeOf: first.id }, async active => {
      expect(active.resumed).toBe(true)
      active.problem(problem(1))
      return { outcome: await collect(active.readJournal()) }
    })
    const done = await second.done
    expect(done).toMatchObject({
      id: failed.id,
      started: failed.started,
      options: request.options,
      problems: 2,
      failure: null,
    })
    expect(done).toMatchObject({ state: 'succeeded', outcome: [{ n: 1 }] })
    expect(done.seq).toBeGreaterThan(failed.seq)
  })
})
