import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { RestoreOptions } from '../../electron/engine/restore/options.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, onlyManifest, openTestEngine } from '../support/engine.ts'
import { describeTree, isRoot, makeManyFiles, noise } from '../support/tree.ts'
import { countReads } from './count-reads.ts'
import { restore, restoreAll, resultOf } from './restoring.ts'

let test: TestEngine
let server: string
let source: string
let target: string
let stored: number
let largestPart: number

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  source = join(test.root, 'source')
  target = join(test.root, 'target')
  mkdirSync(source)
})

async function backUpSource(): Promise<string> {
  const record = await backUp(test, filesBackup([source], ['s']))
  expect(record.failure).toBeNull()
  const manifest = await onlyManifest(server)
  stored = manifest.files[0]!.size
  largestPart = Math.max(...manifest.files[0]!.parts.map(({ size }) => size))
  return `docs@${manifest.stamp}`
}

type At = { t: string; ordinal: number; done: number; counts: { bytes: number } }

const journalOf = (id: string): At[] => {
  const file = join(test.home, 'runs', id, 'journal.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line) as At).filter(({ t }) => t === 'at')
}

/** Starts a restore in a process of its own, which reads `hold` bytes at most, and kills it once `gate` opens. */
async function killMidway(
  options: RestoreOptions,
  hold: number,
  gate: (at: At | undefined) => boolean,
): Promise<string> {
  const script = join(import.meta.dirname, 'fixtures/restore-child.ts')
  const child = spawn(
    process.execPath,
    [script, 'restore', test.home, JSON.stringify(options), String(hold)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const said: string[] = []
  let id = ''
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (line.startsWith('run ')) id = line.slice(4)
    if (line === 'held') break
  }
  expect(said).toContain('held')
  // What it has read reaches the disk without anything that would tell: its journal does.
  while (!gate(journalOf(id).at(-1))) await new Promise(resolve => setTimeout(resolve, 5))
  child.kill('SIGKILL')
  await once(child, 'exit')
  return id
}

const resume = async (id: string) => await resultOf(await (await test.engine.resume(id)).done)

function expectEqual(): void {
  expect(describeTree(join(target, 'source'), ['mtime'])).toEqual(describeTree(source, ['mtime']))
  expect(execFileSync('find', [target, '-name', '.drydock*'], { encoding: 'utf8' })).toBe('')
}

function expectOneLineEach(ledger: { path?: string }[]): void {
  const paths = ledger.map(({ path }) => path)
  expect(new Set(paths).size).toBe(paths.length)
  expect(paths.length).toBe(describeTree(source).length + 1)
}

const partials = () => readdirSync(join(target, 'source')).filter(name => name.startsWith('.drydock'))

describe('a restore that was killed', () => {
  async function killInBigFile(): Promise<{ id: string; done: number }> {
    writeFileSync(join(source, 'a small'), 'small')
    writeFileSync(join(source, 'big'), noise(64 * MiB, 'big'))
    writeFileSync(join(source, 'c small'), 'small too')
    linkSync(join(source, 'a small'), join(source, 'd other name'))
    const point = await backUpSource()
    const id = await killMidway(restoreAll(point, 's', target), 58 * MiB, at => (at?.done ?? 0) >= 8 * MiB)
    expect((await test.engine.runs.get(id)).state).toBe('interrupted')
    expect(readdirSync(join(target, 'source')).sort()).toEqual([partials()[0], 'a small'])
    return { id, done: journalOf(id).at(-1)!.done }
  }

  it('in the middle of one big file goes on inside it', async () => {
    const { id, done } = await killInBigFile()
    const counted = countReads(test.engine)
    const { record, outcome, ledger } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expectEqual()
    expectOneLineEach(ledger)
    expect(counted.bytesOf('.tar.zst')).toBeLessThanOrEqual(stored - done + largestPart)
    expect(outcome.counts).toMatchObject({ created: 5, files: 4, failed: 0, bytes: 64 * MiB + 14 })
  })

  it.each([
    ['vanished', (file: string) => unlinkSync(file)],
    ['is shorter', (file: string) => truncateSync(file, MiB)],
    ['is longer', (file: string) => appendFileSync(file, Buffer.alloc(60 * MiB, 'x'))],
    ['is a link to elsewhere', (file: string) => (unlinkSync(file), symlinkSync('../../canary', file))],
    [
      'is another name of a file elsewhere',
      (file: string) => (unlinkSync(file), linkSync(join(test.root, 'canary'), file)),
    ],
    ['was written to by somebody', (file: string) => writeFileSync(file, Buffer.alloc(20), { flag: 'r+' })],
  ] as const)('gets the file right when its unfinished one %s', async (_, change) => {
    writeFileSync(join(test.root, 'canary'), noise(24 * MiB, 'canary'))
    const canary = statSync(join(test.root, 'canary'))
    const { id } = await killInBigFile()
    change(join(target, 'source', partials()[0]!))
    const { record, outcome, ledger } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expectEqual()
    expectOneLineEach(ledger)
    expect(outcome.counts).toMatchObject({ created: 5, files: 4, failed: 0, bytes: 64 * MiB + 14 })
    expect(statSync(join(test.root, 'canary')).mtimeMs).toBe(canary.mtimeMs)
  })

  async function killInManyFiles(options: Partial<RestoreOptions> = {}): Promise<string> {
    makeManyFiles(source, 3000, () => 12_000)
    for (let i = 0; i < 50; i++)
      linkSync(join(source, `0001/file-000${100 + i}.txt`), join(source, `link ${i}`))
    symlinkSync('0001', join(source, 'symlink'))
    const point = await backUpSource()
    expect(stored).toBeGreaterThan(32 * MiB)
    return await killMidway(
      restoreAll(point, 's', target, options),
      26 * MiB,
      at => (at?.ordinal ?? 0) >= 400,
    )
  }

  it('among many small files restores each once', async () => {
    const id = await killInManyFiles()
    const { bytes } = journalOf(id).at(-1)!.counts
    const counted = countReads(test.engine)
    const { record, outcome, ledger } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expectEqual()
    expectOneLineEach(ledger)
    expect(outcome.counts).toMatchObject({ files: 3050, failed: 0, bytes: 3000 * 12_000 })
    expect(counted.bytesOf('.tar.zst')).toBeLessThanOrEqual(stored - bytes + largestPart)
  })

  it('goes on among files of which some were equal before', async () => {
    const point = await (async () => {
      makeManyFiles(source, 3000, () => 12_000)
      return await backUpSource()
    })()
    mkdirSync(join(target, 'source'), { recursive: true })
    for (const folder of ['0000', '0003', '0007', '0012'])
      execFileSync('cp', ['-a', join(source, folder), join(target, 'source')])
    execFileSync('bash', ['-c', 'rm */*5.txt; echo changed > 0003/file-000301.txt'], {
      cwd: join(target, 'source'),
    })
    const options = restoreAll(point, 's', target, { overwrite: 'different' })
    const id = await killMidway(options, 34 * MiB, at => (at?.ordinal ?? 0) >= 400)
    const { record, ledger } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expectEqual()
    expectOneLineEach(ledger)
  })

  it('restores again what has gone from the target since, and leaves what somebody changed', async () => {
    const id = await killInManyFiles()
    rmSync(join(target, 'source/0000'), { recursive: true })
    writeFileSync(join(target, 'source/0001/file-000105.txt'), 'somebody’s work of this morning')
    // As a machine that went down leaves a file whose content had not reached the disk.
    const cut = join(target, 'source/0002/file-000205.txt')
    execFileSync('bash', ['-c', 'touch -r "$1" stamp; truncate -s 0 "$1"; touch -r stamp "$1"', '-', cut], {
      cwd: test.root,
    })
    const { record, ledger } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', failure: null })
    expect(
      record.firstProblems.map(({ subject }) => subject).filter(subject => !subject.includes('link')),
    ).toEqual(['source/0001/file-000105.txt'])
    expect(readFileSync(join(target, 'source/0001/file-000105.txt'), 'utf8')).toContain('somebody')
    expect(readFileSync(cut).length).toBe(12_000)
    expect(describeTree(join(target, 'source/0000'), ['mtime'])).toEqual(
      describeTree(join(source, '0000'), ['mtime']),
    )
    expectOneLineEach(ledger)
  })

  it('counts a problem once, however often a resume comes upon it', async () => {
    const id = await killInManyFiles()
    writeFileSync(join(target, 'source/0001/file-000155.txt'), 'somebody’s work of this morning')
    const asked = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    countReads(test.engine, async name => {
      if (!name.endsWith('.tar.zst')) return
      asked.resolve()
      await stopped.promise
    })
    const run = await test.engine.resume(id)
    await asked.promise
    run.stop('operator')
    stopped.resolve()
    expect(await run.done).toMatchObject({ state: 'cancelled', problems: 1 })
    countReads(test.engine)
    const { record } = await resume(id)
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(record.firstProblems).toMatchObject([
      { code: 'target.failed', subject: 'source/0001/file-000155.txt' },
    ])
  })

  it('does not leave the target through a link that took the place of a folder meanwhile', async () => {
    const id = await killInManyFiles()
    const outside = join(test.root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'file-000001.txt'), 'canary')
    rmSync(join(target, 'source/0000'), { recursive: true })
    rmSync(join(target, 'source/0029'), { recursive: true, force: true })
    symlinkSync(outside, join(target, 'source/0000'))
    symlinkSync(outside, join(target, 'source/0029'))
    const before = describeTree(outside)
    const { record } = await resume(id)
    expect(record.state).toBe('succeeded')
    expect(record.problems).toBeGreaterThan(0)
    expect(describeTree(outside)).toEqual(before)
  })
})

describe('a restore that was cancelled', () => {
  it('keeps what is finished, and goes on inside what is not', async () => {
    writeFileSync(join(source, 'a'), 'finished')
    writeFileSync(join(source, 'b'), noise(64 * MiB, 'b'))
    const point = await backUpSource()
    let stop = () => {}
    const reached = Promise.withResolvers<void>()
    let read = 0
    countReads(test.engine, async (name, piece) => {
      if (!name.endsWith('.tar.zst')) return
      read += piece.length
      if (read < 48 * MiB) return
      await reached.promise
      stop()
    })
    const run = await test.engine.startRestore(restoreAll(point, 's', target))
    stop = () => run.stop('operator')
    while ((journalOf(run.id).at(-1)?.done ?? 0) < 8 * MiB)
      await new Promise(resolve => setTimeout(resolve, 5))
    reached.resolve()
    const record = await run.done
    expect(record).toMatchObject({ state: 'cancelled', failure: { code: 'cancelled' } })
    expect(readFileSync(join(target, 'source/a'), 'utf8')).toBe('finished')
    expect(partials()).toHaveLength(1)
    expect(existsSync(join(target, 'source/b'))).toBe(false)
    const { done } = journalOf(run.id).at(-1)!
    const counted = countReads(test.engine)
    const result = await resume(run.id)
    expect(result.record).toMatchObject({ state: 'succeeded', problems: 0 })
    expectEqual()
    expectOneLineEach(result.ledger)
    expect(counted.bytesOf('.tar.zst')).toBeLessThanOrEqual(stored - done + largestPart)
  })
})

const canMount = (() => {
  if (!isRoot || process.platform !== 'linux') return false
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.runIf(canMount)('a full disk at the target', () => {
  beforeEach(() => {
    mkdirSync(target)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'none', target])
    const mounted = target
    onTestFinished(() => void execFileSync('umount', [mounted]))
  })

  it('is known before anything is written when the content cannot fit', async () => {
    writeFileSync(join(source, 'big'), noise(48 * MiB, 'big'))
    const point = await backUpSource()
    const { record } = await restore(test.engine, restoreAll(point, 's', join(target, 'sub')))
    expect(record.failure).toMatchObject({
      code: 'local.full',
      detail: expect.stringContaining('48') as string,
    })
    expect(readdirSync(target)).toEqual([])
  })

  it('that fills in the middle stops the run, which goes on when there is room', async () => {
    for (let i = 0; i < 4; i++) writeFileSync(join(source, `file ${i}`), noise(8 * MiB, `${i}`))
    const point = await backUpSource()
    let filled = false
    countReads(test.engine, name => {
      if (filled || !name.endsWith('.tar.zst')) return
      filled = true
      writeFileSync(join(target, 'ballast'), Buffer.alloc(20 * MiB))
    })
    const { record } = await restore(test.engine, restoreAll(point, 's', target))
    expect(record.failure).toMatchObject({ code: 'local.full' })
    const finished = readdirSync(join(target, 'source')).filter(name => !name.startsWith('.'))
    for (const name of finished)
      expect(readFileSync(join(target, 'source', name)).equals(readFileSync(join(source, name)))).toBe(true)
    expect(finished.length).toBeLessThan(4)
    rmSync(join(target, 'ballast'))
    const result = await resume(record.id)
    expect(result.record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expectEqual()
    expectOneLineEach(result.ledger)
  })
})
