import { describe, expect, it } from 'vitest'
import { azureSecret } from '../../electron/headless/cli/ask-secrets.ts'
import { backupOptionsOf } from '../../electron/headless/cli/commands/backup.ts'
import { targetOf } from '../../electron/headless/cli/commands/restore.ts'
import { parseJump, recordFrom } from '../../electron/headless/cli/commands/server-settings.ts'
import { stateFolder } from '../../electron/engine/state/state-folder.ts'
import { parseSecrets, pickSecrets } from '../../electron/headless/cli/secrets.ts'

const age = `age1${'q'.repeat(58)}`

describe('backupOptionsOf', () => {
  const base = { name: 'docs', to: ['a', 'b'] }

  it('resolves paths against the caller’s folder and takes zstd for files', () => {
    expect(backupOptionsOf(['x', '/y'], base, '/home/me')).toMatchObject({
      plan: 'docs',
      servers: ['a', 'b'],
      source: { kind: 'files', paths: ['/home/me/x', '/y'], excludes: [] },
      compression: 'zstd',
      level: 3,
      encryptTo: null,
      limit: null,
    })
  })

  it('stores the output of a command as it comes unless asked otherwise', () => {
    expect(backupOptionsOf([], { ...base, command: 'pg_dump', as: 'db.sql' }, '/')).toMatchObject({
      compression: 'none',
      source: { kind: 'command', as: 'db.sql' },
    })
    expect(
      backupOptionsOf([], { ...base, command: 'pg_dump', as: 'db.sql', compress: 'gzip' }, '/'),
    ).toMatchObject({ compression: 'gzip', level: 6 })
  })

  it('takes a passphrase or public keys, never a mixture or anything else', () => {
    expect(backupOptionsOf(['x'], { ...base, encrypt: ['passphrase'] }, '/').encryptTo).toBe('passphrase')
    expect(backupOptionsOf(['x'], { ...base, encrypt: [age, age] }, '/').encryptTo).toEqual({
      recipients: [age, age],
    })
    for (const encrypt of [['passphrase', age], ['secret words'], []])
      expect(() => backupOptionsOf(['x'], { ...base, encrypt }, '/')).toThrow(/--encrypt/)
  })

  it.each([
    [['x'], { command: 'c', as: 'f' }],
    [[], {}],
    [[], { command: 'c' }],
    [['x'], { as: 'f' }],
    [[], { command: 'c', as: 'f', exclude: ['*'] }],
    [['x'], { compress: 'none' as const, level: 3 }],
    [['x'], { compress: 'gzip' as const, level: 12 }],
  ])('refuses %j with %j', (paths, options) => {
    expect(() => backupOptionsOf(paths, { ...base, ...options }, '/')).toThrow(/input\.invalid/)
  })
})

describe('targetOf', () => {
  it('is the folder that was named, from the caller’s folder, or null in place', () => {
    expect(targetOf({ into: 'out' }, '/home/me')).toBe('/home/me/out')
    expect(targetOf({ inPlace: true }, '/')).toBeNull()
  })

  it('refuses none, both, and an empty one', () => {
    for (const options of [
      {},
      { into: 'a', inPlace: true },
      { into: '' },
      { inPlace: true, fullPaths: true },
    ])
      expect(() => targetOf(options, '/')).toThrow(/input\.invalid/)
  })
})

describe('settings of a server', () => {
  const known = (type: 'sftp' | 'local' | 's3' | 'ftp' | 'azure') => ({
    name: 'n',
    type,
    added: '2026-11-20T00:00:00Z',
    learned: {},
  })

  it('parses a jump host with and without a port, and an IPv6 address in brackets', () => {
    expect(parseJump('me@gate')).toEqual({ user: 'me', host: 'gate' })
    expect(parseJump('me@gate:2222')).toEqual({ user: 'me', host: 'gate', port: 2222 })
    expect(parseJump('me@[fd00::1]:22')).toEqual({ user: 'me', host: 'fd00::1', port: 22 })
    for (const text of ['gate', 'me@', '@gate', 'me@gate:x', 'me@a:b:c'])
      expect(() => parseJump(text)).toThrow(/--jump/)
  })

  it('names the option that is missing, malformed or of another type', async () => {
    await expect(recordFrom(known('sftp'), { host: 'h' }, '/', true)).rejects.toThrow('--user is needed')
    await expect(
      recordFrom(known('sftp'), { host: 'h', user: 'u', hostKey: 'MD5:aa' }, '/', true),
    ).rejects.toThrow('--host-key')
    await expect(recordFrom(known('local'), { path: 'p', host: 'h' }, '/', true)).rejects.toThrow(
      '--host is no setting of type local',
    )
  })

  it('keeps what is not changed, and forgets what was learned of another place', async () => {
    const hostKey = `SHA256:${'A'.repeat(43)}`
    const made = await recordFrom(known('sftp'), { host: 'h', user: 'u', hostKey }, '/', true)
    const learnt = { ...made, learned: { rename: true } }
    expect(await recordFrom(learnt, { user: 'v' }, '/', false)).toEqual({ ...learnt, user: 'v' })
    const moved = await recordFrom(learnt, { host: 'other' }, '/', false)
    expect(moved).toMatchObject({ host: 'other', learned: {} })
    expect(moved).not.toHaveProperty('hostKey')
  })
})

describe('secrets', () => {
  it('gives each server what fits its type, and its own entry before the common one', () => {
    const given = pickSecrets({
      password: 'p',
      accessKeyId: 'k',
      secretAccessKey: 's',
      passphrase: 'pp',
      nas: { password: 'own' },
    })
    expect(given.forServer({ name: 'x', type: 'ftp' })).toEqual({ password: 'p' })
    expect(given.forServer({ name: 'x', type: 's3' })).toEqual({ accessKeyId: 'k', secretAccessKey: 's' })
    expect(given.forServer({ name: 'nas', type: 'sftp' })).toEqual({ password: 'own' })
    expect(given.forServer({ name: 'x', type: 'local' })).toBeUndefined()
    expect(given.forServer({ name: 'x', type: 'azure' })).toBeUndefined()
    expect(given.decryptWith).toEqual({ passphrase: 'pp' })
  })

  it('takes one line feed off the end of a passphrase and leaves the rest', () => {
    expect(pickSecrets({ passphrase: ' a b \n' }).decryptWith.passphrase).toBe(' a b ')
    expect(pickSecrets({ passphrase: 'a\n\n' }).decryptWith.passphrase).toBe('a\n')
  })

  it('never repeats what it could not read', () => {
    for (const text of [
      'hunter2',
      '["hunter2"]',
      '{"hunter2": 1}',
      '{"password": 1, "x": "hunter2"}',
      '{"x":"hunter2"}',
    ]) {
      let message = ''
      try {
        parseSecrets(text, 'secrets.json')
      } catch (err) {
        message = String(err)
      }
      expect(message).toContain('input.invalid')
      expect(message).not.toContain('hunter2')
    }
  })

  it('tells the three kinds of Azure secret apart', () => {
    expect(azureSecret('DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b')).toHaveProperty(
      'connectionString',
    )
    expect(azureSecret('?sv=2024-01-01&sig=abc')).toHaveProperty('sas')
    expect(azureSecret('Zm9vYmFy==')).toHaveProperty('accountKey')
  })
})

describe('stateFolder', () => {
  it('is DRYDOCK_HOME, or the platform’s place', () => {
    expect(stateFolder({ DRYDOCK_HOME: '/x' }, 'linux', '/home/me')).toBe('/x')
    expect(stateFolder({ DRYDOCK_HOME: 'x', INIT_CWD: '/here' }, 'linux', '/home/me')).toBe('/here/x')
    expect(stateFolder({}, 'linux', '/home/me')).toBe('/home/me/.local/state/drydock')
    expect(stateFolder({ XDG_STATE_HOME: '/state' }, 'linux', '/home/me')).toBe('/state/drydock')
    expect(stateFolder({ XDG_STATE_HOME: 'relative' }, 'linux', '/home/me')).toBe(
      '/home/me/.local/state/drydock',
    )
    expect(stateFolder({}, 'darwin', '/Users/me')).toBe('/Users/me/Library/Application Support/Drydock')
    expect(stateFolder({ LOCALAPPDATA: '/local' }, 'win32', '/me')).toBe('/local/Drydock')
  })
})
