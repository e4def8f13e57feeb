import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SshConnection } from '../../electron/engine/ssh/ssh-connection.ts'
import type { SshContext, SshHost, SshLogin } from '../../electron/engine/ssh/ssh-target.ts'
import { freePort } from '../support/free-port.ts'
import { testHome } from '../support/servers/sftp-place.ts'
import type { TestHome } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { run } from '../support/servers/sshd-user.ts'

const available = await sshdAvailable()
const root = process.getuid?.() === 0
const suite = describe.skipIf(!available.ok)
const why = available.ok ? '' : ` (skipped: ${available.why})`

type Attempt = { login: SshLogin; host?: Partial<SshHost>; context?: Partial<SshContext>; jump?: SshHost }

/** Logs in and out again. Answers how each host on the way was trusted. */
async function logIn(sshd: Sshd, { login, host, context, jump }: Attempt) {
  const target: SshHost = { host: sshd.host, port: sshd.port, user: sshd.user, ...host }
  if (!host || !('hostKey' in host)) target.hostKey = await sshd.hostFingerprint()
  const full = { env: { HOME: sshd.folder }, log: () => {}, systemKnownHosts: '/nowhere', ...context }
  const connection = await SshConnection.open(target, login, full, { jump, during: 'test' })
  connection.close()
  return connection.trusted.map(hop => `${hop.host.port} ${hop.by}`)
}

suite(`ssh login with a key${why}`, () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  /** The user's key again, in another dress. */
  async function dressed(...args: string[]): Promise<string> {
    const file = join(sshd.folder, 'dressed')
    await writeFile(file, sshd.privateKey, { mode: 0o600 })
    await run('ssh-keygen', ['-q', '-p', '-P', '', ...args, '-f', file])
    const text = await readFile(file, 'utf8')
    await rm(file)
    return text
  }

  it('logs in with a key that has no passphrase', async () => {
    expect(await logIn(sshd, { login: { privateKey: sshd.privateKey } })).toEqual([`${sshd.port} pin`])
  })

  it('opens an encrypted key with its passphrase, and says so when it is wrong or missing', async () => {
    const privateKey = await dressed('-N', 'right horse')
    expect(await logIn(sshd, { login: { privateKey, keyPassphrase: 'right horse' } })).toHaveLength(1)
    for (const keyPassphrase of ['wrong horse', undefined])
      await expect(logIn(sshd, { login: { privateKey, keyPassphrase } })).rejects.toMatchObject({
        code: 'auth.passphrase',
      })
  })

  it('says that the passphrase is wrong for an encrypted PEM key too', async () => {
    const file = join(sshd.folder, 'pem')
    await run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'right horse', '-f', file])
    const privateKey = await readFile(file, 'utf8')
    await expect(logIn(sshd, { login: { privateKey, keyPassphrase: 'wrong horse' } })).rejects.toMatchObject({
      code: 'auth.passphrase',
    })
    // It opens with the right one, and then it is the server that does not know it.
    await expect(logIn(sshd, { login: { privateKey, keyPassphrase: 'right horse' } })).rejects.toMatchObject({
      code: 'auth.rejected',
    })
  })

  it('refuses what is no private key without telling what it was', async () => {
    for (const privateKey of ['gibberish-secret', await readFile(`${sshd.privateKeyFile}.pub`, 'utf8')]) {
      const failing = logIn(sshd, { login: { privateKey } })
      await expect(failing).rejects.toMatchObject({ code: 'input.invalid' })
      await failing.catch((err: Error) => expect(err.message).not.toContain('gibberish'))
    }
  })

  it('says auth.rejected for a key the server does not know, and what the server takes', async () => {
    const file = join(sshd.folder, 'stranger')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    await expect(logIn(sshd, { login: { privateKey: await readFile(file, 'utf8') } })).rejects.toMatchObject({
      code: 'auth.rejected',
      detail: 'tried publickey; the server takes publickey',
    })
  })

  it('asks the agent when there is no secret, and says auth.secret-missing without one', async () => {
    const socket = join(sshd.folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await once(agent.stdout, 'readable')
      const env = { HOME: sshd.folder, SSH_AUTH_SOCK: socket }
      await expect(logIn(sshd, { login: {}, context: { env } })).rejects.toMatchObject({
        code: 'auth.rejected',
      })
      const add = spawn('ssh-add', ['-q', sshd.privateKeyFile], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      })
      await once(add, 'exit')
      expect(await logIn(sshd, { login: {}, context: { env } })).toHaveLength(1)
    } finally {
      agent.kill()
      await once(agent, 'exit')
    }
    await expect(logIn(sshd, { login: {} })).rejects.toMatchObject({ code: 'auth.secret-missing' })
    const gone = { HOME: sshd.folder, SSH_AUTH_SOCK: socket }
    await expect(logIn(sshd, { login: {}, context: { env: gone } })).rejects.toMatchObject({
      code: 'auth.rejected',
      detail: expect.stringContaining('agent could not be asked') as string,
    })
  })

  it('says network.unknown-host for a name that does not exist', async () => {
    const host = { host: 'no-such-host.invalid' }
    await expect(logIn(sshd, { login: { password: 'x' }, host })).rejects.toMatchObject({
      code: 'network.unknown-host',
    })
  })

  it('says network.unreachable where nobody listens', async () => {
    const host = { port: await freePort() }
    await expect(logIn(sshd, { login: { password: 'x' }, host })).rejects.toMatchObject({
      code: 'network.unreachable',
    })
  })

  it('says network.unreachable when the server hangs up before it says hello', async () => {
    const rude = createServer(socket => socket.end())
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    const host = { port: (rude.address() as AddressInfo).port }
    await expect(logIn(sshd, { login: { password: 'x' }, host })).rejects.toMatchObject({
      code: 'network.unreachable',
    })
    rude.close()
  })

  it('refuses a server that offers only SHA-1 and CBC', async () => {
    await sshd.restart({ directives: ['Ciphers aes128-cbc', 'MACs hmac-sha1'] })
    await expect(logIn(sshd, { login: { privateKey: sshd.privateKey } })).rejects.toMatchObject({
      code: 'remote.unsupported',
    })
    await sshd.restart({ directives: ['Ciphers chacha20-poly1305@openssh.com'] })
    expect(await logIn(sshd, { login: { privateKey: sshd.privateKey } })).toHaveLength(1)
    await sshd.restart({ directives: [] })
  })
})

describe.skipIf(!available.ok || !root)(
  `ssh login with a password${why || (root ? '' : ' (skipped: not root)')}`,
  () => {
    it.each(['password', 'keyboard-interactive'] as const)(
      'logs in by %s, and not with a wrong one',
      async passwordBy => {
        const sshd = await startSshd({ passwordUser: true, passwordBy })
        try {
          const { name, password } = sshd.passwordUser as NonNullable<Sshd['passwordUser']>
          const host = { user: name }
          expect(
            await logIn(sshd, {
              login: { password },
              host: { ...host, hostKey: await sshd.hostFingerprint() },
            }),
          ).toHaveLength(1)
          const failing = logIn(sshd, {
            login: { password: 'wrong-horse' },
            host: { ...host, hostKey: await sshd.hostFingerprint() },
          })
          await expect(failing).rejects.toMatchObject({ code: 'auth.rejected' })
          await failing.catch((err: Error) => expect(err.message).not.toContain('wrong-horse'))
          // A key the server does not take first, the password after it.
          const login = { privateKey: sshd.privateKey, password }
          expect(
            await logIn(sshd, { login, host: { ...host, hostKey: await sshd.hostFingerprint() } }),
          ).toHaveLength(1)
        } finally {
          await sshd.stop()
        }
      },
    )
  },
)

suite(`ssh through a jump host${why}`, () => {
  let jumpHost: Sshd
  let sshd: Sshd
  let home: TestHome
  let login: SshLogin
  beforeAll(async () => {
    jumpHost = await startSshd()
    // One key opens both, as it does for `ssh -J`.
    sshd = await startSshd({ directives: [] })
    await writeFile(`${sshd.privateKeyFile}.pub`, await readFile(`${jumpHost.privateKeyFile}.pub`))
    home = await testHome()
    login = { privateKey: jumpHost.privateKey }
  })
  afterAll(async () => {
    await sshd?.stop()
    await jumpHost?.stop()
    await home?.remove()
  })
  const jumpWith = async (hostKey?: string): Promise<SshHost> => ({
    host: jumpHost.host,
    port: jumpHost.port,
    user: jumpHost.user,
    ...(hostKey ? { hostKey } : {}),
  })

  it('verifies each hop under its own name', async () => {
    const jump = await jumpWith(await jumpHost.hostFingerprint())
    expect(await logIn(sshd, { login, jump })).toEqual([`${jumpHost.port} pin`, `${sshd.port} pin`])
    await home.knownHosts(
      `[127.0.0.1]:${jumpHost.port} ${await jumpHost.hostPublicKey()}\n[127.0.0.1]:${sshd.port} ${await sshd.hostPublicKey()}\n`,
    )
    const context = { env: home.env }
    const host = { hostKey: undefined }
    expect(await logIn(sshd, { login, jump: await jumpWith(), host, context })).toEqual([
      `${jumpHost.port} known-hosts`,
      `${sshd.port} known-hosts`,
    ])
    expect(jumpHost.log()).toContain('Accepted publickey')
  })

  it('stops when either hop shows another key', async () => {
    const right = await jumpHost.hostFingerprint()
    const jump = await jumpWith(await sshd.hostFingerprint())
    await expect(logIn(sshd, { login, jump })).rejects.toMatchObject({ code: 'trust.host-key-changed' })
    const host = { hostKey: right }
    await expect(logIn(sshd, { login, jump: await jumpWith(right), host })).rejects.toMatchObject({
      code: 'trust.host-key-changed',
    })
  })

  it('says network.unreachable when the second leg cannot be had', async () => {
    const jump = await jumpWith(await jumpHost.hostFingerprint())
    const host = { port: await freePort(), hostKey: await sshd.hostFingerprint() }
    await expect(logIn(sshd, { login, jump, host })).rejects.toMatchObject({ code: 'network.unreachable' })
    await jumpHost.restart({ directives: ['AllowTcpForwarding no'] })
    await expect(logIn(sshd, { login, jump })).rejects.toMatchObject({ code: 'auth.denied' })
    await jumpHost.restart({ directives: [] })
  })
})
