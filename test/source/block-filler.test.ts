import { describe, expect, it } from 'vitest'
import { blockBytes } from '../../electron/engine/archive/compress.ts'
import type { Entry } from '../../electron/engine/archive/entry.ts'
import { encodeEntry } from '../../electron/engine/archive/entry.ts'
import { rawFromText } from '../../electron/engine/archive/raw-path.ts'
import { BlockFiller } from '../../electron/engine/source/files/block-filler.ts'

const named = (path: string): Entry => ({
  path: rawFromText(path),
  kind: 'file',
  size: 0,
  mtime: '0',
  mode: 0,
  uid: 0,
  gid: 0,
  user: '',
  group: '',
  sha256: null,
  data: 0,
})
const linesOf = (entries: readonly Entry[]) => entries.map(entry => `${encodeEntry(entry)}\n`).join('')
const textOf = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

describe('a block under way', () => {
  it('carries the lines of its own entries, however many and however long', () => {
    const fill = new BlockFiller(Buffer.alloc(blockBytes), 0)
    const many = Array.from({ length: 3000 }, (_, i) => named(`${i}/${'日'.repeat(i % 400)}`))
    for (const entry of many) fill.complete(entry)
    const first = fill.flush({ trailer: 0 }).next().value!
    const next = named('next')
    fill.complete(next)
    const blocks = fill.flush({ trailer: 0 })
    const second = blocks.next(Buffer.alloc(0)).value!
    expect(textOf(first.entries)).toBe(linesOf(many))
    expect(first.counts.entries).toBe(3000)
    expect(textOf(second.entries)).toBe(linesOf([next]))
  })

  it.each([
    ['bytes', (fill: BlockFiller) => fill.tryPut(Buffer.alloc(16))],
    ['zeros', (fill: BlockFiller) => fill.tryZeros(16)],
    ['content', (fill: BlockFiller) => fill.tryAdvance(16)],
  ])('takes no %s the short way that would fill it up', (_, take) => {
    const fill = new BlockFiller(Buffer.alloc(blockBytes), 0)
    expect(fill.tryAdvance(blockBytes - 17)).toBe(true)
    expect(take(fill)).toBe(true)
    expect(fill.at).toBe(blockBytes - 1)
    expect(take(fill)).toBe(false)
    expect(fill.at).toBe(blockBytes - 1)
  })
})
