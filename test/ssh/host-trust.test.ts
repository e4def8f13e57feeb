import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SshConnection } from '../../electron/engine/ssh/ssh-connection.ts'
import type { SshContext, SshHost } from '../../electron/engine/ssh/ssh-target.ts'
import type { HostKeyQuestion } from '../../electron/engine/store/server-record.ts'
import { testHome } from '../support/servers/sftp-place.ts'
import type { TestHome } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { run } from '../support/servers/sshd-user.ts'

const available = await sshdAvailable()
const stranger = `SHA256:${'A'.repeat(43)}`

describe.skipIf(!available.ok)(`ssh host keys${available.ok ? '' : ` (skipped: ${available.why})`}`, () => {
  let sshd: Sshd
  let home: TestHome
  let name: string
  beforeAll(async () => {
    sshd = await startSshd()
    home = await testHome()
    name = `[127.0.0.1]:${sshd.port}`
  })
  afterAll(async () => {
    await sshd?.stop()
    await home?.remove()
  })

  /** How the key was trusted, or the failure. */
  async function tryHost(host: Partial<SshHost> = {}, context: Partial<SshContext> = {}) {
    const target = { host: sshd.host, port: sshd.port, user: sshd.user, ...host }
    const full = { env: home.env, log: () => {}, systemKnownHosts: '/nowhere', ...context }
    const connection = await SshConnection.open(target, { privateKey: sshd.privateKey }, full, {
      during: 'test',
    })
    connection.close()
    return connection.trusted.map(hop => hop.by)
  }

  it('goes on when the pinned fingerprint is the shown one', async () => {
    expect(await tryHost({ hostKey: await sshd.hostFingerprint() })).toEqual(['pin'])
  })

  it('stops hard at another key than the pinned one, telling both, and asks nobody', async () => {
    const asked: unknown[] = []
    const confirmHostKey = async (question: HostKeyQuestion) => asked.push(question) > 0
    const failing = tryHost({ hostKey: stranger }, { confirmHostKey })
    await expect(failing).rejects.toMatchObject({ code: 'trust.host-key-changed' })
    const detail = await failing.then(
      () => '',
      (err: { detail: string }) => err.detail,
    )
    expect(detail).toContain(stranger)
    expect(detail).toContain(await sshd.hostFingerprint())
    expect(asked).toEqual([])
  })

  it('finds the key of a server with two keys whose second one is pinned', async () => {
    const file = join(sshd.folder, 'second_key')
    await run('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', file])
    await sshd.restart({ directives: [`HostKey ${file}`] })
    const second = (await run('ssh-keygen', ['-l', '-f', `${file}.pub`])).split(' ')[1]
    expect(await tryHost({ hostKey: second })).toEqual(['pin'])
    expect(await tryHost({ hostKey: await sshd.hostFingerprint() })).toEqual(['pin'])
    await expect(tryHost({ hostKey: stranger })).rejects.toMatchObject({ code: 'trust.host-key-changed' })
    // Known only by its second key: that one is asked for.
    const scanned = await run('ssh-keyscan', ['-t', 'ecdsa', '-p', String(sshd.port), '127.0.0.1'])
    await home.knownHosts(scanned)
    expect(await tryHost()).toEqual(['known-hosts'])
    await sshd.restart({ directives: [] })
    await expect(tryHost()).rejects.toMatchObject({ code: 'trust.host-key-changed' })
  })

  it('trusts what ssh-keyscan wrote, plain and hashed', async () => {
    const scanned = await run('ssh-keyscan', ['-p', String(sshd.port), '127.0.0.1'])
    expect(scanned).toContain(name)
    await home.knownHosts(scanned)
    expect(await tryHost()).toEqual(['known-hosts'])
    await run('ssh-keygen', ['-q', '-H', '-f', join(home.folder, '.ssh', 'known_hosts')])
    expect(await tryHost()).toEqual(['known-hosts'])
  })

  it('trusts an equal key known under the bare name, and learns nothing from another one there', async () => {
    await home.knownHosts(`127.0.0.1 ${await sshd.hostPublicKey()}\n`)
    expect(await tryHost()).toEqual(['known-hosts'])
    await home.knownHosts(`127.0.0.1 ${await otherKey()}\n`)
    await expect(tryHost()).rejects.toMatchObject({ code: 'trust.host-key-unknown' })
  })

  it('stops hard at a key that changed, telling both and where the old one stands, and asks nobody', async () => {
    const old = await sshd.hostFingerprint()
    await home.knownHosts(`# mine\n${name} ${await sshd.hostPublicKey()}\n`)
    await sshd.restart({ newHostKey: 'ed25519' })
    const asked: unknown[] = []
    const failing = tryHost({}, { confirmHostKey: async question => asked.push(question) > 0 })
    await expect(failing).rejects.toMatchObject({ code: 'trust.host-key-changed' })
    const detail = await failing.then(
      () => '',
      (err: { detail: string }) => err.detail,
    )
    expect(detail).toContain(old)
    expect(detail).toContain(await sshd.hostFingerprint())
    expect(detail).toContain('known_hosts:2')
    expect(asked).toEqual([])
  })

  it('refuses a revoked key, even a pinned or a known one', async () => {
    const key = await sshd.hostPublicKey()
    await home.knownHosts(`${name} ${key}\n@revoked * ${key}\n`)
    await expect(tryHost()).rejects.toMatchObject({ code: 'trust.host-key-revoked' })
    await expect(tryHost({ hostKey: await sshd.hostFingerprint() })).rejects.toMatchObject({
      code: 'trust.host-key-revoked',
    })
  })

  it('does not take a certificate authority for a host key, and says why', async () => {
    await home.knownHosts(`@cert-authority * ${await sshd.hostPublicKey()}\n`)
    await expect(tryHost()).rejects.toMatchObject({
      code: 'trust.host-key-unknown',
      detail: expect.stringContaining('@cert-authority') as string,
    })
  })

  it('fails closed when known_hosts cannot be read', async () => {
    const broken = await testHome()
    try {
      await run('mkdir', [join(broken.folder, '.ssh', 'known_hosts')])
      await expect(tryHost({}, { env: broken.env })).rejects.toMatchObject({
        code: 'trust.known-hosts-unreadable',
      })
    } finally {
      await broken.remove()
    }
  })

  it('refuses an unknown key when nobody can be asked, telling its fingerprint', async () => {
    await home.knownHosts('')
    await expect(tryHost()).rejects.toMatchObject({
      code: 'trust.host-key-unknown',
      detail: expect.stringContaining(await sshd.hostFingerprint()) as string,
    })
  })

  it('asks about an unknown key, goes on with yes and stops with no', async () => {
    await home.knownHosts('')
    const questions: HostKeyQuestion[] = []
    const answer = (yes: boolean) => async (question: HostKeyQuestion) => {
      questions.push(question)
      return yes
    }
    expect(await tryHost({}, { confirmHostKey: answer(true) })).toEqual(['confirmed'])
    await expect(tryHost({}, { confirmHostKey: answer(false) })).rejects.toMatchObject({
      code: 'trust.host-key-unknown',
    })
    const fingerprint = await sshd.hostFingerprint()
    expect(questions).toEqual(
      Array.from({ length: 2 }, () => ({
        host: sshd.host,
        port: sshd.port,
        keyType: 'ssh-ed25519',
        fingerprint,
      })),
    )
  })

  async function otherKey(): Promise<string> {
    const file = join(home.folder, `other-${performance.now()}`)
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    return (await run('ssh-keygen', ['-y', '-f', file])).split(' ').slice(0, 2).join(' ').trim()
  }
})
