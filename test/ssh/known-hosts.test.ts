import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadKnownHosts, matchesHost, parseKnownHosts } from '../../electron/engine/ssh/known-hosts.ts'
import { testHome } from '../support/servers/sftp-place.ts'
import type { TestHome } from '../support/servers/sftp-place.ts'
import { run } from '../support/servers/sshd-user.ts'

describe('matchesHost', () => {
  it.each([
    ['example.org', 'example.org', true],
    ['Example.ORG', 'example.org', true],
    ['a.example.org,b.example.org', 'b.example.org', true],
    ['*.example.org', 'x.y.example.org', true],
    ['*.example.org', 'example.org', false],
    ['h?st', 'host', true],
    ['h?st', 'hst', false],
    ['*.example.org,!bad.example.org', 'bad.example.org', false],
    ['!bad.example.org,*.example.org', 'good.example.org', true],
    ['!bad.example.org', 'good.example.org', false],
    ['[example.org]:2222', '[example.org]:2222', true],
    ['example.org', '[example.org]:2222', false],
    ['[*.example.org]:2222', '[a.example.org]:2222', true],
    ['*', '[any]:1', true],
  ])('%s against %s: %s', (hosts, name, matches) => {
    expect(matchesHost(hosts, name)).toBe(matches)
  })

  it('answers at once for a pattern of many stars that does not match', () => {
    expect(matchesHost(`${'*a'.repeat(40)}b`, 'a'.repeat(250))).toBe(false)
  })
})

describe('known_hosts as the real tools write it', () => {
  let home: TestHome
  let key: string
  beforeEach(async () => {
    home = await testHome()
    const file = join(home.folder, 'key')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    key = (await readFile(`${file}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ')
  })
  afterEach(() => home.remove())

  it('finds hosts in a file whose names ssh-keygen has hashed, and no others', async () => {
    const file = join(home.folder, '.ssh', 'known_hosts')
    await home.knownHosts(`files.example.org ${key}\n[files.example.org]:2222 ${key}\n192.0.2.7 ${key}\n`)
    await run('ssh-keygen', ['-q', '-H', '-f', file])
    expect(await readFile(file, 'utf8')).not.toContain('example')
    const entries = await loadKnownHosts(home.env, 'test', '/nowhere')
    const known = (name: string) => entries.filter(entry => matchesHost(entry.hosts, name)).length
    expect(entries).toHaveLength(3)
    expect([known('files.example.org'), known('[files.example.org]:2222'), known('192.0.2.7')]).toEqual([
      1, 1, 1,
    ])
    expect([known('other.example.org'), known('[files.example.org]:2223')]).toEqual([0, 0])
  })

  it('tells the fingerprint that ssh-keygen tells', async () => {
    const printed = (await run('ssh-keygen', ['-l', '-f', join(home.folder, 'key.pub')])).split(' ')[1]
    expect(parseKnownHosts(`h ${key}`, 'f')[0]?.key.fingerprint).toBe(printed)
  })

  it('reads markers and leaves out comments, damaged lines and unknown markers', () => {
    const text = `# h ${key}\n\n@revoked * ${key}\r\n@cert-authority *.org ${key} note\n@other h ${key}\nh ssh-ed25519 %%%\nh ssh-rsa ${key.split(' ')[1]}\nh\t${key}`
    expect(parseKnownHosts(text, 'f').map(entry => [entry.marker, entry.hosts, entry.at])).toEqual([
      ['revoked', '*', 'f:3'],
      ['cert-authority', '*.org', 'f:4'],
      [null, 'h', 'f:8'],
    ])
  })

  it('reads the file of the system beside the one of the user', async () => {
    const system = join(home.folder, 'system')
    await writeFile(system, `system.example.org ${key}\n`)
    await home.knownHosts(`user.example.org ${key}\n`)
    const entries = await loadKnownHosts(home.env, 'test', system)
    expect(entries.map(entry => entry.hosts)).toEqual(['user.example.org', 'system.example.org'])
  })

  it('takes absent files for empty ones', async () => {
    await rm(join(home.folder, '.ssh'), { recursive: true })
    expect(await loadKnownHosts(home.env, 'test', '/nowhere')).toEqual([])
  })

  it('refuses to go on when a file is there but cannot be read', async () => {
    await mkdir(join(home.folder, '.ssh', 'known_hosts'))
    await expect(loadKnownHosts(home.env, 'test', '/nowhere')).rejects.toMatchObject({
      code: 'trust.known-hosts-unreadable',
    })
  })
})
