import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Event } from './support/drydock.ts'
import { Drydock } from './support/drydock.ts'

/** A tree with the names and kinds that make trouble, and two local servers. */
async function withTree(): Promise<Drydock> {
  const drydock = await Drydock.fresh()
  const src = (...names: string[]) => drydock.path('src', 'doc', ...names)
  await mkdir(src('sub'), { recursive: true })
  await writeFile(src('a'), 'hello\n')
  await writeFile(src('new\nline'), 'x')
  await writeFile(Buffer.concat([Buffer.from(`${src()}/`), Buffer.from([0x66, 0xff])]), 'not UTF-8')
  await writeFile(src('sub', 'b.txt'), Buffer.alloc(100_000, 'b'))
  await symlink('a', src('link'))
  await chmod(src('sub', 'b.txt'), 0o600)
  await utimes(src('a'), 1_600_000_000, 1_600_000_000)
  await drydock.json(['server', 'add', 'one', '--type', 'local', '--path', 'one'])
  await drydock.json(['server', 'add', 'two', '--type', 'local', '--path', 'two'])
  return drydock
}

const of = (events: Event[], kind: string) => events.filter(({ event }) => event === kind)
const backUp = async (drydock: Drydock, to = 'one,two') =>
  (await drydock.json(['backup', 'src/doc', '--name', 'docs', '--to', to])).events()

describe('a backup and a restore from the command line', () => {
  it('backs up to two servers, finds, verifies, restores, and the tree is equal', async () => {
    const drydock = await withTree()
    const made = await backUp(drydock)
    const [point] = of(made, 'point')
    expect(point).toMatchObject({
      name: 'docs',
      servers: ['one', 'two'],
      state: 'complete',
      files: 4,
      verified: null,
    })
    expect(of(made, 'run')).toEqual([
      expect.objectContaining({ kind: 'backup', state: 'succeeded', problems: 0 }),
    ])
    expect(of(made, 'progress').length).toBeGreaterThan(0)
    expect(made.at(-1)).toMatchObject({ event: 'result', ok: true, point: point!['point'] })

    const listed = of((await drydock.json(['points'])).events(), 'point')
    expect(listed).toEqual([
      expect.objectContaining({
        point: point!['point'],
        servers: ['one', 'two'],
        state: 'complete',
        verified: null,
      }),
    ])
    await drydock.json(['verify', 'docs@latest'])
    await drydock.json(['verify', 'docs@latest', '--deep', '--server', 'two'])
    const [verified] = of((await drydock.json(['points', '--server', 'two'])).events(), 'point')
    expect(verified!['verified']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)

    for (const server of ['one', 'two']) {
      await drydock.json(['restore', 'docs@latest', '--server', server, '--into', `out-${server}`])
      execFileSync('diff', [
        '-r',
        '--no-dereference',
        drydock.path('src', 'doc'),
        drydock.path(`out-${server}`, 'doc'),
      ])
    }
  })

  it('lists entries exactly in JSON and safely for people', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    const entries = of((await drydock.json(['ls', 'docs@latest'])).events(), 'entry')
    expect(entries.map(entry => entry['path'] ?? entry['pathBase64'])).toEqual(
      expect.arrayContaining([
        'doc',
        'doc/a',
        'doc/new\nline',
        Buffer.from('doc/f\xff', 'latin1').toString('base64'),
      ]),
    )
    expect(entries.find(({ path }) => path === 'doc/a')).toEqual({
      event: 'entry',
      path: 'doc/a',
      kind: 'file',
      size: 6,
      mtime: '2020-09-13T12:26:40.000Z',
      mode: 0o644,
    })
    const { stdout } = await drydock.run(['ls', 'docs@latest'])
    expect(stdout.split('\n')).toHaveLength(entries.length + 1)
    expect(stdout).toContain('doc/new\\u000aline')
    expect(stdout).toMatch(/^lrwxrwxrwx .* doc\/link -> a$/m)
    expect(of((await drydock.json(['ls', 'docs@latest', './doc/sub/'])).events(), 'entry')).toHaveLength(2)
    expect((await drydock.json(['ls', 'docs@latest', 'nothing'], 2)).result().code).toBe('input.invalid')
    expect(of((await drydock.json(['find', 'docs@latest', '*'])).events(), 'entry')).toHaveLength(1)
    expect(of((await drydock.json(['find', 'docs@latest', '**/*.txt'])).events(), 'entry')).toMatchObject([
      { path: 'doc/sub/b.txt' },
    ])
  })

  it('writes nothing in a dry run, and says of every entry what it would do', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    const dry = (await drydock.json(['restore', 'docs@latest', '--into', 'out', '--dry-run'])).events()
    expect(of(dry, 'ledger').every(({ action }) => action === 'create')).toBe(true)
    expect(of(dry, 'ledger')).toContainEqual({
      event: 'ledger',
      path: 'doc/a',
      action: 'create',
      kind: 'file',
      size: 6,
    })
    await expect(readdir(drydock.path('out'))).rejects.toThrow('ENOENT')

    const said = await drydock.run(['restore', 'docs@latest', '--into', 'out', '--dry-run'])
    expect(said.stdout.split('\n')[0]).toContain(drydock.path('out', 'doc'))
    expect(said.stdout).toContain('Nothing was written.')
  })

  it('leaves what stands there by default, replaces what differs when asked, and tells the totals', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    await drydock.json(['restore', 'docs@latest', '--into', 'out'])
    await appendFile(drydock.path('out', 'doc', 'a'), 'mine\n')
    const left = await drydock.run(['restore', 'docs@latest', '--into', 'out'])
    expect(left.stdout).toMatch(/0 created, 0 replaced, .* left/)
    expect(left.stdout).toContain('leave   doc/a')
    expect(await readFile(drydock.path('out', 'doc', 'a'), 'utf8')).toBe('hello\nmine\n')
    const ledger = /The whole ledger: (.+)/.exec(left.stdout)![1]!
    expect((await readFile(ledger, 'utf8')).split('\n')[0]).toContain('"action"')
    const replaced = (
      await drydock.json([
        'restore',
        'docs@latest',
        '--into',
        'out',
        '--overwrite',
        'different',
        '--only',
        'doc/a',
      ])
    ).events()
    expect(of(replaced, 'restored')[0]).toMatchObject({ counts: { replaced: 1 } })
    expect(await readFile(drydock.path('out', 'doc', 'a'), 'utf8')).toBe('hello\n')
  })

  it('restores in place and with full paths to where it says', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    const full = await drydock.run(['restore', 'docs@latest', '--into', 'out', '--full-paths'])
    expect(full.stdout.split('\n')[0]).toContain(drydock.path('out') + drydock.path('src', 'doc'))
    expect(await readFile(drydock.path('out') + drydock.path('src', 'doc', 'a'), 'utf8')).toBe('hello\n')
    await rm(drydock.path('src', 'doc'), { recursive: true })
    expect((await drydock.run(['restore', 'docs@latest', '--in-place'])).exit).toBe(0)
    expect(await readFile(drydock.path('src', 'doc', 'a'), 'utf8')).toBe('hello\n')
  })

  it('keeps the output of a command, and makes no point when the command fails', async () => {
    const drydock = await withTree()
    await drydock.json([
      'backup',
      '--command',
      'printf dumped',
      '--as',
      'db.sql',
      '--name',
      'shop',
      '--to',
      'one',
    ])
    await drydock.json(['restore', 'shop@latest', '--into', 'out'])
    expect(await readFile(drydock.path('out', 'db.sql'), 'utf8')).toBe('dumped')
    expect((await drydock.json(['restore', 'shop@latest', '--in-place'], 2)).result().code).toBe(
      'input.invalid',
    )
    const failed = await drydock.json(
      ['backup', '--command', 'printf half; exit 3', '--as', 'db.sql', '--name', 'bad', '--to', 'one'],
      1,
    )
    expect(failed.result().code).toBe('local.command')
    expect(of((await drydock.json(['points', '--name', 'bad'])).events(), 'point')).toEqual([])
  })

  it('copies a point to a third server', async () => {
    const drydock = await withTree()
    await backUp(drydock, 'one')
    await drydock.json(['copy', 'docs@latest', '--from', 'one', '--to', 'two'])
    await drydock.json(['verify', 'docs@latest', '--deep', '--server', 'two'])
    expect(
      (await drydock.json(['copy', 'docs@latest', '--from', 'one', '--to', 'one'], 2)).result().code,
    ).toBe('input.invalid')
  })

  it('ends with 4 when a backup file is damaged or missing, and the other copy still restores', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    const file = (await readdir(drydock.path('one'))).find(name => name.endsWith('.tar.zst'))!
    const bytes = await readFile(drydock.path('one', file))
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(drydock.path('one', file), bytes)
    const damaged = await drydock.json(['verify', 'docs@latest', '--deep', '--server', 'one'], 4)
    expect(of(damaged.events(), 'problem').length).toBeGreaterThan(0)
    const restored = await drydock.run([
      'restore',
      'docs@latest',
      '--into',
      'bad',
      '--server',
      'one',
      '--json',
    ])
    expect(restored.exit).toBe(4)
    expect(restored.result()).toMatchObject({ ok: false, code: 'data.damaged' })
    await drydock.json(['restore', 'docs@latest', '--into', 'good', '--server', 'two'])
    await truncate(drydock.path('one', file), 100)
    await drydock.json(['verify', 'docs@latest', '--server', 'one'], 4)
    await rm(drydock.path('one', file))
    await drydock.json(['verify', 'docs@latest', '--server', 'one'], 4)
    expect((await drydock.json(['verify', 'nothing@latest'], 4)).result().code).toBe('data.missing')
  })

  it('ends with 3 when one of two servers fails, and with the failure’s code when the only one does', async () => {
    const drydock = await withTree()
    await rm(drydock.path('two'), { recursive: true })
    await writeFile(drydock.path('two'), 'in the way')
    const partly = await drydock.json(['backup', 'src/doc', '--name', 'docs', '--to', 'one,two'], 3)
    expect(of(partly.events(), 'point')).toMatchObject([{ servers: ['one'] }])
    expect(partly.result()).toMatchObject({ ok: false, code: 'problems' })
    const listed = await drydock.json(['points'], 3)
    expect(of(listed.events(), 'point')).toHaveLength(1)
    expect(of(listed.events(), 'failure')).toMatchObject([{ server: 'two' }])
    const alone = await drydock.run(['points', '--server', 'two', '--json'])
    expect(alone.result().ok).toBe(false)
    expect(alone.exit).not.toBe(3)
  })

  it('refuses another medium under the same path with exit 5', async () => {
    const drydock = await withTree()
    await rm(drydock.path('one'), { recursive: true })
    await mkdir(drydock.path('one'))
    expect((await drydock.json(['server', 'test', 'one'], 5)).result().code).toBe('trust.wrong-medium')
    expect(
      (await drydock.json(['backup', 'src/doc', '--name', 'docs', '--to', 'one'], 5)).result().code,
    ).toBe('trust.wrong-medium')
  })

  it('ends with 2 when a source path is not there', async () => {
    const drydock = await withTree()
    expect(
      (await drydock.json(['backup', 'src/none', '--name', 'docs', '--to', 'one'], 2)).result().code,
    ).toBe('local.not-found')
  })

  it('goes on without an error when nobody reads its output any more', async () => {
    const drydock = await withTree()
    await backUp(drydock)
    const started = drydock.start(['ls', 'docs@latest'])
    started.child.stdout.destroy()
    const [exit] = (await once(started.child, 'exit')) as [number | null]
    expect(exit).toBe(0)
    expect((await started.ended).stderr).toBe('')
  })
})

describe('servers from the command line', () => {
  it('adds, lists, shows, edits and removes a local server, and leaves what is stored there', async () => {
    const drydock = await withTree()
    const listed = of((await drydock.json(['server', 'list'])).events(), 'server')
    expect(listed).toEqual([
      { event: 'server', name: 'one', type: 'local', about: drydock.path('one') },
      { event: 'server', name: 'two', type: 'local', about: drydock.path('two') },
    ])
    expect(
      (await drydock.json(['server', 'add', 'one', '--type', 'local', '--path', 'x'], 2)).result().code,
    ).toBe('input.invalid')
    await drydock.json(['server', 'edit', 'one', '--path', 'moved'])
    expect((await drydock.run(['server', 'show', 'one'])).stdout).toContain(drydock.path('moved'))
    expect((await drydock.json(['server', 'edit', 'one'], 2)).result().code).toBe('input.invalid')
    const checks = of((await drydock.json(['server', 'test', 'one'])).events(), 'check')
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'write and read back', ok: true, level: 'info' }),
    )
    await drydock.json(['server', 'remove', 'one'])
    expect(of((await drydock.json(['server', 'list'])).events(), 'server')).toHaveLength(1)
    expect(await readdir(drydock.path('moved'))).not.toEqual([])
    expect((await drydock.json(['server', 'show', 'one'], 2)).result().code).toBe('input.invalid')
  })

  it('saves nothing when a server cannot be reached, unless the trial is left out', async () => {
    const drydock = await Drydock.fresh()
    const file = drydock.path('secrets.json')
    await writeFile(file, '{"password":"hunter2hunter2"}')
    const add = [
      'server',
      'add',
      'off',
      '--type',
      'ftp',
      '--host',
      '127.0.0.1',
      '--port',
      '1',
      '--user',
      'u',
      '--tls',
      'none',
      '--secrets-file',
      file,
    ]
    const failed = await drydock.json(add, 1)
    expect(failed.result().code).toBe('network.unreachable')
    expect(of((await drydock.json(['server', 'list'])).events(), 'server')).toEqual([])
    const added = await drydock.json([...add, '--no-test'])
    expect(added.stdout + added.stderr).not.toContain('hunter2')
    expect(of((await drydock.json(['server', 'list'])).events(), 'server')).toMatchObject([
      { name: 'off', about: 'ftp://u@127.0.0.1:1' },
    ])
  })

  it('asks for the secrets of a server that needs some when nobody can be asked', async () => {
    const drydock = await Drydock.fresh()
    for (const settings of [
      ['s3', '--bucket', 'b', '--endpoint', 'http://127.0.0.1:1'],
      ['azure', '--container', 'ccc', '--account', 'abc'],
      ['ftp', '--host', '127.0.0.1', '--user', 'u'],
    ]) {
      const ended = await drydock.json(['server', 'add', 'n', '--type', ...settings], 1)
      expect(ended.result().code).toBe('auth.secret-missing')
      expect(ended.stderr).toContain('--secrets-file')
    }
  })
})
