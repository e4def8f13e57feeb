import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BackupOptions } from '../../electron/engine/backup/options.ts'
import type { RestoreOptions } from '../../electron/engine/restore/options.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, commandBackup, filesBackup, openTestEngine } from '../support/engine.ts'
import {
  describeTree,
  isRoot,
  makeManyFiles,
  makeOddKinds,
  makeOddNames,
  writeSparse,
} from '../support/tree.ts'
import type { Restored } from './restoring.ts'
import { restore, restoreAll } from './restoring.ts'

let test: TestEngine
let source: string
let target: string

beforeEach(async () => {
  test = await openTestEngine()
  await test.addServer('s')
  source = join(test.root, 'source')
  target = join(test.root, 'target')
  mkdirSync(source)
})

async function roundTrip(
  rest: Partial<RestoreOptions> = {},
  backup: Partial<BackupOptions> = {},
  passphrase?: string,
): Promise<Restored> {
  const record = await backUp(test, filesBackup([source], ['s'], backup), passphrase)
  expect(record.failure).toBeNull()
  const { point } = await test.engine.points.open('docs@latest')
  return await restore(
    test.engine,
    restoreAll(point, 's', target, rest),
    passphrase === undefined ? undefined : { passphrase },
  )
}

/** Times of all things below, by their path in latin1, in ns. */
function times(folder: string): Map<string, bigint> {
  const found = new Map<string, bigint>()
  const visit = (path: Buffer) => {
    for (const name of readdirSync(path, { encoding: 'buffer' }) as unknown as Buffer[]) {
      const full = Buffer.concat([path, Buffer.from('/'), name])
      const stat = lstatSync(full, { bigint: true })
      if (stat.isSocket()) continue
      found.set(full.toString('latin1').slice(folder.length), stat.mtimeNs)
      if (stat.isDirectory()) visit(full)
    }
  }
  visit(Buffer.from(folder))
  return found
}

function expectSameTimes(): void {
  const [before, after] = [times(source), times(join(target, 'source'))]
  const apart = [...before].filter(([path, time]) => {
    const difference = time - (after.get(path) ?? 0n)
    return difference > 1000n || difference < -1000n
  })
  expect(apart).toEqual([])
  expect(after.size).toBe(before.size)
}

describe('a restore', () => {
  it.each(['zstd', 'gzip', 'none'] as const)(
    'brings back everything as it was, with %s',
    async compression => {
      await makeOddKinds(source)
      makeOddNames(join(source, 'odd names'))
      utimesSync(source, 1_500_000_000, 1_500_000_000)
      const { record, outcome } = await roundTrip({ special: isRoot }, { compression })
      expect(record.firstProblems).toEqual([])
      expect(outcome.counts).toMatchObject({ failed: 0, refused: 0, left: 0 })
      const restored = join(target, 'source')
      expect(describeTree(restored, ['mtime'])).toEqual(describeTree(source, ['mtime']))
      expectSameTimes()
      expect(statSync(restored).mtimeMs).toBe(1_500_000_000_000)
      expect(readdirSync(target)).toEqual(['source'])
      for (const name of ['sparse', 'only a hole']) {
        expect(statSync(join(restored, name)).blocks).toBeLessThanOrEqual(
          statSync(join(source, name)).blocks + 8,
        )
      }
    },
  )

  it('brings back an encrypted point the same', async () => {
    await makeOddKinds(source)
    const { record } = await roundTrip({ special: isRoot }, { encryptTo: 'passphrase' }, 'correct horse')
    expect(record.firstProblems).toEqual([])
    expect(describeTree(join(target, 'source'), ['mtime'])).toEqual(describeTree(source, ['mtime']))
  })

  it('brings back extended attributes and ACLs', async () => {
    mkdirSync(join(source, 'shared folder'))
    const names = ['plain', 'odd = name\nwith\\everything é', '-dash']
    for (const name of names) {
      writeFileSync(join(source, name), name)
      execFileSync('setfattr', ['-n', 'user.text', '-v', `about ${name}`, '--', join(source, name)])
      execFileSync('setfattr', ['-n', 'user.binary', '-v', '0x00ff0a3d', '--', join(source, name)])
    }
    execFileSync('setfacl', ['-m', 'u:daemon:rw,g:daemon:r', '--', join(source, 'plain')])
    execFileSync('setfacl', ['-m', 'd:u:daemon:rwx', '--', join(source, 'shared folder')])
    const { record } = await roundTrip()
    expect(record.firstProblems).toEqual([])
    const judge = (command: string, args: string[], folder: string) =>
      execFileSync(command, args, { cwd: folder, encoding: 'latin1' }).split('\n\n').sort()
    const attributes = (folder: string) =>
      judge('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], folder)
    expect(attributes(join(target, 'source'))).toEqual(attributes(source))
    expect(attributes(source).join()).toContain('user.binary=0x00ff0a3d')
    const acls = (folder: string) => judge('getfacl', ['-R', '.'], folder)
    expect(acls(join(target, 'source'))).toEqual(acls(source))
    expect(acls(source).join()).toContain('user:daemon:rw-')
    expectSameTimes()
  })

  it('keeps a file of 200 MiB with holes small, though there is no room for its length', async () => {
    writeSparse(join(source, 'image'), 200 * MiB, [[100 * MiB + 5, 'island']])
    await roundTrip()
    const { size, blocks } = statSync(join(target, 'source/image'))
    expect(size).toBe(200 * MiB)
    expect(blocks * 512).toBeLessThan(MiB)
    expect(readFileSync(join(target, 'source/image')).indexOf('island')).toBe(100 * MiB + 5)
  })

  it('brings back a tree of many small files', async () => {
    makeManyFiles(source, 3000, index => (index * 37) % 5000)
    const { outcome } = await roundTrip()
    expect(outcome.counts).toMatchObject({ files: 3000, failed: 0 })
    expect(describeTree(join(target, 'source'), ['mtime'])).toEqual(describeTree(source, ['mtime']))
    expectSameTimes()
  })

  it('brings back the output of a command', async () => {
    const record = await backUp(test, commandBackup('seq 100000', 'numbers.txt', ['s']))
    expect(record.failure).toBeNull()
    const { point } = await test.engine.points.open('db@latest')
    const { outcome } = await restore(test.engine, restoreAll(point, 's', target))
    expect(outcome.counts).toMatchObject({ created: 1 })
    expect(readFileSync(join(target, 'numbers.txt'), 'utf8')).toBe(
      execFileSync('seq', ['100000'], { encoding: 'utf8' }),
    )
    const inPlace = await restore(test.engine, restoreAll(point, 's', null))
    expect(inPlace.record.failure).toMatchObject({ code: 'input.invalid' })
  })
})

describe.runIf(isRoot)('a restore by somebody who is not root', () => {
  it('goes on without owners, into folders that it makes, and says nothing that is not so', async () => {
    mkdirSync(join(source, 'sub'))
    for (const name of ['mine', 'sub/theirs']) writeFileSync(join(source, name), name)
    execFileSync('chown', ['4242:4343', join(source, 'sub/theirs')])
    chmodSync(join(source, 'sub'), 0o555)
    writeFileSync(join(source, 'read only'), 'x', { mode: 0o444 })
    await backUp(test, filesBackup([source], ['s']))
    const { point } = await test.engine.points.open('docs@latest')
    execFileSync('chmod', ['-R', 'a+rX', test.root])
    execFileSync('chmod', ['a+rwX', test.root])
    const home = join(test.root, 'their-home')
    mkdirSync(home)
    execFileSync('cp', ['-r', join(test.home, 'servers.json'), home])
    execFileSync('chown', ['-R', '65534:65534', home])
    const script = join(import.meta.dirname, 'fixtures/restore-child.ts')
    const args = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--',
      process.execPath,
      script,
      'restore',
      home,
      JSON.stringify(restoreAll(point, 's', target)),
    ]
    const { stdout } = await promisify(execFile)('setpriv', args)
    const ended = JSON.parse(stdout.trim().split('\n').at(-1)!) as { state: string; problems: number }
    expect(ended).toMatchObject({ state: 'succeeded', problems: 0 })
    const restored = join(target, 'source')
    expect(describeTree(restored, ['mtime', 'owner'])).toEqual(describeTree(source, ['mtime', 'owner']))
    expect(statSync(join(restored, 'sub/theirs')).uid).toBe(65534)
    expectSameTimes()
  })
})
