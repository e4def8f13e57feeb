import { hash } from 'node:crypto'
import { renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { decodeManifest } from '../../electron/engine/archive/manifest.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import type { FakeDisk } from '../support/fake-store.ts'
import { Fake } from '../support/fake-store.ts'
import { shell } from '../support/engine.ts'
import { noise } from '../support/tree.ts'
import type { Bench } from './fake-servers.ts'
import {
  backupBench,
  complete,
  contentOf,
  forgetLines,
  journalOf,
  namesOn,
  outcomeOf,
  partsSent,
} from './fake-servers.ts'

/** A server on `disk` that takes so many parts and then breaks for good; one at a time, so that none is missing. */
function until(parts: number, disk?: FakeDisk): Fake {
  const fake = new Fake({ width: 1, ...(disk ? { disk } : {}) })
  const begin = fake.begin.bind(fake)
  let seen = 0
  fake.begin = async (call, signal) => {
    if (call.method === 'write' && seen++ >= parts)
      throw new EngineError('network.interrupted', 'server.upload')
    return await begin(call, signal)
  }
  return fake
}

/** Proves a server's point: every part by its hash, and the content by what tar makes of it. */
async function prove(bench: Bench, fake: Fake): Promise<void> {
  expect(namesOn(fake)).toEqual(complete)
  expect(fake.disk.uploads.size).toBe(0)
  const manifest = decodeManifest(contentOf(fake, '.manifest.json'), 'm')
  const [file] = manifest.files
  const stored = contentOf(fake)
  let at = 0
  for (const part of file!.parts) {
    expect(sha256(stored.subarray(at, at + part.size)), `part at ${at}`).toBe(part.sha256)
    at += part.size
  }
  expect(at).toBe(stored.length)
  const list = contentOf(fake, '.entries.jsonl.zst')
  expect(sha256(list)).toBe(file!.entries.sha256)
  const lines = (await shell('zstd -dc', { input: list }))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { path?: string; sha256?: string })
  expect(lines.filter(line => line.path !== undefined).length).toBe(file!.entries.count)
  const out = join(bench.root, `out-${Math.random()}`)
  await mkdir(out)
  await shell('tar x -C "$1" && diff -r --no-dereference "$1/source" "$2"', {
    input: stored,
    args: [out, bench.source],
  })
  const last = lines.filter(line => line.path === 'source').at(-1)
  if (last?.sha256)
    expect(last.sha256).toBe((await shell('sha256sum < "$1"', { args: [bench.source] })).slice(0, 64))
}
const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'hex')

describe('taking up a backup that broke off', () => {
  it.each([0, 1, 3, 5])('sends only what the server has not got: %i of 6 parts were there', async parts => {
    const bench = await backupBench(6)
    const one = until(parts)
    const failed = await (await bench.start({ one })).done
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'network.interrupted' } })
    const again = new Fake({ disk: one.disk })
    const record = await (await bench.resume(failed.id, { one: again })).done
    expect(record).toMatchObject({ id: failed.id, state: 'succeeded', problems: 0 })
    expect(partsSent(again)).toEqual([0, 1, 2, 3, 4, 5].slice(parts))
    await prove(bench, again)
    const manifest = decodeManifest(contentOf(again, '.manifest.json'), 'm')
    expect(manifest.files[0]!.sha256 === null).toBe(parts > 0)
  })

  it('goes on several times', async () => {
    const bench = await backupBench(7)
    let fake = until(2)
    const { id } = await (await bench.start({ one: fake })).done
    for (const parts of [0, 1, 3]) {
      fake = until(parts, fake.disk)
      expect((await (await bench.resume(id, { one: fake })).done).state).toBe('failed')
    }
    const last = new Fake({ disk: fake.disk })
    expect(await (await bench.resume(id, { one: last })).done).toMatchObject({ state: 'succeeded' })
    expect(partsSent(last)).toEqual([6])
    await prove(bench, last)
  })

  it('feeds each server from where it stands', async () => {
    const bench = await backupBench(7)
    const [far, near] = [until(6), until(2)]
    const { id } = await (await bench.start({ far, near })).done
    const [far2, near2] = [new Fake({ disk: far.disk }), new Fake({ disk: near.disk })]
    expect(await (await bench.resume(id, { far: far2, near: near2 })).done).toMatchObject({
      state: 'succeeded',
      problems: 0,
    })
    expect(partsSent(near2)).toEqual([2, 3, 4, 5, 6])
    expect(partsSent(far2)).toEqual([6])
    await prove(bench, far2)
    await prove(bench, near2)
  })

  it('completes the one behind by a copy when the source has changed in between', async () => {
    const bench = await backupBench(7)
    const [far, near] = [until(6), until(2)]
    const { id } = await (await bench.start({ far, near })).done
    writeFileSync(bench.source, noise(30_000_000))
    const [far2, near2] = [new Fake({ disk: far.disk }), new Fake({ disk: near.disk })]
    const record = await (await bench.resume(id, { far: far2, near: near2 })).done
    expect(record.state).toBe('succeeded')
    expect(record.firstProblems.map(({ code, subject }) => `${code} ${subject}`)).toContain(
      'server.copied-late near',
    )
    expect(record.firstProblems.map(({ code, subject }) => `${code} ${subject}`)).toContain(
      'source.changed source',
    )
    expect(outcomeOf(record).servers).toEqual({ far: 'done', near: 'done' })
    expect(contentOf(near2).equals(contentOf(far2))).toBe(true)
    await prove(bench, far2)
    await prove(bench, near2)
  })

  it('never takes an old part for a new one after the source has changed and it broke off again', async () => {
    const bench = await backupBench(7)
    const [far, near] = [until(6), until(2)]
    const { id } = await (await bench.start({ far, near })).done
    writeFileSync(bench.source, noise(50_000_000, 'second'))
    // The one that is ahead cannot be reached, so that the other is fed the new content on its own.
    const near2 = until(3, near.disk)
    expect(
      (
        await (
          await bench.resume(id, { far: new EngineError('network.unreachable', 'server.open'), near: near2 })
        ).done
      ).state,
    ).toBe('failed')
    const [far3, near3] = [new Fake({ disk: far.disk }), new Fake({ disk: near.disk })]
    const record = await (await bench.resume(id, { far: far3, near: near3 })).done
    expect(record.state).toBe('succeeded')
    expect(outcomeOf(record).servers).toEqual({ far: 'done', near: 'done' })
    await prove(bench, near3)
    await prove(bench, far3)
  })

  it.each([
    [
      'was rewritten',
      (source: string) => writeFileSync(source, noise(40_000_000, 'new')),
      'source.changed source',
    ],
    ['grew', (source: string) => writeFileSync(source, 'more', { flag: 'a' }), 'source.changed source'],
    ['became short', (source: string) => writeFileSync(source, 'short'), 'source.changed source'],
    [
      'became another file of the same size',
      (source: string) => {
        writeFileSync(`${source}.new`, noise(4 * 8 * 2 ** 20 - 100_000))
        renameSync(`${source}.new`, source)
      },
      'source.changed source',
    ],
  ])('stores the file again, and says so, when it %s in between', async (_, change, problem) => {
    const bench = await backupBench(4)
    const one = until(2)
    const { id } = await (await bench.start({ one })).done
    change(bench.source)
    const again = new Fake({ disk: one.disk })
    const record = await (await bench.resume(id, { one: again })).done
    expect(record.state).toBe('succeeded')
    expect(record.firstProblems.map(({ code, subject }) => `${code} ${subject}`)).toEqual([problem])
    expect(partsSent(again)[0]).toBe(2)
    await prove(bench, again)
  })

  it('fails with local.not-found and keeps what was sent when the whole source is gone', async () => {
    const bench = await backupBench(4)
    const one = until(2)
    const { id } = await (await bench.start({ one })).done
    renameSync(bench.source, `${bench.source}.away`)
    expect((await (await bench.resume(id, { one: new Fake({ disk: one.disk }) })).done).failure?.code).toBe(
      'local.not-found',
    )
    renameSync(`${bench.source}.away`, bench.source)
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([2, 3])
    await prove(bench, again)
  })

  it('completes the others when one server is gone, and begins it anew when it has forgotten the upload', async () => {
    const bench = await backupBench(5)
    const [one, two] = [until(3), until(3)]
    const { id } = await (await bench.start({ one, two })).done
    two.disk.uploads.clear()
    const [one2, two2] = [new Fake({ disk: one.disk }), new Fake({ disk: two.disk })]
    expect(await (await bench.resume(id, { one: one2, two: two2 })).done).toMatchObject({
      state: 'succeeded',
      problems: 0,
    })
    expect(partsSent(one2)).toEqual([3, 4])
    expect(partsSent(two2)).toEqual([0, 1, 2, 3, 4])
    await prove(bench, two2)
  })

  it('completes the others when one server fails at once', async () => {
    const bench = await backupBench(5)
    const [one, two] = [until(3), until(3)]
    const { id } = await (await bench.start({ one, two })).done
    const [one2, two2] = [new Fake({ disk: one.disk }), new Fake({ disk: two.disk })]
    two2.fail('upload', { code: 'auth.rejected', times: 99 })
    const record = await (await bench.resume(id, { one: one2, two: two2 })).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(outcomeOf(record).servers).toEqual({ one: 'done', two: 'failed' })
    await prove(bench, one2)
  })

  it('loses nothing when every server is down at the first try to go on', async () => {
    const bench = await backupBench(5)
    const one = until(3)
    const { id } = await (await bench.start({ one })).done
    const down = new Fake({ disk: one.disk })
    down.fail('upload', { code: 'network.unreachable', times: 99 })
    expect((await (await bench.resume(id, { one: down })).done).failure?.code).toBe('network.unreachable')
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([3, 4])
    await prove(bench, again)
  })
})

describe('taking up a backup that broke off at its end', () => {
  /** A backup whose list and manifest could not be written: all the rest is there. */
  async function withoutManifest(parts: number) {
    const bench = await backupBench(parts)
    const one = new Fake()
    const put = one.put.bind(one)
    one.put = async (name, body, options) => {
      if (!name.includes('writing')) throw new EngineError('network.interrupted', 'server.put')
      await put(name, body, options)
    }
    const run = await bench.start({ one })
    const record = await run.done
    expect(record.state).toBe('failed')
    return { bench, one, id: record.id, folder: run.folder }
  }

  it('sends no part again when only the list and the manifest are missing', async () => {
    const { bench, one, id } = await withoutManifest(3)
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([])
    await prove(bench, again)
    expect(decodeManifest(contentOf(again, '.manifest.json'), 'm').files[0]!.sha256).toBe(
      sha256(contentOf(again)),
    )
  })

  it('finds the completed file when it died before it could note that', async () => {
    const { bench, one, id, folder } = await withoutManifest(3)
    await forgetLines(folder, line => line.t === 'commit')
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([])
    await prove(bench, again)
  })

  it('goes on when the last block had completed the last part', async () => {
    const { bench, one, id, folder } = await withoutManifest(1)
    const parts = (await journalOf(folder)).filter(line => line.t === 'part')
    expect(parts).toMatchObject([{ next: { cursor: { trailer: 0 } } }])
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([])
    await prove(bench, again)
  })

  it('sends no part again when only the manifest is missing', async () => {
    const bench = await backupBench(2)
    const one = new Fake()
    const put = one.put.bind(one)
    one.put = async (name, body, options) => {
      if (name.includes('manifest')) throw new EngineError('network.interrupted', 'server.put')
      await put(name, body, options)
    }
    const { id } = await (await bench.start({ one })).done
    expect(namesOn(one)).toContain('docs_files_STAMP.entries.jsonl.zst')
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([])
    expect(again.calls.filter(call => call.method === 'put').at(-1)?.name).toContain('manifest')
    await prove(bench, again)
  })
})

describe('taking up a backup that encrypts', () => {
  const to = { encryptTo: 'passphrase' as const }

  it('goes on with the same key while the vault still has it', async () => {
    const bench = await backupBench(5)
    const identity = await generateIdentity()
    const options = { encryptTo: { recipients: [await identityToRecipient(identity)] } }
    const one = until(3)
    const { id } = await (await bench.start({ one }, { options })).done
    const again = new Fake({ disk: one.disk })
    expect(await (await bench.resume(id, { one: again }, { options })).done).toMatchObject({
      state: 'succeeded',
      problems: 0,
    })
    expect(partsSent(again)).toEqual([3, 4, 5])
    const key = join(bench.root, 'key')
    writeFileSync(key, identity)
    await shell('age -d -i "$1" | tar xO | cmp - "$2"', {
      input: contentOf(again, '.tar.age'),
      args: [key, bench.source],
    })
    expect(await bench.vault.get(`run:${id}`)).toBeNull()
  })

  it('begins anew and says so when the vault has forgotten the key', async () => {
    const bench = await backupBench(5)
    const one = until(3)
    const { id } = await (await bench.start({ one }, { options: to, passphrase: 'p' })).done
    await bench.vault.remove(`run:${id}`)
    const again = new Fake({ disk: one.disk })
    const record = await (await bench.resume(id, { one: again }, { options: to, passphrase: 'p' })).done
    expect(record).toMatchObject({
      state: 'succeeded',
      problems: 1,
      firstProblems: [{ code: 'encryption.restarted' }],
    })
    expect(partsSent(again)).toEqual([0, 1, 2, 3, 4, 5])
    expect(again.disk.uploads.size).toBe(0)
    expect(namesOn(again).length).toBe(3)
  })

  it('asks for the passphrase before it throws anything away', async () => {
    const bench = await backupBench(5)
    const one = until(3)
    const { id } = await (await bench.start({ one }, { options: to, passphrase: 'p' })).done
    const text = await bench.vault.get(`run:${id}`)
    await bench.vault.remove(`run:${id}`)
    const record = await (await bench.resume(id, { one: new Fake({ disk: one.disk }) }, { options: to })).done
    expect(record.failure?.code).toBe('auth.secret-missing')
    await bench.vault.set(`run:${id}`, text!)
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again }, { options: to })).done).state).toBe('succeeded')
    expect(partsSent(again)).toEqual([3, 4, 5])
  })
})

describe('what a resume must not trust', () => {
  it('does not count parts behind one that never arrived', async () => {
    const bench = await backupBench(5)
    const one = new Fake({ width: 2 })
    const held = one.hold('write')
    const run = await bench.start({ one })
    await held.reached
    // As on a disk whose file is long already while its beginning is still missing.
    one.fail('write', { code: 'network.interrupted', times: 99 })
    held.release()
    const { id } = await run.done
    const [upload] = one.disk.uploads.values()
    upload!.parts.set(0, new Uint8Array(8 * 2 ** 20))
    upload!.parts.set(1, new Uint8Array(8 * 2 ** 20))
    const again = new Fake({ disk: one.disk })
    expect((await (await bench.resume(id, { one: again })).done).state).toBe('succeeded')
    await prove(bench, again)
  })

  it('says that it cannot go on when the run’s list of entries is lost', async () => {
    const bench = await backupBench(5)
    const source = join(bench.source)
    unlinkSync(source)
    const { makeManyFiles } = await import('../support/tree.ts')
    makeManyFiles(source, 3000, () => 10_000)
    const one = until(2)
    const run = await bench.start({ one })
    const { id } = await run.done
    writeFileSync(join(run.folder, 'scratch', 'entries.jsonl'), '')
    const record = await (await bench.resume(id, { one: new Fake({ disk: one.disk }) })).done
    expect(record.failure?.code).toBe('run.not-resumable')
  })
})
