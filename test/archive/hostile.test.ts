import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { AgeWriter } from '../../electron/engine/archive/age/age-writer.ts'
import { openAge, openRange, openStream, sealedRange } from '../../electron/engine/archive/age/age-reader.ts'
import { openKey, sealKey } from '../../electron/engine/archive/age/key.ts'
import { chunkBytes, sealedChunkBytes } from '../../electron/engine/archive/age/payload.ts'
import { blockBytes, decompressBlock } from '../../electron/engine/archive/compress.ts'
import { readEntryList } from '../../electron/engine/archive/entry-list-reader.ts'
import { decodeManifest, encodeManifest } from '../../electron/engine/archive/manifest.ts'
import type { BackupFile, Manifest } from '../../electron/engine/archive/manifest.ts'
import { MiB } from '../../shared/units.ts'
import { collect } from '../support/collect.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { shell } from '../support/engine.ts'

const sha = 'a'.repeat(64)
const bytesOf = async (script: string) => Buffer.from(await shell(`${script} | base64 -w0`), 'base64')
const endlessLine = await bytesOf('head -c 1G /dev/zero | zstd -c')

const file: BackupFile = {
  component: 'files',
  name: 'docs_files_20261120T095728Z.tar.zst',
  layout: 'tar',
  compression: 'zstd',
  encryption: null,
  size: 30,
  sha256: sha,
  parts: [
    { size: 10, sha256: sha },
    { size: 20, sha256: sha },
  ],
  contentBytes: 100,
  entries: {
    name: 'docs_files_20261120T095728Z.entries.jsonl.zst',
    size: 5,
    sha256: sha,
    count: 1,
    files: 1,
  },
}
const manifest: Manifest = {
  drydockManifest: 1,
  plan: 'docs',
  stamp: '20261120T095728Z',
  started: '2026-11-20T09:57:28.000Z',
  ended: '2026-11-20T09:57:29.000Z',
  host: 'h',
  user: 'u',
  platform: 'linux x64',
  tool: { name: 'drydock', version: '1' },
  run: 'r',
  source: { kind: 'files' },
  encryption: null,
  files: [file],
  problems: 0,
  notKept: [],
  restore: '',
}
const decode = (value: unknown) =>
  decodeManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 'm')
const withFile = (change: Partial<Record<keyof BackupFile, unknown>>) => ({
  ...manifest,
  files: [{ ...file, ...change }],
})

describe('a manifest from a server', () => {
  it('is read when it is in order, and written so that it is', () => {
    expect(decodeManifest(encodeManifest(manifest), 'm')).toEqual(manifest)
  })

  it('says data.version when it comes from a newer Drydock, whatever else is in it', () => {
    expect(() => decode({ drydockManifest: 2, anything: true })).toThrow(
      expect.objectContaining({ code: 'data.version' }),
    )
  })

  it.each([
    ['is cut off', JSON.stringify(manifest).slice(0, -20)],
    ['is empty', ''],
    ['is not UTF-8', Buffer.from([0xff, 0xfe]).toString('latin1') + '{'],
    ['is another kind of JSON', '[]'],
    ['is null', 'null'],
    ['is from no version', { ...manifest, drydockManifest: '1' }],
    ['is nested past all measure', '['.repeat(200_000)],
    ['has a size that is no number', withFile({ size: '30' })],
    ['has a negative size', withFile({ size: -1, parts: [{ size: -1, sha256: sha }] })],
    ['has a size past what numbers hold', withFile({ size: 1e300, parts: [{ size: 1e300, sha256: sha }] })],
    ['has a part larger than memory', withFile({ size: 2 ** 50, parts: [{ size: 2 ** 50, sha256: sha }] })],
    ['has parts that do not add up', withFile({ size: 31 })],
    ['has volumes that do not add up', withFile({ volumes: [{ name: 'v', size: 29, parts: 2 }] })],
    [
      'has volumes that share their parts wrongly',
      withFile({
        volumes: [
          { name: 'v', size: 20, parts: 1 },
          { name: 'w', size: 10, parts: 1 },
        ],
      }),
    ],
    ['has parts in no volume', withFile({ volumes: [{ name: 'v', size: 30, parts: 3 }] })],
    ['names a file outside', withFile({ name: '../../etc/passwd' })],
    ['names a list outside', withFile({ entries: { ...file.entries, name: 'a/b' } })],
    ['names a volume outside', withFile({ volumes: [{ name: '..', size: 30, parts: 2 }] })],
    ['has a hash that is none', withFile({ sha256: 'A'.repeat(64) })],
    ['has no file', { ...manifest, files: [] }],
    ['has a plan that is no name', { ...manifest, plan: '../x' }],
  ])('says data.format when it %s', (_, value) => {
    expect(() => decode(value)).toThrow(expect.objectContaining({ code: 'data.format' }))
  })
})

describe('an entry list from a server', () => {
  async function read(stored: Uint8Array, encryption: 'age' | null = null, passphrase?: string) {
    const local = join(await tempFolder(), 'list')
    writeFileSync(local, stored)
    return await collect(
      readEntryList(local, { ...file, encryption }, passphrase === undefined ? undefined : { passphrase }),
    )
  }
  const entry =
    '{"path":"a","kind":"file","size":1,"mtime":"1","mode":420,"uid":0,"gid":0,"user":"","group":"","sha256":null,"data":0}'

  it('is read line by line', async () => {
    expect(
      await read(zstdCompressSync(`{"drydockEntries":1}\n{"block":0,"at":0,"size":5}\n${entry}\n`)),
    ).toHaveLength(3)
  })

  it.each([
    ['is no zstd', Buffer.from('plain text')],
    ['is cut off', zstdCompressSync(randomBytes(100_000).toString('hex')).subarray(0, 5000)],
    ['ends in the middle of a line', zstdCompressSync(entry)],
    ['is not UTF-8', zstdCompressSync(Buffer.from([0xff, 0x0a]))],
    ['has a line that is no JSON', zstdCompressSync('x\n')],
    ['has an entry of a size below zero', zstdCompressSync(`${entry.replace('"size":1', '"size":-1')}\n`)],
    [
      'has an entry of a size past what numbers hold',
      zstdCompressSync(`${entry.replace('"size":1', '"size":1e400')}\n`),
    ],
    ['has an entry of an unknown kind', zstdCompressSync(`${entry.replace('"file"', '"door"')}\n`)],
    ['has an entry without a time', zstdCompressSync(`${entry.replace('"1"', '"soon"')}\n`)],
    ['has a block larger than blocks are', zstdCompressSync('{"block":0,"at":0,"size":1000000000}\n')],
    ['comes from a newer Drydock', zstdCompressSync('{"drydockEntries":2}\n')],
    ['is one line of 1 GiB', endlessLine],
  ])('says data.format when it %s, and does not fill the memory', async (_, stored) => {
    const before = process.memoryUsage().rss
    await expect(read(stored)).rejects.toMatchObject({ code: 'data.format', subject: file.entries.name })
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MiB)
  })
})

describe('a block from a server', () => {
  it.each([
    ['zstd', 'head -c 1G /dev/zero | zstd -c'],
    ['gzip', 'head -c 200M /dev/zero | gzip -1 -c'],
  ] as const)('stops at 8 MiB when %s would give more', async (how, made) => {
    const bomb = await bytesOf(made)
    await expect(decompressBlock(bomb, how, 'x')).rejects.toMatchObject({
      code: 'data.damaged',
      subject: 'x',
    })
  })

  it('is refused when its frame demands a window larger than blocks are', async () => {
    const frame = await bytesOf('head -c 100000000 /dev/zero | zstd --long=27 -c')
    await expect(decompressBlock(frame, 'zstd', 'x')).rejects.toMatchObject({ code: 'data.damaged' })
  })

  it('gives exactly 8 MiB', async () => {
    expect((await decompressBlock(zstdCompressSync(Buffer.alloc(blockBytes)), 'zstd', 'x')).length).toBe(
      blockBytes,
    )
    expect((await decompressBlock(gzipSync(Buffer.alloc(blockBytes)), 'gzip', 'x')).length).toBe(blockBytes)
  })
})

describe('an age file from a server', () => {
  const recipient = async () => {
    const identity = await generateIdentity()
    return { identity, to: { recipients: [await identityToRecipient(identity)] } }
  }
  async function sealed(size: number) {
    const { identity, to } = await recipient()
    const content = randomBytes(size)
    const writer = new AgeWriter(await sealKey(to))
    const stored = Buffer.concat([...writer.push(content), ...writer.end()])
    return { identity, content, stored }
  }
  const one = async function* (bytes: Uint8Array) {
    yield bytes
  }
  const openAll = async (stored: Buffer, identity: string) =>
    Buffer.concat(await collect(openStream(one(stored), { identity }, 'x')))

  it.each(['30', '62', '99'])('is refused before any work when it demands scrypt of 2^%s', async factor => {
    const { header } = await sealKey({ passphrase: 'p' })
    const hostile = Buffer.from(
      header.toString('latin1').replace(/^(-> scrypt \S+) \d+$/m, `$1 ${factor}`),
      'latin1',
    )
    const began = process.memoryUsage().rss
    await expect(openKey(hostile, { passphrase: 'p' })).rejects.toMatchObject({ code: 'data.unsafe' })
    expect(process.memoryUsage().rss - began).toBeLessThan(64 * MiB)
  })

  it('tells a wrong passphrase from a damaged header', async () => {
    const { header } = await sealKey({ passphrase: 'p' })
    await expect(openKey(header, { passphrase: 'q' })).rejects.toMatchObject({ code: 'auth.passphrase' })
    await expect(openKey(header, {})).rejects.toMatchObject({ code: 'auth.secret-missing' })
    const damaged = Buffer.from(header)
    damaged[damaged.length - 5]! ^= 1
    await expect(openKey(damaged, { passphrase: 'p' })).rejects.toMatchObject({ code: 'data.format' })
    const twice = Buffer.from(
      header.toString('latin1').replace(/(-> scrypt [^\n]*\n[^\n]*\n)/, '$1$1'),
      'latin1',
    )
    await expect(openKey(twice, { passphrase: 'p' })).rejects.toMatchObject({ code: 'data.format' })
  })

  it('opens with the right key and no other', async () => {
    const { identity, content, stored } = await sealed(200_000)
    expect((await openAll(stored, identity)).equals(content)).toBe(true)
    await expect(openAll(stored, await generateIdentity())).rejects.toMatchObject({ code: 'auth.passphrase' })
    await expect(openAll(stored, 'AGE-SECRET-KEY-1NONSENSE')).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('gives any range of its content', async () => {
    const { identity, content, stored } = await sealed(5 * chunkBytes)
    const age = await openAge(stored, { identity }, 'x')
    for (const [at, size] of [
      [0, 1],
      [chunkBytes - 1, 2],
      [chunkBytes, chunkBytes],
      [3, 4 * chunkBytes],
      [5 * chunkBytes - 1, 1],
      [0, 5 * chunkBytes],
    ] as const) {
      const { first, from, to } = sealedRange(age, stored.length, at, size)
      expect(
        openRange(age, stored.length, stored.subarray(from, to), first, at, size, 'x').equals(
          content.subarray(at, at + size),
        ),
      ).toBe(true)
    }
  })

  it.each([
    [
      'two of its chunks are swapped',
      (stored: Buffer, payload: number) =>
        Buffer.concat([
          stored.subarray(0, payload),
          stored.subarray(payload + sealedChunkBytes, payload + 2 * sealedChunkBytes),
          stored.subarray(payload, payload + sealedChunkBytes),
          stored.subarray(payload + 2 * sealedChunkBytes),
        ]),
    ],
    [
      'it ends with an earlier chunk',
      (stored: Buffer, payload: number) => stored.subarray(0, payload + 2 * sealedChunkBytes),
    ],
    ['it is cut in a chunk', (stored: Buffer) => stored.subarray(0, -1)],
    ['something follows its end', (stored: Buffer) => Buffer.concat([stored, Buffer.alloc(100)])],
    ['a bit of it is another', (stored: Buffer, payload: number) => ((stored[payload + 77]! ^= 4), stored)],
  ])('says data.damaged when %s', async (_, harm) => {
    const { identity, stored } = await sealed(3 * chunkBytes + 5)
    const { payloadAt } = await openAge(stored, { identity }, 'x')
    await expect(openAll(harm(stored, payloadAt), identity)).rejects.toMatchObject({
      code: 'data.damaged',
      subject: 'x',
    })
  })

  it('says data.format for what is no age file', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), randomBytes(300_000)])
      await expect(openAll(bytes, 'AGE-SECRET-KEY-1')).rejects.toMatchObject({ code: 'data.format' })
  })
})
