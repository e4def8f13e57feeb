import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ReadBlock } from '../../electron/engine/archive/archive-reader.ts'
import { ArchiveReader } from '../../electron/engine/archive/archive-reader.ts'
import type { BackupFile } from '../../electron/engine/archive/manifest.ts'
import { partsAtOnce } from '../../electron/engine/archive/parts-ahead.ts'
import type { ObjectStore } from '../../electron/engine/store/object-store.ts'

const partBytes = 1000
const never = new AbortController().signal

/** A backup file of `count` parts, `perPart` blocks in each, and a fake store that holds it and tells what is read. */
function fakeFile(count: number, perPart: number, limit?: () => number | null) {
  const content = Buffer.from(Array.from({ length: count * partBytes }, (_, at) => (at * 31) % 251))
  const parts = Array.from({ length: count }, (_, index) => {
    const bytes = content.subarray(index * partBytes, (index + 1) * partBytes)
    return { size: partBytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
  const size = partBytes / perPart
  const blocks = Array.from({ length: count * perPart }, (_, index) => ({ at: index * size, size }))
  const file: Partial<BackupFile> = {
    name: 'file',
    compression: 'none',
    encryption: null,
    size: content.length,
    contentBytes: content.length,
    parts,
  }
  const started: number[] = []
  const fake = {
    /** Parts that never arrive before the reader gives up. */
    held: new Set<number>(),
    damaged: new Set<number>(),
  }
  const store: Partial<ObjectStore> = {
    // Not into the caller's memory: the reader must not mind.
    async *read(_name, { offset, length = 0 }, options) {
      const part = offset / partBytes
      started.push(part)
      if (fake.held.has(part)) await aborted(options?.signal)
      const bytes = Buffer.from(content.subarray(offset, offset + length))
      if (fake.damaged.has(part)) bytes[7]! ^= 1
      const into = (options as { into?: Buffer } | undefined)?.into
      into?.set(bytes)
      yield into?.subarray(0, bytes.length) ?? bytes
    },
  }
  const reader = new ArchiveReader(store as ObjectStore, file as BackupFile, blocks, limit)
  const expected = (index: number) => content.subarray(index * size, (index + 1) * size)
  return { reader, fake, started, expected, all: blocks.map((_, index) => index) }
}

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  await new Promise(resolve => signal?.addEventListener('abort', resolve))
  throw signal?.reason
}

const bytesOf = (block: ReadBlock) => ('bytes' in block ? Buffer.from(block.bytes) : block.failure.code)

describe('ArchiveReader.read', () => {
  it.each([1, 2, 5])('gives all blocks in order when a part holds %i', async perPart => {
    const { reader, started, expected, all } = fakeFile(12, perPart)
    const seen: number[] = []
    for await (const block of reader.read(all, never)) {
      expect(bytesOf(block)).toEqual(expected(block.index))
      seen.push(block.index)
    }
    expect(seen).toEqual(all)
    expect(started).toEqual(Array.from({ length: 12 }, (_, part) => part))
  })

  it.each([1, 2, 5])(
    'has three parts at most that are not used up, with %i blocks in each',
    async perPart => {
      const { reader, started, all } = fakeFile(12, perPart)
      for await (const { index } of reader.read(all, never)) {
        // While it was asked for this one, the one before had not been used up.
        const unused = Math.floor(Math.max(0, index - 1) / perPart)
        expect(started.length).toBeLessThanOrEqual(unused + 3)
      }
      expect(started).toHaveLength(12)
    },
  )

  it('gives a block as soon as its own part is there', async () => {
    const { reader, fake, expected, all } = fakeFile(4, 1)
    fake.held.add(1)
    const blocks = reader.read(all, never)
    const { value } = await blocks.next()
    expect(bytesOf(value as ReadBlock)).toEqual(expected(0))
    await blocks.return(undefined)
  })

  it('fetches only the parts of wanted blocks', async () => {
    const { reader, started, all } = fakeFile(12, 2)
    const seen: number[] = []
    for await (const { index } of reader.read([all[3]!, all[4]!, all[20]!], never)) seen.push(index)
    expect(seen).toEqual([3, 4, 20])
    expect(started).toEqual([1, 2, 10])
  })

  it('names the blocks of a damaged part and gives all others', async () => {
    const { reader, fake, expected, all } = fakeFile(6, 2)
    fake.damaged.add(2)
    const answers: unknown[] = []
    for await (const block of reader.read(all, never)) answers.push(bytesOf(block))
    expect(answers).toEqual(all.map(index => (index === 4 || index === 5 ? 'data.damaged' : expected(index))))
  })

  it('leaves nothing under way when its caller stops in the middle', async () => {
    const { reader, fake, started, all } = fakeFile(12, 1)
    fake.held.add(2)
    for await (const { index } of reader.read(all, never)) if (index === 1) break
    expect(started).toEqual([0, 1, 2])
  })
})

describe('partsAtOnce', () => {
  it('is three without a limit, and under one that a line of many parts hardly feels', () => {
    expect(partsAtOnce(8_000_000, null)).toBe(3)
    expect(partsAtOnce(8_000_000, 100_000_000)).toBe(3)
  })

  it('is fewer under a limit that makes parts late, and never none', () => {
    expect(partsAtOnce(8_000_000, 4_000_000)).toBe(2)
    expect(partsAtOnce(8_000_000, 200_000)).toBe(1)
    expect(partsAtOnce(8_000_000, 1)).toBe(1)
  })
})

describe('ArchiveReader.read under a low limit', () => {
  it('begins a part only when the one before is there, follows the limit, and loses nothing', async () => {
    const limit = { now: 100 as number | null }
    const { reader, started, expected, all } = fakeFile(6, 1, () => limit.now)
    for await (const block of reader.read(all, never)) {
      expect(bytesOf(block)).toEqual(expected(block.index))
      if (block.index <= 2) expect(started.length).toBe(block.index + 1)
      if (block.index === 2) limit.now = null
      if (block.index === 3) expect(started.length).toBeGreaterThan(4)
    }
    expect(started).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('tells what has come in and is not used up', async () => {
    const { reader, all } = fakeFile(3, 1, () => 100)
    expect(reader.received).toBe(0)
    for await (const { index } of reader.read(all, never)) {
      expect(reader.received).toBe(partBytes)
      reader.usedUp(index)
      expect(reader.received).toBe(0)
    }
    expect(reader.received).toBe(0)
  })
})
