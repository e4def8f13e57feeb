import { once } from 'node:events'
import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import { RunRegistry, attachRun, isUnderWay, startRun } from '../../electron/engine/run/index.ts'
import type { Script } from '../support/script.ts'
import { runScript } from '../support/script.ts'
import { collect } from '../support/collect.ts'
import { tempFolder } from '../support/temp-folder.ts'

const counting = new URL('fixtures/counting-run.ts', import.meta.url)

async function begin(
  home: string,
  blocks: number,
): Promise<{ script: Script; id: string; registry: RunRegistry }> {
  const script = runScript(counting, [home, String(blocks)])
  const id = (await script.line(/^run /)).slice(4)
  return { script, id, registry: new RunRegistry(home) }
}

async function until(
  snapshots: AsyncIterable<StoredRun>,
  wanted: (record: StoredRun) => boolean,
): Promise<StoredRun> {
  for await (const snapshot of snapshots) if (wanted(snapshot)) return snapshot
  throw new Error('the snapshots ended before')
}

describe('a run in another process', () => {
  it('is seen running, paused, resumed, limited and cancelled from here', async () => {
    const { script, id, registry } = await begin(await tempFolder(), 1e9)
    const record = await registry.get(id)
    expect(record.state).toBe('running')
    const run = attachRun(registry, record)
    const all = collect(run.snapshots())
    await until(run.snapshots(), snapshot => snapshot.progress.bytes > 3)

    await run.pause()
    const paused = await until(run.snapshots(), snapshot => snapshot.state === 'paused')
    expect((await registry.get(id)).state).toBe('paused')
    await run.resume()
    await until(run.snapshots(), snapshot => snapshot.progress.bytes > paused.progress.bytes + 2)

    await run.setLimit(1e6)
    await script.line(/^limit 1000000$/)
    await expect(run.setLimit(-1)).rejects.toMatchObject({ code: 'input.invalid' })

    await run.cancel()
    await script.line(/^ended cancelled$/)
    const snapshots = await all
    expect(snapshots.at(-1)).toEqual(await registry.get(id))
    expect(snapshots.at(-1)).toMatchObject({ state: 'cancelled', control: null })
    const seqs = snapshots.map(snapshot => snapshot.seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    await expect(run.pause()).rejects.toMatchObject({ code: 'run.conflict' })
    await script.exit
  })

  it('is interrupted for its watchers and in the list when it is killed, and goes on where it was', async () => {
    const home = await tempFolder()
    const { script, id, registry } = await begin(home, 60)
    const record = await registry.get(id)
    const all = collect(attachRun(registry, record).snapshots())
    await script.line(/^block 20$/)
    await script.kill('SIGKILL')

    const snapshots = await all
    expect(snapshots.at(-1)?.state).toBe('interrupted')
    const interrupted = await registry.get(id)
    expect(interrupted.state).toBe('interrupted')
    expect(interrupted.seq).toBeGreaterThan(snapshots.at(-2)?.seq ?? 0)
    expect((await collect(attachRun(registry, interrupted).snapshots())).map(s => s.state)).toEqual([
      'interrupted',
    ])
    await expect(attachRun(registry, interrupted).cancel()).rejects.toMatchObject({ code: 'run.conflict' })

    const again = runScript(counting, [home, '0', id])
    const resumedAt = Number((await again.line(/^resumed at /)).slice(11))
    expect(resumedAt).toBeGreaterThanOrEqual(20)
    await again.line(/^ended succeeded$/)
    expect(await again.exit).toBe(0)
    const done = await registry.get(id)
    expect(done).toMatchObject({ id, state: 'succeeded', outcome: { blocks: 60 }, started: record.started })
    expect(done.seq).toBeGreaterThan(interrupted.seq)
    const journal = (await readFile(join(registry.folderOf(id), 'journal.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
    expect(journal.map(line => (JSON.parse(line) as { block: number }).block)).toEqual(
      Array.from({ length: 60 }, (_, n) => n),
    )
    expect(await readdir(join(home, 'sock'))).toEqual([])
  })

  it('is resumed by only one of several processes that try at once', async () => {
    const home = await tempFolder()
    const { script, id, registry } = await begin(home, 200)
    await script.line(/^block 5$/)
    await script.kill('SIGKILL')
    const rivals = [1, 2, 3].map(() => runScript(counting, [home, '0', id]))
    const ends = await Promise.all(rivals.map(rival => rival.line(/^(ended|refused) /)))
    // One that starts when the winner has already finished is told so.
    const refusals = ends.filter(end => /^refused run\.(conflict|not-resumable)$/.test(end))
    expect([ends.filter(end => end === 'ended succeeded').length, refusals.length]).toEqual([1, 2])
    const journal = (await readFile(join(registry.folderOf(id), 'journal.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
    expect(journal).toHaveLength(200)
  })

  it('is cancelled by the shutdown of its process', async () => {
    const { script, id, registry } = await begin(await tempFolder(), 1e9)
    await script.line(/^block 3$/)
    script.process.kill('SIGTERM')
    await script.line(/^ended cancelled$/)
    expect((await registry.get(id)).cancelledBy).toBe('shutdown')
  })
})

describe('the socket of a run', () => {
  const request = { kind: 'verify', about: 'x', options: null } as const

  async function open(home: string) {
    const registry = new RunRegistry(home)
    const go = Promise.withResolvers<void>()
    const run = await startRun(registry, request, async () => (await go.promise, { outcome: null }))
    return { registry, run, path: run.record.control?.path ?? '', go: () => go.resolve() }
  }

  it.runIf(process.platform !== 'win32').each([
    ['in the state folder', ''],
    ['elsewhere when the state folder’s path is too long', 'x'.repeat(120)],
  ])('lies %s, where only this user comes, and is gone afterwards', async (_, below) => {
    const home = join(await tempFolder(), below)
    await mkdir(home, { recursive: true })
    const { run, registry, path, go } = await open(home)
    expect(path.startsWith(home)).toBe(below === '')
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
    expect((await registry.get(run.id)).state).toBe('running')
    go()
    await run.done
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    if (below !== '') await expect(stat(dirname(path))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['words', 'hello\n'],
    ['an unknown command', '{"call":1,"op":"destroy"}\n'],
    ['a limit that is no number', '{"call":1,"op":"limit","bytesPerSecond":"1"}\n'],
    ['a field too many', '{"call":1,"op":"cancel","force":true}\n'],
    ['a line without end', 'x'.repeat(100_000)],
  ])('closes on %s, and the run goes on', async (_, sent) => {
    const { run, path, go } = await open(await tempFolder())
    const socket = createConnection({ path })
    socket.on('error', () => {})
    socket.resume()
    socket.write(sent)
    await new Promise(resolve => socket.once('close', resolve))
    expect(run.record.state).toBe('running')
    go()
    expect((await run.done).state).toBe('succeeded')
  })

  it('does not hold up the end of a run for a watcher that reads nothing', async () => {
    const { run, path, go } = await open(await tempFolder())
    const socket = createConnection({ path })
    socket.on('error', () => {})
    socket.write('{"call":1,"op":"attach"}\n')
    await once(socket, 'connect')
    go()
    expect(isUnderWay(await run.done)).toBe(false)
    socket.destroy()
  })
})
