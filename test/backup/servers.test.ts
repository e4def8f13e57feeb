import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeManifest } from '../../electron/engine/archive/manifest.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { MiB } from '../../shared/units.ts'
import { shell } from '../support/engine.ts'
import type { Fault } from '../support/fake-store.ts'
import { Fake } from '../support/fake-store.ts'
import { backupBench, complete, contentOf, namesOn, outcomeOf, partsSent } from './fake-servers.ts'

const broken: Fault = { code: 'remote.failed', times: 99 }

/** Lets so many calls of a method pass, then breaks all others. */
function breakAfter(fake: Fake, method: 'write', passes: number) {
  for (let i = 0; i < passes; i++) fake.fail(method, { code: 'remote.failed', name: 'never-this-name' })
  const write = fake.begin.bind(fake)
  let seen = 0
  fake.begin = async (call, signal) => {
    if (call.method === method && seen++ >= passes) throw new EngineError('remote.failed', method)
    return await write(call, signal)
  }
}

describe('a backup to several servers when one of them fails', () => {
  it.each([
    [
      'cannot be opened',
      () => new EngineError('network.unreachable', 'server.open', { detail: 'nobody answers' }),
    ],
    ['refuses the first note', (fake: Fake) => fake.fail('put', broken)],
    ['cannot begin the upload', (fake: Fake) => fake.fail('upload', broken)],
    ['fails with the first part', (fake: Fake) => fake.fail('write', broken)],
    ['fails in the middle', (fake: Fake) => breakAfter(fake, 'write', 3)],
    ['fails at the end of the upload', (fake: Fake) => fake.fail('commit', broken)],
    [
      'loses the answer to the end of the upload',
      (fake: Fake) => fake.fail('commit', { ...broken, at: 'after' }),
    ],
  ] as [string, (fake: Fake) => EngineError | void][])(
    'completes the others, names it, and leaves nothing on it when it %s',
    async (_, spoil) => {
      const bench = await backupBench(6)
      const [good, bad] = [new Fake(), new Fake()]
      const unopened = spoil(bad)
      const record = await (await bench.start({ good, bad: unopened instanceof Error ? unopened : bad })).done
      expect(record.failure).toBeNull()
      expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
      expect(record.firstProblems[0]).toMatchObject({ code: 'server.failed', subject: 'bad' })
      expect(namesOn(good)).toEqual(complete)
      expect(namesOn(bad)).toEqual([])
      expect(bad.disk.uploads.size).toBe(0)
      expect(good.closed).toBe(true)
    },
  )

  it.each([['.entries.jsonl.zst'], ['.manifest.json']])('does so when %s cannot be written', async ending => {
    const bench = await backupBench(2)
    const [good, bad] = [new Fake(), new Fake()]
    const put = bad.put.bind(bad)
    bad.put = async (name, body, options) => {
      if (name.endsWith(ending)) throw new EngineError('remote.full', 'server.put')
      await put(name, body, options)
    }
    const record = await (await bench.start({ bad, good })).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(outcomeOf(record).servers).toEqual({ good: 'done', bad: 'failed' })
    expect(record.firstProblems[0]?.detail).toContain('remote.full')
    expect(namesOn(good)).toEqual(complete)
    expect(namesOn(bad)).toEqual([])
  })

  it('fails with the servers’ own code when all of them do, and leaves nothing under a final name', async () => {
    const bench = await backupBench(6)
    const [one, two] = [new Fake(), new Fake()]
    for (const fake of [one, two]) fake.fail('write', { code: 'remote.full', times: 99 })
    const record = await (await bench.start({ one, two })).done
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'remote.full' } })
    for (const fake of [one, two]) expect(namesOn(fake)).toEqual(['docs_STAMP.writing.json'])
  })

  it('fails when no server can be opened or reserved', async () => {
    const bench = await backupBench(1)
    const unreachable = new EngineError('network.unreachable', 'server.open')
    expect(await (await bench.start({ one: unreachable, two: unreachable })).done).toMatchObject({
      state: 'failed',
      failure: { code: 'network.unreachable' },
    })
    const full = new Fake()
    full.fail('put', { code: 'remote.full', times: 9 })
    expect(await (await bench.start({ full })).done).toMatchObject({
      state: 'failed',
      failure: { code: 'remote.full' },
    })
  })

  it('leaves alone what somebody else keeps under the file’s name', async () => {
    const bench = await backupBench(2)
    const [good, bad] = [new Fake(), new Fake()]
    const held = bad.hold('upload')
    const run = await bench.start({ good, bad })
    await held.reached
    const name = [...bad.objects.keys()][0]!.replace(/_(\d{8}T\d{6}Z)\.writing\.json/, '_files_$1.tar')
    bad.objects.set(name, Buffer.from('somebody else’s'))
    held.release()
    expect((await run.done).firstProblems[0]?.detail).toContain('remote.exists')
    expect(namesOn(bad)).toEqual(['docs_files_STAMP.tar'])
    expect(String(bad.objects.get(name))).toBe('somebody else’s')
  })
})

describe('a backup to several servers when one stands still', () => {
  it.each([
    ['in the middle of many parts', 8],
    ['with the only part', 1],
    ['with the last two parts', 2],
  ])('drops it and completes it by a copy when it hangs %s', async (_, parts) => {
    const bench = await backupBench(parts)
    const [good, slow] = [new Fake(), new Fake()]
    slow.hang('write')
    const record = await (await bench.start({ good, slow }, { patienceMs: 200 })).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(record.firstProblems[0]).toMatchObject({ code: 'server.copied-late', subject: 'slow' })
    expect(outcomeOf(record).servers).toEqual({ good: 'done', slow: 'done' })
    expect(namesOn(slow)).toEqual(complete)
    expect(contentOf(slow).equals(contentOf(good))).toBe(true)
    expect(slow.disk.uploads.size).toBe(0)
  })

  it('reports it as failed when the copy fails too', async () => {
    const bench = await backupBench(4)
    const [good, slow] = [new Fake(), new Fake()]
    slow.hang('write')
    slow.fail('commit', broken)
    const record = await (await bench.start({ good, slow }, { patienceMs: 200 })).done
    expect(record.state).toBe('succeeded')
    expect(outcomeOf(record).servers).toEqual({ good: 'done', slow: 'failed' })
    expect(namesOn(slow)).toEqual([])
    expect(slow.disk.uploads.size).toBe(0)
  })

  it('drops nobody because the source was slow', async () => {
    const bench = await backupBench(1)
    const [one, two] = [new Fake(), new Fake()]
    const command = 'sleep 1.5; head -c 60000000 /dev/zero'
    const options = { source: { kind: 'command' as const, command, as: 'zeros.bin' } }
    const record = await (await bench.start({ one, two }, { options, patienceMs: 1000 })).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 0 })
  })
})

describe('stamps of restore points', () => {
  const at = (iso: string) => ({ now: () => Date.parse(iso), monotonic: () => performance.now() })

  it('differ when two runs of one plan begin in the same second', async () => {
    const bench = await backupBench(1)
    const server = new Fake()
    const clock = at('2026-11-20T09:57:28.400Z')
    const runs = await Promise.all([bench.start({ server }, { clock }), bench.start({ server }, { clock })])
    const points = (await Promise.all(runs.map(run => run.done))).map(record => outcomeOf(record).point)
    expect(points.sort()).toEqual(['docs@20261120T095728Z', 'docs@20261120T095729Z'])
    expect(namesOn(server)).toEqual(complete.flatMap(name => [name, name]))
  })

  it('move on by a second past one that is complete on any of the servers, or being written', async () => {
    const bench = await backupBench(1)
    const [one, two] = [new Fake(), new Fake()]
    one.objects.set('docs_20261120T095728Z.manifest.json', Buffer.from('{}'))
    two.objects.set('docs_20261120T095729Z.writing.json', Buffer.from('{}'))
    two.objects.set('other_20261120T095730Z.manifest.json', Buffer.from('{}'))
    const record = await (await bench.start({ one, two }, { clock: at('2026-11-20T09:57:28.999Z') })).done
    expect(outcomeOf(record).point).toBe('docs@20261120T095730Z')
    expect([...one.objects.keys()].filter(name => name.includes('writing'))).toEqual([])
    expect(String(two.objects.get('docs_20261120T095729Z.writing.json'))).toBe('{}')
  })
})

describe('a backup that the operator cancels', () => {
  it.each([
    ['while it reserves its stamp', 'put', undefined],
    ['while the upload is begun', 'upload', undefined],
    ['while parts are sent', 'write', undefined],
    ['while the file is completed', 'commit', undefined],
    ['while the manifest is written', 'put', 'manifest'],
  ] as const)('leaves nothing on any server when it is cancelled %s', async (_, method, what) => {
    const bench = await backupBench(6)
    const [one, two] = [new Fake(), new Fake()]
    const clock = { now: () => Date.parse('2026-11-20T09:57:28Z'), monotonic: () => performance.now() }
    const held = two.hold(method, what === 'manifest' ? 'docs_20261120T095728Z.manifest.json' : undefined)
    const run = await bench.start({ one, two }, { clock })
    await held.reached
    await run.cancel()
    held.release()
    expect(await run.done).toMatchObject({ state: 'cancelled', failure: { code: 'cancelled' } })
    for (const fake of [one, two]) {
      expect(namesOn(fake)).toEqual([])
      expect(fake.disk.uploads.size).toBe(0)
    }
  })

  it('leaves nothing on a server that was dropped before', async () => {
    const bench = await backupBench(12)
    const [good, slow] = [new Fake(), new Fake()]
    slow.hang('write')
    const held = good.hold('commit')
    const run = await bench.start({ good, slow }, { patienceMs: 200 })
    await held.reached
    expect(slow.disk.uploads.size).toBe(1)
    await run.cancel()
    held.release()
    await run.done
    expect(slow.disk.uploads.size).toBe(0)
    expect([...namesOn(slow), ...namesOn(good)]).toEqual([])
  })
})

describe('a file that passes a server’s limit', () => {
  const sizes = (fake: Fake) =>
    [...fake.objects]
      .filter(([name]) => name.includes('.tar'))
      .map(([name, bytes]) => [name.slice(name.indexOf('.tar')), bytes.length] as const)
      .sort()

  it('goes on in volumes on all servers, which joined give the archive back', async () => {
    const bench = await backupBench(6)
    const [small, large] = [new Fake({ limits: { maxObjectBytes: 20 * MiB } }), new Fake()]
    const record = await (await bench.start({ small, large })).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(sizes(small).map(([name]) => name)).toEqual(['.tar.001', '.tar.002', '.tar.003'])
    expect(sizes(small)).toEqual(sizes(large))
    expect(Math.max(...sizes(small).map(([, size]) => size))).toBeLessThanOrEqual(20 * MiB)
    const joined = Buffer.concat(
      [...small.objects]
        .filter(([name]) => name.includes('.tar.'))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, bytes]) => bytes),
    )
    const out = join(bench.root, 'out')
    mkdirSync(out)
    await shell('tar x -C "$1" && cmp "$1/source" "$2"', { input: joined, args: [out, bench.source] })
    const manifest = decodeManifest(contentOf(small, '.manifest.json'), 'm')
    expect(manifest.restore).toMatch(
      /cat docs_files_\S+\.tar\.001 docs_files_\S+\.tar\.002 docs_files_\S+\.tar\.003 \| tar x/,
    )
  })

  it('is cut where a server takes no more parts', async () => {
    const bench = await backupBench(5)
    const server = new Fake({ limits: { maxParts: 2 } })
    expect((await (await bench.start({ server })).done).state).toBe('succeeded')
    expect(sizes(server).map(([name]) => name)).toEqual(['.tar.001', '.tar.002', '.tar.003'])
  })

  it('goes on in a second volume when nobody could know the size', async () => {
    const bench = await backupBench(1)
    const server = new Fake({ limits: { maxObjectBytes: 20 * MiB } })
    const options = {
      source: { kind: 'command' as const, command: 'head -c 30000000 /dev/zero', as: 'x.tar' },
    }
    expect((await (await bench.start({ server }, { options })).done).state).toBe('succeeded')
    expect(sizes(server).map(([name]) => name)).toEqual(['.tar', '.tar.002'])
  })

  it('goes on behind the volumes that are complete when the run is taken up again', async () => {
    const bench = await backupBench(8)
    const server = new Fake({ limits: { maxObjectBytes: 20 * MiB } })
    breakAfter(server, 'write', 5)
    const failed = await (await bench.start({ server })).done
    expect(failed.state).toBe('failed')
    const again = new Fake({ disk: server.disk, limits: server.limits })
    const record = await (await bench.resume(failed.id, { again: new Error('unused'), server: again })).done
    expect(record.state).toBe('succeeded')
    expect(sizes(again).map(([name]) => name)).toEqual(['.tar.001', '.tar.002', '.tar.003', '.tar.004'])
    expect(again.count('write')).toBeLessThanOrEqual(4)
    expect(partsSent(again).length).toBe(8 - 5)
  })
})
