import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { suiteNeeds } from '../support/skip.ts'
import { Drydock } from './support/drydock.ts'

suiteNeeds('an SFTP server from the command line', await sshdAvailable(), () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  const adding = (path: string, more: string[] = []) => [
    'server',
    'add',
    'nas',
    '--type',
    'sftp',
    '--host',
    sshd.host,
    '--port',
    String(sshd.port),
    '--user',
    sshd.user,
    '--path',
    join(sshd.files, path),
    ...more,
  ]
  async function withKey(): Promise<Drydock> {
    const drydock = await Drydock.fresh()
    await writeFile(drydock.path('secrets.json'), JSON.stringify({ privateKey: sshd.privateKey }))
    await mkdir(drydock.path('src'))
    await writeFile(drydock.path('src', 'a'), 'hello')
    return drydock
  }
  const servers = async (drydock: Drydock) =>
    (await drydock.json(['server', 'list'])).events().filter(({ event }) => event === 'server')

  it('refuses an unknown host key when nobody can be asked, shows how to pin it, and saves nothing', async () => {
    const drydock = await withKey()
    const refused = await drydock.json(adding('unknown', ['--secrets-file', 'secrets.json']), 5)
    expect(refused.result().code).toBe('trust.host-key-unknown')
    expect(refused.stderr).toContain(`--host-key ${await sshd.hostFingerprint()}`)
    expect(await servers(drydock)).toEqual([])
  })

  it('refuses a host that shows another key than the pinned one', async () => {
    const drydock = await withKey()
    const pin = `SHA256:${'A'.repeat(43)}`
    const refused = await drydock.json(
      adding('changed', ['--host-key', pin, '--secrets-file', 'secrets.json']),
      5,
    )
    expect(refused.result().code).toBe('trust.host-key-changed')
    expect(await servers(drydock)).toEqual([])
  })

  it('backs up to a pinned host and restores from it, with the key from a file on every command', async () => {
    const drydock = await withKey()
    const key = ['--secrets-file', 'secrets.json']
    const added = await drydock.json(adding('pinned', ['--host-key', await sshd.hostFingerprint(), ...key]))
    expect(added.events().filter(({ event }) => event === 'check').length).toBeGreaterThan(0)
    await drydock.json(['backup', 'src', '--name', 'docs', '--to', 'nas', ...key])
    await drydock.json(['verify', 'docs@latest', '--deep', ...key])
    await drydock.json(['restore', 'docs@latest', '--into', 'out', ...key])
    execFileSync('diff', ['-r', drydock.path('src'), drydock.path('out', 'src')])
    const without = await drydock.run(['points', '--json'])
    expect(without.result().ok).toBe(false)
  })

  it('says that the credentials were refused, and saves nothing', async () => {
    const drydock = await withKey()
    const pinned = ['--host-key', await sshd.hostFingerprint()]
    const refused = await drydock.json(adding('wrong', [...pinned, '--secrets-stdin']), 1, {
      input: '{"password":"hunter2hunter2"}',
    })
    expect(refused.result().code).toBe('auth.rejected')
    expect(refused.stdout + refused.stderr).not.toContain('hunter2')
    expect(await servers(drydock)).toEqual([])
  })

  describe('on a terminal', () => {
    it('pins an unknown host key once a person has typed yes, and asks no second time', async () => {
      const drydock = await withKey()
      const key = ['--secrets-file', 'secrets.json']
      const adder = drydock.onTerminal(adding('asked', key))
      await adder.sees(/type yes\): /)
      expect((await adder.sees(/SHA256:\S+/))[0]).toBe(await sshd.hostFingerprint())
      adder.child.stdin.write('yes\n')
      expect((await adder.ended).exit).toBe(0)
      const shown = await drydock.run(['server', 'show', 'nas', '--json'])
      expect(shown.events()[0]).toMatchObject({ hostKey: await sshd.hostFingerprint() })
      await drydock.json(['backup', 'src', '--name', 'docs', '--to', 'nas', ...key])
    })

    it('saves nothing when the answer is anything else', async () => {
      const drydock = await withKey()
      const adder = drydock.onTerminal(adding('declined', ['--secrets-file', 'secrets.json']))
      await adder.sees(/type yes\): /)
      adder.child.stdin.write('y\n')
      expect((await adder.ended).exit).toBe(5)
      expect(await servers(drydock)).toEqual([])
    })

    it('hides a password while it is typed', async () => {
      const drydock = await withKey()
      const adder = drydock.onTerminal(adding('typed', ['--host-key', await sshd.hostFingerprint()]))
      await adder.sees(/Password .*: /)
      adder.child.stdin.write('hunter2hunter2\n')
      const ended = await adder.ended
      expect(ended.exit).toBe(1)
      expect(ended.stdout).not.toContain('hunter2')
      expect(ended.stdout).toContain('refused the credentials')
    })

    it('shows progress in one line that it draws anew, and leaves none of it behind', async () => {
      const drydock = await withKey()
      await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'])
      await writeFile(drydock.path('src', 'big'), Buffer.alloc(3_000_000, 'x'))
      const ended = await drydock.onTerminal([
        'backup',
        'src',
        '--name',
        'docs',
        '--to',
        'disk',
        '--compress',
        'none',
        '--limit',
        '2MB',
      ]).ended
      expect(ended.exit).toBe(0)
      const drawn = ended.stdout.split('\r\x1b[2K')
      expect(drawn.length).toBeGreaterThan(2)
      expect(drawn.at(-1)).toMatch(/^docs@/)
    })
  })
})
