import { describe, expect, it } from 'vitest'
import { Drydock } from './support/drydock.ts'

/** Names every module that is loaded on stderr. */
const telling = [
  '--import',
  `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module'
     registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context) } })`,
  )}`,
]

const commands = [
  'server',
  'server add',
  'server edit',
  'server list',
  'server show',
  'server test',
  'server remove',
  'backup',
  'points',
  'points remove',
  'points put-back',
  'points purge',
  'points keep',
  'ls',
  'find',
  'verify',
  'copy',
  'restore',
  'runs',
  'runs list',
  'runs show',
  'runs watch',
  'runs pause',
  'runs cancel',
  'runs resume',
  'runs limit',
  'vault',
  'vault status',
  'vault unlock',
  'vault move',
  'plan',
  'plan add',
  'plan edit',
  'plan list',
  'plan show',
  'plan start',
  'plan stop',
  'plan run',
  'plan remove',
  'outage',
  'outage declare',
  'outage show',
  'outage end',
  'daemon',
  'console',
  'director',
  'director check',
  'director edit',
  'director status',
  'director preflight',
  'director restore',
  'director attach',
  'director stop',
  'director switch',
  'director switch begin',
  'director switch step',
  'director list',
  'director remove',
]

describe('the command line', () => {
  it('prints its version and its help without loading the engine, zod or a server’s library', async () => {
    const drydock = await Drydock.fresh()
    for (const option of ['--version', '--help']) {
      const { exit, stderr } = await drydock.run([option], { nodeArgs: telling })
      expect(exit).toBe(0)
      const loaded = stderr.split('\n').filter(line => line.startsWith('loaded file:'))
      expect(loaded.some(line => line.includes('/cli/main.ts'))).toBe(true)
      expect(loaded.filter(line => /engine\.ts|zod|aws-sdk|azure|ssh2|basic-ftp|keyring/.test(line))).toEqual(
        [],
      )
    }
    expect((await drydock.run(['-V'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each(commands)('explains %s with an example', async command => {
    const drydock = await Drydock.fresh()
    const { exit, stdout } = await drydock.run([...command.split(' '), '--help'])
    expect(exit).toBe(0)
    expect(stdout).toContain(`Usage: drydock ${command}`)
    expect(stdout).toMatch(/Example:\n {2}\S/)
  })

  it('says what to do next when it is called without a command', async () => {
    const drydock = await Drydock.fresh()
    const { exit, stdout } = await drydock.run([])
    expect(exit).toBe(0)
    expect(stdout).toContain('drydock server add')
  })

  it.each([
    [['bogus']],
    [['server']],
    [['server', 'bogus']],
    [['runs']],
    [['backup', '.', '--name', 'x']],
    [['backup', '--name', 'x', '--to', 'a']],
    [['backup', '.', '--name', 'Not A Name', '--to', 'a']],
    [['backup', '.', '--name', 'x', '--to', 'nobody']],
    [['backup', '.', '--name', 'x', '--to', 'a', '--limit', 'fast']],
    [['backup', '.', '--name', 'x', '--to', 'a', '--encrypt', 'hunter2']],
    [['restore', 'x@latest']],
    [['restore', 'x@latest', '--into', 'a', '--in-place']],
    [['restore', 'x@latest', '--into', 'a', '--bundle', 'b']],
    [['ls', 'no-point']],
    [['points', '--server', 'nobody']],
    [['points', 'too', 'many']],
    [['points', 'remove', 'x@20260101T000000Z', '--name', 'y']],
    [['points', 'purge', 'x@20260101T000000Z', '--all', '--yes']],
    [['server', 'add', 'n', '--type', 'carrier-pigeon']],
    [['server', 'add', 'n', '--type', 'local', '--path', '.', '--bucket', 'b']],
    [['server', 'add', 'n', '--type', 'sftp', '--host', '-oProxyCommand=x', '--user', 'u']],
    [['server', 'add', '../n', '--type', 'local', '--path', '.']],
    [['server', 'add', 'n', '--type', 'local', '--path', '.', '--secrets-file', 'missing.json']],
    [['vault', 'move', '--to', 'memory']],
    [['plan', 'lift']],
    [['outage', 'declare', '--now']],
    [['console', '--port', 'x']],
    [['daemon', '--nope']],
    [['points', 'remove', 'x@latest']],
    [['points', 'keep', 'x@latest']],
  ])('answers %j with exit 2, one result line, and three lines for people', async args => {
    const drydock = await Drydock.fresh()
    const ended = await drydock.run([...args, '--json'])
    expect(ended.exit).toBe(2)
    expect(ended.events()).toHaveLength(1)
    expect(ended.result()).toMatchObject({ event: 'result', ok: false, exit: 2 })
    expect(ended.stderr).toMatch(/^drydock: .+\n {2}Safe: .+\n {2}To do: .+\n$/)
    expect(ended.stderr).not.toContain('hunter2')
  })

  it('tells a misspelt option before what is missing', async () => {
    const drydock = await Drydock.fresh()
    for (const args of [
      ['backup', '.', '--bogus', 'x'],
      ['server', 'add', 'n', '--bogus'],
    ])
      expect((await drydock.run(args)).stderr).toContain('unknown option --bogus')
  })

  it('refuses sources that cannot be backed up before a run is made', async () => {
    const drydock = await Drydock.fresh()
    await drydock.json(['server', 'add', 'd', '--type', 'local', '--path', 'backups'])
    const missing = await drydock.json(['backup', 'nope', '--name', 'x', '--to', 'd'], 2)
    expect(missing.result().code).toBe('local.not-found')
    await drydock.json(['backup', '--command', 'true', '--as', 'a/b.sql', '--name', 'x', '--to', 'd'], 2)
    expect((await drydock.json(['runs', 'list'])).events()).toHaveLength(1)
  })

  it('takes --json anywhere on the line, also for help and version', async () => {
    const drydock = await Drydock.fresh()
    for (const args of [
      ['--json', 'server', 'list'],
      ['server', '--json', 'list'],
      ['server', 'list', '--json'],
      ['--json', '--version'],
      ['runs', '--help', '--json'],
      ['--json'],
    ]) {
      const ended = await drydock.run(args)
      expect(ended.exit).toBe(0)
      expect(ended.stdout).toBe('{"event":"result","ok":true,"code":"done","exit":0}\n')
    }
  })

  it.each(['--password', '--secret-access-key', '--passphrase', '--account-key', '--sas', '--identity'])(
    'refuses a secret as an argument (%s), says how to pass it, and does not repeat it',
    async option => {
      const drydock = await Drydock.fresh()
      for (const words of [[option, 'hunter2hunter2'], [`${option}=hunter2hunter2`]]) {
        const ended = await drydock.run(['server', 'add', 'n', ...words, '--json'])
        expect(ended.exit).toBe(2)
        expect(ended.stderr).toContain('--secrets-file')
        expect(ended.stderr + ended.stdout).not.toContain('hunter2')
      }
    },
  )

  it('counts relative paths from the folder npm was called in', async () => {
    const drydock = await Drydock.fresh()
    const { stdout } = await drydock.json(['server', 'add', 'd', '--type', 'local', '--path', 'backups'], 0, {
      cwd: '/',
      env: { INIT_CWD: drydock.folder },
    })
    expect(stdout).toContain(drydock.path('backups'))
  })
})
