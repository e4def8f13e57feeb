import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openPoint } from '../../electron/engine/points/open-point.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'
import { describeTree, isRoot, noise } from '../support/tree.ts'
import { countReads } from './count-reads.ts'
import { entry, forge, other, pieces } from './forge.ts'
import { actions, preview, restore, restoreAll } from './restoring.ts'

let test: TestEngine
let server: string
let target: string

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  target = join(test.root, 'target')
})

const tree = pieces({
  'a/one.txt': '1',
  'a/b/two.txt': '22',
  'a/b/three.md': '333',
  'c/four.txt': '4444',
  first: 'linked',
})
const forgery = {
  content: tree.content,
  entries: [
    other('a', 'folder', { mode: 0o751 }),
    tree.entries[0]!,
    other('a/b', 'folder', { mode: 0o711 }),
    tree.entries[1]!,
    tree.entries[2]!,
    other('c', 'folder'),
    tree.entries[3]!,
    tree.entries[4]!,
    other('a/second', 'hardlink', { link: 'first' }),
    other('a/third', 'hardlink', { link: 'first' }),
  ],
}

describe('restoring some entries', () => {
  it('restores what a GLOB matches, in folders as they were, and lists nothing else', async () => {
    const point = forge(server, forgery)
    const options = restoreAll(point, 's', target, { only: ['a/**/*.txt'] })
    const shown = await preview(test.engine, options)
    const { ledger, record } = await restore(test.engine, options)
    expect(record.problems).toBe(0)
    expect(actions(ledger)).toEqual(['a/b/two.txt create', 'a/one.txt create'])
    expect(actions(shown)).toEqual(actions(ledger))
    expect(readFileSync(join(target, 'a/b/two.txt'), 'utf8')).toBe('22')
    expect(existsSync(join(target, 'c')) || existsSync(join(target, 'first'))).toBe(false)
    expect(statSync(join(target, 'a')).mode & 0o777).toBe(0o751)
    expect(statSync(join(target, 'a/b')).mode & 0o777).toBe(0o711)
    expect(Math.abs(statSync(join(target, 'a')).mtimeMs - 1700000000123)).toBeLessThan(1)
  })

  it('leaves the attributes of folders that are there and were not chosen', async () => {
    mkdirSync(join(target, 'a'), { recursive: true, mode: 0o700 })
    const point = forge(server, forgery)
    await restore(test.engine, restoreAll(point, 's', target, { only: ['a/one.txt'], overwrite: 'always' }))
    expect(statSync(join(target, 'a')).mode & 0o777).toBe(0o700)
  })

  it('gives hard links whose first name is not chosen their content once, and links the rest', async () => {
    const point = forge(server, forgery)
    const { ledger } = await restore(
      test.engine,
      restoreAll(point, 's', target, { only: ['a/second', 'a/third'] }),
    )
    expect(actions(ledger)).toEqual(['a/second create', 'a/third create'])
    expect(readFileSync(join(target, 'a/third'), 'utf8')).toBe('linked')
    expect(statSync(join(target, 'a/third')).ino).toBe(statSync(join(target, 'a/second')).ino)
  })

  it('fetches only the blocks that a single file lies in', async () => {
    const source = join(test.root, 'source')
    mkdirSync(source)
    for (let i = 0; i < 6; i++) writeFileSync(join(source, `f${i}`), noise(10 * MiB, `f${i}`))
    writeFileSync(join(source, 'f2x'), 'a small one in the middle')
    const record = await backUp(test, filesBackup([source], ['s']))
    expect(record.state).toBe('succeeded')
    const { point, manifest } = await openPoint(test.engine.servers, { plan: 'docs', stamp: 'latest' }, {})
    const stored = manifest.files[0]!.size
    expect(stored).toBeGreaterThan(60 * MiB)
    const counted = countReads(test.engine)
    const { outcome } = await restore(test.engine, restoreAll(point, 's', target, { only: ['source/f2x'] }))
    expect(outcome.counts).toMatchObject({ created: 1, files: 1, bytes: 25 })
    const largest = Math.max(...manifest.files[0]!.parts.map(({ size }) => size))
    expect(counted.bytesOf('.tar.zst')).toBeGreaterThan(0)
    expect(counted.bytesOf('.tar.zst')).toBeLessThanOrEqual(2 * largest)

    const all = countReads(test.engine)
    await restore(test.engine, restoreAll(point, 's', join(test.root, 'all')))
    expect(all.bytesOf('.tar.zst')).toBe(stored)
  })
})

describe('where a restore lands', () => {
  it('puts full paths under a target that is made, with modes that others can look into', async () => {
    const point = forge(server, { ...forgery, head: { base: '/srv/shop/data' } })
    const into = join(target, 'not', 'there', 'yet')
    const { outcome } = await restore(test.engine, restoreAll(point, 's', into, { fullPaths: true }))
    expect(outcome).toMatchObject({ target: into, counts: { created: 10, failed: 0 } })
    expect(readFileSync(join(into, 'srv/shop/data/a/one.txt'), 'utf8')).toBe('1')
    expect(statSync(join(into, 'srv/shop/data/a/third')).nlink).toBe(3)
    for (const made of ['', 'srv', 'srv/shop', 'srv/shop/data'])
      expect(statSync(join(into, made)).mode & 0o777).toBe(0o755)
  })

  it('restores in place', async () => {
    const source = join(test.root, 'source')
    mkdirSync(join(source, 'sub'), { recursive: true })
    writeFileSync(join(source, 'sub/file'), 'precious')
    await backUp(test, filesBackup([source], ['s']))
    const before = describeTree(source)
    execFileSync('rm', ['-r', source])
    const { point } = await test.engine.points.open('docs@latest')
    const { outcome } = await restore(test.engine, restoreAll(point, 's', null))
    expect(outcome.target).toBe(test.root)
    // Times come back to 1 µs, not to 1 ns.
    const shortened = (lines: string[]) => lines.map(line => line.replace(/ (\d{15})\d{4}\b/g, ' $1'))
    expect(shortened(describeTree(source))).toEqual(shortened(before))
  })

  it('follows a target that is itself a link to a folder', async () => {
    mkdirSync(join(test.root, 'elsewhere'))
    symlinkSync('elsewhere', target)
    const point = forge(server, forgery)
    const { outcome } = await restore(test.engine, restoreAll(point, 's', target))
    expect(outcome.counts).toMatchObject({ created: 10, refused: 0 })
    expect(readdirSync(join(test.root, 'elsewhere')).sort()).toEqual(['a', 'c', 'first'])
  })

  it('takes no relative target', async () => {
    const point = forge(server, forgery)
    await expect(test.engine.startRestore(restoreAll(point, 's', 'relative/folder'))).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })

  it.runIf(isRoot)(
    'sets owners by name, and by number when asked or when the name is unknown here',
    async () => {
      const owned = { ...tree.entries[4], uid: 4242, gid: 4343 }
      const point = forge(server, {
        content: tree.content,
        entries: [
          { ...owned, path: 'by name', user: 'daemon', group: 'daemon' },
          { ...owned, path: 'by number', user: 'nobody-of-this-name', group: '' },
          entry('empty', { user: 'daemon', uid: 4242 }),
        ],
      })
      const owner = (folder: string, name: string) => {
        const { uid, gid } = statSync(join(folder, name))
        return [uid, gid]
      }
      await restore(test.engine, restoreAll(point, 's', target))
      expect(owner(target, 'by name')).toEqual([1, 1])
      expect(owner(target, 'by number')).toEqual([4242, 4343])
      const numeric = join(test.root, 'numeric')
      await restore(test.engine, restoreAll(point, 's', numeric, { numericIds: true }))
      expect(owner(numeric, 'by name')).toEqual([4242, 4343])
    },
  )
})
