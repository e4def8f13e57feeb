import { decodeEntry } from '../../electron/engine/archive/entry-line.ts'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blockBytes } from '../../electron/engine/archive/compress.ts'
import { rawFromText } from '../../electron/engine/archive/raw-path.ts'
import { trailerBytes } from '../../electron/engine/archive/tar/header.ts'
import type { Cursor } from '../../electron/engine/source/files/block-filler.ts'
import type { TarSourceOptions } from '../../electron/engine/source/files/tar-source.ts'
import { tarBlocks } from '../../electron/engine/source/files/tar-source.ts'
import { shell } from '../support/engine.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { makeManyFiles, writeSparse } from '../support/tree.ts'

type Block = { bytes: Buffer; cursor: Cursor; entries: Uint8Array; problems: string[] }

/** Reads a tree as the worker does, from the beginning or from a cursor. */
function read(folder: string, resume?: { block: number; cursor: Cursor; since: number }): Block[] {
  const options: TarSourceOptions = {
    base: rawFromText(folder),
    roots: [''],
    isExcluded: () => false,
    owners: { user: () => 'user', group: () => 'group' },
    xattrsOf: () => undefined,
    ...(resume
      ? { resume: { ...resume, entry: 'entry' in resume.cursor ? decodeEntry(resume.cursor.entry) : null } }
      : {}),
  }
  const blocks: Block[] = []
  const source = tarBlocks(options, Buffer.alloc(blockBytes, 0xee))
  for (let step = source.next(); !step.done; step = source.next(Buffer.alloc(blockBytes, 0xee))) {
    const { bytes, cursor, entries, problems } = step.value
    blocks.push({
      bytes,
      cursor: JSON.parse(JSON.stringify(cursor)) as Cursor,
      entries,
      problems: problems.map(p => `${p.code} ${p.subject}`),
    })
  }
  return blocks
}

const joined = (blocks: readonly Block[]) => Buffer.concat(blocks.map(block => block.bytes))
const lines = (blocks: readonly Block[]) => Buffer.concat(blocks.map(block => block.entries)).toString()
const later = Date.now() + 1e9

/** Where a first file must end so that `offset` bytes of what follows it lie before the first boundary. */
const fillerFor = (offset: number) => blockBytes - 512 - offset

describe('taking up a tar stream in the middle', () => {
  const longName = `b-${'long'.repeat(50)}`

  /** A filler that puts the boundary `offset` bytes behind the start of what comes next. */
  async function treeWithBoundary(offset: number, make: (folder: string) => void) {
    const folder = await tempFolder()
    writeSparse(join(folder, 'a-filler'), fillerFor(offset), [])
    utimesSync(join(folder, 'a-filler'), 1, 1)
    make(folder)
    return folder
  }

  const file = (name: string, size: number) => (folder: string) => {
    writeFileSync(join(folder, name), Buffer.alloc(size, 'c'))
    utimesSync(join(folder, name), 2, 2)
    writeFileSync(join(folder, 'z-last'), 'the last one')
    utimesSync(join(folder, 'z-last'), 3, 3)
  }

  it.each([
    ['before the header of a file', 0, file('b', 700)],
    ['behind the header of a file', 512, file('b', 700)],
    ['inside the content', 1024, file('b', 700)],
    ['behind the padding of a file', 512 + 1024, file('b', 700)],
    ['behind a content without padding', 512 + 1024, file('b', 1024)],
    ['behind an empty file', 512, file('b', 0)],
    ['between an extended header and its records', 512, file(longName, 700)],
    ['between the records and the header', 1024, file(longName, 700)],
    ['behind a header of three blocks', 1536, file(longName, 700)],
    ['inside the content behind a long header', 2048, file(longName, 1500)],
    ['behind the padding, behind a long header', 1536 + 1536, file(longName, 1500)],
    ['behind the last entry', 512 + 512, (folder: string) => file('b', 1)(folder) as undefined],
    [
      'behind a folder',
      512,
      (folder: string) => {
        mkdirSync(join(folder, 'b'))
        utimesSync(join(folder, 'b'), 2, 2)
        file('c', 9)(folder)
      },
    ],
    [
      'inside a long link',
      1024,
      (folder: string) => {
        symlinkSync('t'.repeat(150), join(folder, 'b'))
        file('c', 9)(folder)
      },
    ],
    [
      'behind a long link',
      1536,
      (folder: string) => {
        symlinkSync('t'.repeat(150), join(folder, 'b'))
        file('c', 9)(folder)
      },
    ],
  ])('goes on with the same bytes and entries %s', async (_, offset, make) => {
    const folder = await treeWithBoundary(offset, make)
    const whole = read(folder)
    expect(whole.length).toBeGreaterThan(1)
    const first = whole[0]!
    const rest = read(folder, { block: 1, cursor: first.cursor, since: later })
    expect(joined([first, ...rest]).equals(joined(whole))).toBe(true)
    expect(lines([first, ...rest])).toBe(lines(whole))
    expect(rest.flatMap(block => block.problems)).toEqual([])
  })

  it.each([0, 512, trailerBytes])('goes on %i bytes into the two blocks that end the archive', async into => {
    const folder = await tempFolder()
    writeSparse(join(folder, 'only'), blockBytes - 512 - into, [])
    utimesSync(join(folder, 'only'), 1, 1)
    const whole = read(folder)
    const [first] = whole
    const rest = read(folder, { block: 1, cursor: first!.cursor, since: later })
    expect(joined([first!, ...rest]).equals(joined(whole))).toBe(true)
    expect(joined(whole).length).toBe(blockBytes - into + trailerBytes)
    await shell('tar t', { input: joined([first!, ...rest]) })
  })

  it('goes on at every boundary of a tree of small files', async () => {
    const folder = await tempFolder()
    makeManyFiles(folder, 4000, i => (i * 7919) % 12_000)
    linkSync(join(folder, '0000/file-000003.txt'), join(folder, '0039/zz-link'))
    const whole = read(folder)
    expect(whole.length).toBeGreaterThan(3)
    for (const [index, block] of whole.slice(0, -1).entries()) {
      const rest = read(folder, { block: index + 1, cursor: block.cursor, since: later })
      expect(joined(rest).equals(joined(whole.slice(index + 1)))).toBe(true)
      expect(lines(rest)).toBe(lines(whole.slice(index + 1)))
    }
  })
})

describe('taking up a tar stream after the source has changed', () => {
  /** Reads the first block of a tree, changes the tree, reads on, and extracts what came of it. */
  async function interrupted(
    offset: number,
    make: (folder: string) => void,
    change: (folder: string) => void,
    since = later,
  ) {
    const root = await tempFolder()
    const folder = join(root, 'tree')
    mkdirSync(folder)
    writeSparse(join(folder, 'a-filler'), fillerFor(offset), [])
    make(folder)
    // Whole seconds, so that no header needs an extension.
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), 1, 1)
    const [first] = read(folder)
    change(folder)
    const rest = read(folder, { block: 1, cursor: first!.cursor, since })
    const out = join(root, 'out')
    mkdirSync(out)
    await shell('tar x -C "$1"', { input: joined([first!, ...rest]), args: [out] })
    const diff = await shell('diff -r --no-dereference "$1" "$2" || true', { args: [folder, out] })
    return { diff, problems: rest.flatMap(block => block.problems), entries: lines([first!, ...rest]) }
  }
  const write =
    (name: string, text: string, size = 3000) =>
    (folder: string) =>
      writeFileSync(join(folder, name), text.repeat(size))
  const make = (folder: string) => {
    write('b', 'old')(folder)
    write('c', 'last')(folder)
  }

  it.each([
    ['the file at the boundary was rewritten', 1024, write('b', 'new')],
    ['the file at the boundary became longer', 1024, write('b', 'new', 9000)],
    ['the file at the boundary became shorter', 2048, write('b', 'n', 100)],
    ['nothing but its header was stored', 512, write('b', 'new')],
  ])('stores the new content again when %s', async (_, offset, change) => {
    const { diff, problems } = await interrupted(offset, make, change)
    expect(diff).toBe('')
    expect(problems).toEqual(['source.changed b'])
  })

  it('stores the new content again when the header itself was cut in two', async () => {
    const name = 'b'.repeat(150)
    const { diff, problems } = await interrupted(
      512,
      folder => (write(name, 'old')(folder), write('c', 'last')(folder)),
      write(name, 'newer', 7000),
    )
    expect(diff).toBe('')
    expect(problems).toEqual([`source.changed ${name}`])
  })

  it('keeps the archive whole when the file at the boundary is gone', async () => {
    const { diff, problems } = await interrupted(1024, make, folder => unlinkSync(join(folder, 'b')))
    expect(problems).toEqual(['source.vanished b'])
    expect(diff).toMatch(/^Only in .*out: b\n$/)
  })

  it('stores what the file at the boundary has become', async () => {
    const { diff, problems } = await interrupted(1024, make, folder => {
      rmSync(join(folder, 'b'))
      mkdirSync(join(folder, 'b'))
      write('b/inside', 'x')(folder)
    })
    expect(problems).toEqual(['source.changed b'])
    expect(diff).toBe('')
  })

  it('stores what was added, replaced and renamed behind the boundary', async () => {
    const { diff, problems } = await interrupted(1024, make, folder => {
      write('b2', 'added')(folder)
      renameSync(join(folder, 'c'), join(folder, 'd'))
    })
    expect(problems).toEqual([])
    expect(diff).toBe('')
  })

  it('stores a file whole when its other name appeared before the boundary after the interruption', async () => {
    const began = Date.now() - 60_000
    const { diff, entries } = await interrupted(
      1024,
      make,
      folder => linkSync(join(folder, 'c'), join(folder, 'a-added')),
      began,
    )
    expect(entries).toContain('"path":"c","kind":"file"')
    expect(diff).toMatch(/^Only in .*tree: a-added\n$/)
  })

  it('reads a file on that only changed its mode', async () => {
    const { diff, problems } = await interrupted(1024, make, folder => chmodSync(join(folder, 'b'), 0o600))
    expect(problems).toEqual([])
    expect(diff).toBe('')
  })
})
