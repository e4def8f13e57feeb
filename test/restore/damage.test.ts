import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import type { StoredRun } from '../../electron/engine/run/stored-run.ts'
import { exitCodeOf } from '../../shared/failure.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, onlyManifest, openTestEngine, problemsOf } from '../support/engine.ts'
import { describeTree, noise } from '../support/tree.ts'
import { countReads } from './count-reads.ts'
import { restore, restoreAll } from './restoring.ts'

let test: TestEngine
let server: string
let source: string
let target: string
let point: string
let manifest: Manifest
let backupFile: string
let list: string

/** Five files of 8 MiB, so that parts and files nearly line up, and small ones at both ends. */
async function backUpTree(passphrase?: string): Promise<void> {
  const record = await backUp(
    test,
    filesBackup([source], ['s'], { encryptTo: passphrase === undefined ? null : 'passphrase' }),
    passphrase,
  )
  expect(record.failure).toBeNull()
  manifest = await onlyManifest(server)
  point = `docs@${manifest.stamp}`
  backupFile = join(server, manifest.files[0]!.name)
  list = join(server, manifest.files[0]!.entries.name)
  // What lies in the cache would hide that the server's copy is damaged.
  rmSync(join(test.home, 'cache'), { recursive: true, force: true })
}

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  source = join(test.root, 'source')
  target = join(test.root, 'target')
  mkdirSync(source)
  writeFileSync(join(source, 'a first'), 'small')
  for (let i = 0; i < 5; i++) writeFileSync(join(source, `file ${i}`), noise(8 * MiB, `file ${i}`))
  writeFileSync(join(source, 'z last'), 'small too')
})

function flip(file: string, at: number): void {
  const fd = openSync(file, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, at)
  byte[0]! ^= 1
  writeSync(fd, byte, 0, 1, at)
  closeSync(fd)
}

async function verify(deep: boolean): Promise<StoredRun> {
  const run = await test.engine.startVerify({ point, server: 's', deep, limit: null })
  return await run.done
}

const all = () =>
  describeTree(source, ['mtime']).map(line => JSON.parse(/^"(?:[^"\\]|\\.)*"/.exec(line)![0]) as string)

/** Restores into a fresh folder: what came back must be right, what is missing must be named in `ledger`. */
async function expectRestored(damaged: string[]) {
  const result = await restore(test.engine, restoreAll(point, 's', target))
  expect(result.record.state).toBe('succeeded')
  expect(result.ledger.filter(({ action }) => action === 'failed').map(line => line.path)).toEqual(
    damaged.map(name => `source/${name}`),
  )
  const there = readdirSync(join(target, 'source')).sort()
  expect(there).toEqual(all().filter(name => !damaged.includes(name)))
  for (const name of there)
    expect(readFileSync(join(target, 'source', name)).equals(readFileSync(join(source, name)))).toBe(true)
  expect(result.outcome.counts).toMatchObject({ failed: damaged.length, damaged: damaged.length })
  const problems = await problemsOf(result.record, test.home)
  expect(problems.map(({ code, subject }) => `${code} ${subject}`)).toEqual(
    damaged.map(name => `data.damaged source/${name}`),
  )
  return result
}

describe('a damaged restore point', () => {
  it('is found whole while it is', async () => {
    await backUpTree()
    const plain = await verify(false)
    expect(plain).toMatchObject({ state: 'succeeded', problems: 0 })
    expect((await test.engine.points.list({})).points[0]!.verified).toBeNull()
    const deep = await verify(true)
    const { size, entries } = manifest.files[0]!
    expect(deep).toMatchObject({ state: 'succeeded', outcome: { bytes: size + entries.size, damaged: [] } })
    expect((await test.engine.points.list({})).points[0]!.verified).not.toBeNull()
    await expectRestored([])
  })

  it('with one bit flipped in the middle loses the files in that part and no others', async () => {
    await backUpTree()
    await verify(true)
    const parts = manifest.files[0]!.parts
    const start = parts[0]!.size + parts[1]!.size
    flip(backupFile, start + 1000)
    expect(await verify(false)).toMatchObject({ state: 'succeeded' })
    const deep = await verify(true)
    expect(deep.failure).toMatchObject({ code: 'data.damaged', subject: point })
    expect(exitCodeOf(deep.failure!.code)).toBe(4)
    expect(await problemsOf(deep, test.home)).toEqual([
      {
        code: 'data.damaged',
        subject: manifest.files[0]!.name,
        detail: `bytes ${start} to ${start + parts[2]!.size} are not what the manifest promises`,
      },
    ])
    // What was verified once and is damaged now is not verified any more.
    expect((await test.engine.points.list({})).points[0]!.verified).toBeNull()
    await expectRestored(['file 1', 'file 2'])
  })

  it('whose file is cut off gives back what lies before the cut', async () => {
    await backUpTree()
    const { size, name, parts } = manifest.files[0]!
    truncateSync(backupFile, parts[0]!.size + parts[1]!.size + 100)
    expect((await test.engine.points.list({})).points).toEqual([])
    expect((await test.engine.points.list({ all: true })).points[0]).toMatchObject({ state: 'incomplete' })
    const plain = await verify(false)
    expect(plain.failure).toMatchObject({ code: 'data.damaged' })
    expect(plain.firstProblems).toMatchObject([
      { subject: name, detail: expect.stringContaining(`instead of ${size}`) as string },
    ])
    const deep = await verify(true)
    expect(exitCodeOf(deep.failure!.code)).toBe(4)
    expect(deep.problems).toBe(1 + parts.length - 2)
    await expectRestored(['file 1', 'file 2', 'file 3', 'file 4', 'z last'])
  })

  it('whose file is gone says so and restores nothing of it', async () => {
    await backUpTree()
    rmSync(backupFile)
    for (const deep of [false, true]) {
      const { failure, firstProblems } = await verify(deep)
      expect(failure).toMatchObject({ code: 'data.missing' })
      expect(firstProblems).toMatchObject([{ code: 'data.missing', subject: manifest.files[0]!.name }])
    }
    const { outcome } = await expectRestored(all())
    expect(outcome.counts.bytes).toBe(0)
  })

  it.each([
    ['gone', () => rmSync(list), 'data.missing'],
    ['damaged', () => flip(list, 20), 'data.damaged'],
  ] as const)('whose entry list is %s says so and writes nothing', async (_, damage, code) => {
    await backUpTree()
    damage()
    const deep = await verify(true)
    expect(deep.failure).toMatchObject({ code })
    expect(deep.firstProblems).toMatchObject([{ code, subject: manifest.files[0]!.entries.name }])
    const { record } = await restore(test.engine, restoreAll(point, 's', target))
    expect(record.failure).toMatchObject({ code, subject: manifest.files[0]!.entries.name })
    expect(exitCodeOf(record.failure!.code)).toBe(4)
    expect(readdirSync(test.root)).not.toContain('target')
  })

  it.each([
    ['gone', (file: string) => rmSync(file), 'data.missing'],
    ['cut off', (file: string) => truncateSync(file, 300), 'data.format'],
    [
      'from the future',
      (file: string) =>
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace('"drydockManifest": 1', '"drydockManifest": 2'),
        ),
      'data.version',
    ],
    [
      'of another point',
      (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"plan": "docs"', '"plan": "other"')),
      'data.format',
    ],
  ] as const)('whose manifest is %s cannot be opened, and says why', async (_, damage, code) => {
    await backUpTree()
    damage(join(server, `docs_${manifest.stamp}.manifest.json`))
    await expect(test.engine.points.open(point)).rejects.toMatchObject({ code })
    await expect(test.engine.points.open('docs@latest')).rejects.toMatchObject({ code })
    expect((await verify(false)).failure).toMatchObject({ code })
    expect(exitCodeOf(code)).toBe(4)
    expect((await test.engine.points.list({})).points).toEqual([])
    expect((await test.engine.points.list({ all: true })).points[0]).toMatchObject({ state: 'incomplete' })
  })

  it('is not reported when only the first answer was wrong', async () => {
    await backUpTree()
    const wrong = new Set<number>()
    countReads(test.engine, (name, piece, offset) => {
      if (!name.endsWith('.tar.zst') || wrong.has(offset) || wrong.size > 3) return
      wrong.add(offset)
      piece[0]! ^= 1
    })
    const deep = await verify(true)
    expect(deep.firstProblems).toEqual([])
    expect(wrong.size).toBe(4)
    wrong.clear()
    await expectRestored([])
    expect(wrong.size).toBe(4)
  })
})

describe('an encrypted restore point', () => {
  it('opens with its passphrase and with no other, and is verified without any', async () => {
    await backUpTree('correct horse')
    expect(await verify(true)).toMatchObject({ state: 'succeeded' })
    const options = restoreAll(point, 's', target)
    const wrong = await restore(test.engine, options, { passphrase: 'battery staple' })
    expect(wrong.record.failure).toMatchObject({ code: 'auth.passphrase' })
    expect(exitCodeOf('auth.passphrase')).toBe(1)
    const none = await restore(test.engine, options)
    expect(none.record.failure).toMatchObject({ code: 'auth.secret-missing' })
    expect(readdirSync(test.root)).not.toContain('target')
    // The wrong one is not kept: a resume without any asks for one.
    const without = await (await test.engine.resume(wrong.record.id)).done
    expect(without.failure).toMatchObject({ code: 'auth.secret-missing' })
    const again = await (await test.engine.resume(wrong.record.id, { passphrase: 'correct horse' })).done
    expect(again).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(describeTree(join(target, 'source'), ['mtime'])).toEqual(describeTree(source, ['mtime']))
    expect(await test.vault.get(`run:${wrong.record.id}`)).toBeNull()
  })

  it('with one bit flipped loses the files in that part and no others', async () => {
    await backUpTree('correct horse')
    const parts = manifest.files[0]!.parts
    flip(backupFile, parts[0]!.size + parts[1]!.size + 500_000)
    const { record, ledger } = await restore(test.engine, restoreAll(point, 's', target), {
      passphrase: 'correct horse',
    })
    expect(record.state).toBe('succeeded')
    const failed = ledger.filter(({ action }) => action === 'failed').map(line => line.path)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThanOrEqual(3)
    for (const name of all().filter(path => !failed.includes(`source/${path}`)))
      expect(readFileSync(join(target, 'source', name)).equals(readFileSync(join(source, name)))).toBe(true)
  })
})
