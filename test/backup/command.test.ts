import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { backUp, commandBackup, objectsIn, onlyManifest, openTestEngine, shell } from '../support/engine.ts'
import { noise } from '../support/tree.ts'

async function prepared() {
  const test = await openTestEngine()
  return { test, folder: await test.addServer('one') }
}
const logOf = (home: string, id: string) => readFileSync(join(home, 'runs', id, 'log.txt'), 'utf8')

/** Whether any process of the group lives that wrote its number into `file`. */
function isAlive(file: string): boolean {
  try {
    process.kill(-Number(readFileSync(file, 'utf8')), 0)
    return true
  } catch {
    return false
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve))
}

describe('a backup of what a command prints', () => {
  it.each([
    ['none', 20 * MiB + 1, 'cat'],
    ['zstd', 20 * MiB + 1, 'zstd -dc'],
    ['gzip', 8 * MiB, 'gunzip -c'],
    ['none', 1, 'cat'],
  ] as const)('stores it with %s, %i bytes of it', async (compression, size, reader) => {
    const { test, folder } = await prepared()
    const data = join(test.root, 'data')
    writeFileSync(data, noise(size))
    const run = await backUp(
      test,
      commandBackup(`cat '${data}'`, 'db.sql', ['one'], { compression, level: 1 }),
    )
    expect(run).toMatchObject({ state: 'succeeded', problems: 0, outcome: { files: 1 } })
    const [file] = (await onlyManifest(folder)).files
    expect(file).toMatchObject({ component: 'db', layout: 'stream', contentBytes: size })
    expect(file!.name).toMatch(/^db_db_\d{8}T\d{6}Z\.sql(\.zst|\.gz)?$/)
    await shell(`${reader} < "$1" | cmp - "$2"`, { args: [join(folder, file!.name), data] })
  })

  it('leaves a folder with the repositories of a vendor alone, and stores on the others', async () => {
    const { test, folder } = await prepared()
    const vendors = await test.addServer('vendors')
    await mkdir(join(vendors, 'drrepository'))
    const run = await backUp(test, commandBackup('echo one', 'db.sql', ['vendors', 'one']))
    expect(run).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(run.outcome).toMatchObject({ servers: { one: 'done' } })
    expect(run.firstProblems).toMatchObject([{ code: 'server.failed', subject: 'vendors' }])
    expect((await onlyManifest(folder)).files).toHaveLength(1)
    expect((await objectsIn(vendors)).filter(name => name.startsWith('db_'))).toEqual([])
  })

  it.each(['none', 'zstd', 'gzip'] as const)(
    'stores no output at all as an empty file with %s',
    async compression => {
      const { test, folder } = await prepared()
      const run = await backUp(test, commandBackup('true', 'db.sql', ['one'], { compression, level: 1 }))
      expect(run.state).toBe('succeeded')
      const manifest = await onlyManifest(folder)
      const [file] = manifest.files
      expect(existsSync(join(folder, file!.name))).toBe(true)
      expect(file!.contentBytes).toBe(0)
      const commands = manifest.restore.split('\n').filter(line => line.startsWith('  '))
      expect(await shell(`${commands.join('\n')}; wc -c < *.restored`, { cwd: folder })).toBe('0\n')
      const verify = await test.engine.startVerify({
        point: `db@${manifest.stamp}`,
        server: 'one',
        deep: true,
        limit: null,
      })
      expect(await verify.done).toMatchObject({ state: 'succeeded', problems: 0 })
    },
  )

  it('goes through the shell, so that pipes work', async () => {
    const { test, folder } = await prepared()
    const run = await backUp(test, commandBackup('seq 1 100000 | sort -r | gzip', 'numbers.txt.gz', ['one']))
    expect(run.state).toBe('succeeded')
    const [file] = (await onlyManifest(folder)).files
    expect(file!.name).toMatch(/^db_numbers_\d{8}T\d{6}Z\.txt\.gz$/)
    expect(await shell('gunzip -c < "$1" | wc -l', { args: [join(folder, file!.name)] })).toBe('100000\n')
  })

  it('makes no restore point of a pipeline whose first command fails', async () => {
    const { test, folder } = await prepared()
    const run = await test.engine.startBackup(commandBackup('(echo half; exit 3) | cat', 'db.sql', ['one']))
    expect(await run.done).toMatchObject({ state: 'failed', failure: { code: 'local.command' } })
    expect(await objectsIn(folder)).toEqual([])
  })

  it('writes what the command says on stderr into the run’s log', async () => {
    const { test } = await prepared()
    const run = await backUp(
      test,
      commandBackup('echo warning: a lock is held >&2; echo data', 'db.sql', ['one']),
    )
    expect(logOf(test.home, run.id)).toContain('command: warning: a lock is held')
  })

  it.each([
    [
      'ends with another status than 0',
      'head -c 30000000 /dev/urandom; echo table is gone >&2; exit 3',
      /status 3: table is gone/,
    ],
    ['is not there', 'no-such-command-at-all', /status 127/],
    ['is killed', 'head -c 10000000 /dev/zero; kill -9 $$', /SIGKILL/],
    ['cannot be found by the last of its pipe', 'echo x | no-such-command-at-all', /status 127/],
  ])('makes no restore point and leaves nothing on the server when it %s', async (_, command, detail) => {
    const { test, folder } = await prepared()
    const run = await backUp(test, commandBackup(command, 'db.sql', ['one']))
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'local.command', subject: 'db.sql' } })
    expect(run.failure?.detail).toMatch(detail)
    expect(await objectsIn(folder)).toEqual([])
  })

  it('can be taken up after a failure, from its beginning', async () => {
    const { test, folder } = await prepared()
    const flag = join(test.root, 'flag')
    const run = await backUp(
      test,
      commandBackup(`head -c 9000000 /dev/zero; test -e '${flag}'`, 'db.sql', ['one']),
    )
    expect(run.state).toBe('failed')
    writeFileSync(flag, '')
    const again = await (await test.engine.resume(run.id)).done
    expect(again).toMatchObject({ id: run.id, state: 'succeeded' })
    expect((await onlyManifest(folder)).files[0]!.contentBytes).toBe(9_000_000)
    expect((await objectsIn(folder)).length).toBe(3)
  })

  it('refuses a name that is none before anything is asked of a server', async () => {
    const { test, folder } = await prepared()
    for (const as of ['../db.sql', 'a/b', '', '.sql', 'ü.sql'])
      expect((await backUp(test, commandBackup('true', as, ['one']))).failure?.code, as).toBe('input.invalid')
    expect(await objectsIn(folder)).toEqual([])
  })

  it.each([
    ['', ''],
    ['also one that does not want to end', 'trap "" TERM; '],
  ])('ends the whole pipeline when the run is cancelled %s', async (_, before) => {
    const { test, folder } = await prepared()
    const pid = join(test.root, 'pid')
    // The group's number is its first process's.
    const command = `${before}echo $$ > '${pid}.new'; mv '${pid}.new' '${pid}'; (while :; do head -c 100000 /dev/zero; done) | cat`
    const run = await test.engine.startBackup(commandBackup(command, 'db.sql', ['one']))
    await until(
      () => existsSync(pid) && readFileSync(join(run.folder, 'journal.jsonl'), 'utf8').includes('"t":"ack"'),
    )
    expect(isAlive(pid)).toBe(true)
    await run.cancel()
    expect(await run.done).toMatchObject({ state: 'cancelled' })
    await until(() => !isAlive(pid))
    expect(await objectsIn(folder)).toEqual([])
  })

  it('does not wait for a child that keeps the pipe open once it is cancelled', async () => {
    const { test } = await prepared()
    const pid = join(test.root, 'pid')
    const run = await test.engine.startBackup(
      commandBackup(`echo $$ > '${pid}'; sleep 1000`, 'db.sql', ['one']),
    )
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '')
    await run.cancel()
    expect((await run.done).state).toBe('cancelled')
    await until(() => !isAlive(pid))
  })

  it.each(['seq 1 3000000', 'true'])('restores what %j printed', async command => {
    const { test, folder } = await prepared()
    await backUp(test, commandBackup(command, 'numbers.txt', ['one']))
    const { stamp } = await onlyManifest(folder)
    const into = join(test.root, 'into')
    await mkdir(into)
    const run = await test.engine.startRestore({
      point: `db@${stamp}`,
      server: 'one',
      into,
      only: [],
      overwrite: 'never',
      fullPaths: false,
      numericIds: false,
      special: false,
      limit: null,
    })
    expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(readFileSync(join(into, 'numbers.txt'), 'utf8')).toBe(await shell(command))
  })
})
