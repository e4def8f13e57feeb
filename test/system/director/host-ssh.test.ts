import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSsh, until } from '../../support/director-host.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import type { Sshd, SshdOptions } from '../../support/servers/sshd.ts'
import { run } from '../../support/servers/sshd-user.ts'

const available = await sshdAvailable()
const why = available.ok ? '' : ` (skipped: ${available.why})`
const root = process.getuid?.() === 0

describe.skipIf(!available.ok)(`an ssh host that misbehaves${why}`, () => {
  let sshd: Sshd
  async function server(options: SshdOptions = {}): Promise<Sshd> {
    sshd = await startSshd(options)
    onTestFinished(() => sshd.stop())
    return sshd
  }

  it('says network.interrupted when the connection is cut under a script, and connects again for the next', async () => {
    await server()
    await using proxy = await FaultProxy.start({ targetPort: sshd.port })
    const host = await openSsh(sshd, { port: proxy.port })
    const output = host.stream('echo here; sleep 20')
    await output.next()
    const cut = { code: 'network.interrupted' }
    const running = expect(host.run('sleep 20')).rejects.toMatchObject(cut)
    const streaming = expect(output.next()).rejects.toMatchObject(cut)
    proxy.resetAll()
    await running
    await streaming
    expect((await host.run('echo back')).stdout.toString()).toBe('back\n')
    expect(proxy.count).toBe(2)
  })

  it('tells a script that was killed from a connection that was cut', async () => {
    const host = await openSsh(await server())
    expect(await host.run('kill -KILL $$')).toMatchObject({ exit: null, signal: 'SIGKILL' })
  })

  it('trusts no other key when it connects again', async () => {
    const host = await openSsh(await server())
    await sshd.restart({ newHostKey: 'ed25519' })
    await expect(
      (async () => {
        // The loss may show a moment later than the server is back.
        await host.run('echo').catch((err: { code?: string }) => {
          if (err.code !== 'network.interrupted') throw err
        })
        await host.run('echo')
      })(),
    ).rejects.toMatchObject({ code: 'trust.host-key-changed' })
  })

  it('says network.unreachable while the server is down', async () => {
    const host = await openSsh(await server())
    await sshd.down()
    await until(async () => {
      const err = (await host.run('echo').catch((err: unknown) => err)) as { code?: string }
      return err.code === 'network.unreachable'
    })
  })

  it('tells refused logins and unknown or changed host keys apart', async () => {
    await server()
    await expect(openSsh(sshd, { user: 'nobody-here' })).rejects.toMatchObject({ code: 'auth.rejected' })
    await expect(openSsh(sshd, { hostKey: undefined })).rejects.toMatchObject({
      code: 'trust.host-key-unknown',
    })
    await expect(openSsh(sshd, { hostKey: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'trust.host-key-changed',
    })
  })

  it.each([
    [
      'says something and ends',
      'ForceCommand echo "no shell for you"; exit 1',
      /no shell for you.*status 1/s,
    ],
    ['only does sftp', 'ForceCommand internal-sftp', /no shell/],
    ['ends at once', 'ForceCommand /bin/true', /“nothing” and ends with status 0/],
    ['talks for ever', 'ForceCommand yes', /and more/],
  ])(
    'says local.command for an account that %s',
    async (_, directive, detail) => {
      await server({ directives: [directive] })
      const quick = openSsh(sshd)
      await expect(quick).rejects.toMatchObject({ code: 'local.command' })
      await quick.catch((err: { detail?: string }) => expect(err.detail).toMatch(detail))
    },
    40_000,
  )

  it.skipIf(!root)('says local.command for a login whose shell is nologin', async () => {
    await server({ passwordUser: true })
    const user = sshd.passwordUser!
    await run('usermod', ['-s', '/usr/sbin/nologin', user.name])
    await expect(
      openSsh(sshd, { user: user.name, secrets: { password: user.password } }),
    ).rejects.toMatchObject({ code: 'local.command' })
  })

  it('reads past what a login shell says first', async () => {
    await server({ directives: ['ForceCommand echo Welcome; echo drydock; eval "$SSH_ORIGINAL_COMMAND"'] })
    const host = await openSsh(sshd)
    expect((await host.run('echo x')).stdout.toString()).toBe('x\n')
  })

  it('waits for its turn where few sessions are allowed, and says so when none comes free', async () => {
    await server({ directives: ['MaxSessions 2'] })
    const host = await openSsh(sshd)
    const said = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => (await host.run(`echo ${i}`)).stdout.toString()),
    )
    expect(said).toEqual(Array.from({ length: 8 }, (_, i) => `${i}\n`))
    const held = [host.stream('echo; sleep 60'), host.stream('echo; sleep 60')]
    for (const output of held) await output.next()
    await expect(host.run('echo')).rejects.toMatchObject({ code: 'remote.limit' })
    for (const output of held) await output.return({ exit: null, stderr: '' })
  })

  it('needs no sftp', async () => {
    await server({ subsystem: '/bin/false' })
    const host = await openSsh(sshd)
    const file = join(sshd.files, 'a')
    const binary = randomBytes(300_001)
    await host.writeFile(file, binary)
    expect((await host.readFile(file, binary.length)).equals(binary)).toBe(true)
  })

  it.skipIf(!root)('says auth.denied where a login may not write or read', async () => {
    await server({ passwordUser: true })
    const user = sshd.passwordUser!
    const host = await openSsh(sshd, { user: user.name, secrets: { password: user.password } })
    await writeFile(join(sshd.folder, 'mine'), 'x', { mode: 0o600 })
    const denied = { code: 'auth.denied' }
    await expect(host.readFile(join(sshd.folder, 'mine'), 10)).rejects.toMatchObject(denied)
    await expect(host.writeFile(join(sshd.folder, 'new'), Buffer.from('x'))).rejects.toMatchObject(denied)
    // A foreign file in a folder of one's own: its owner could not be kept.
    await writeFile(join(user.home, 'theirs'), 'x')
    await expect(host.writeFile(join(user.home, 'theirs'), Buffer.from('y'))).rejects.toMatchObject(denied)
    expect(await readFile(join(user.home, 'theirs'), 'utf8')).toBe('x')
    await host.writeFile('relative.yml', Buffer.from('z'))
    expect(await readFile(join(user.home, 'relative.yml'), 'utf8')).toBe('z')
  })
})
