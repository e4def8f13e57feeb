import { createHash, randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { run } from '../support/servers/sshd-user.ts'

const available = await sshdAvailable()
const root = process.getuid?.() === 0
const suite = describe.skipIf(!available.ok)
const why = available.ok ? '' : ` (skipped: ${available.why})`
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const overOpenSsh = 'sftp: large transfers go over OpenSSH'
const without = 'sftp: large transfers go on without OpenSSH'

/** A log that can be waited for. */
function logBook() {
  const lines: { message: string; fields: Record<string, unknown> }[] = []
  const said = Promise.withResolvers<string>()
  const log = (_level: string, message: string, fields: Record<string, unknown> = {}) => {
    lines.push({ message, fields })
    said.resolve(message)
  }
  return { log, lines, said: said.promise, messages: () => lines.map(line => line.message) }
}

suite(`sftp: large transfers over OpenSSH${why}`, () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  /** Sends parts of 8 MiB, the later ones only when the log has told which way large transfers go. */
  async function send(name: string, options: Parameters<typeof openSftp>[2], place = sshd) {
    const book = logBook()
    const store = await openSftp(place, place.files, {
      ...options,
      context: { ...options?.context, log: book.log },
    })
    const parts = Array.from({ length: 9 }, () => randomBytes(8 * MiB))
    const upload = await store.upload(name)
    for (const [index, bytes] of parts.entries()) {
      if (index === 6) await book.said
      await upload.write({ index, offset: index * 8 * MiB, bytes })
    }
    const body = Buffer.concat(parts)
    await upload.commit({ bytes: body.length, parts: parts.length })
    expect(sha(await readFile(join(place.files, name)))).toBe(sha(body))
    return { store, book, body }
  }

  it('moves an upload and a read to it under way, and every byte arrives once', async () => {
    const logins = () => sshd.log().split('Accepted publickey').length - 1
    const before = logins()
    const { store, book, body } = await send('moved.bin', {})
    expect(book.messages()).toEqual([overOpenSsh])
    expect(sha(await all(store.read('moved.bin', { offset: 0 })))).toBe(sha(body))
    const middle = { offset: 5, length: 40 * MiB }
    expect(sha(await all(store.read('moved.bin', middle)))).toBe(sha(body.subarray(5, 5 + 40 * MiB)))
    // The parts went to the server side by side on two logins, not more.
    expect(logins() - before).toBe(2)
    await store.close()
  })

  it('reads a large file from its first byte, before it is known which way is taken', async () => {
    const body = randomBytes(70 * MiB)
    await writeFile(join(sshd.files, 'large.bin'), body)
    const book = logBook()
    const store = await openSftp(sshd, sshd.files, { context: { log: book.log } })
    expect(sha(await all(store.read('large.bin', { offset: 0 })))).toBe(sha(body))
    expect(await book.said).toBe(overOpenSsh)
    await store.close()
  })

  it('opens no second connection for small transfers', async () => {
    const book = logBook()
    const store = await openSftp(sshd, sshd.files, { context: { log: book.log } })
    for (const name of ['s1', 's2', 's3']) {
      await store.put(name, randomBytes(MiB))
      await all(store.read(name, { offset: 0 }))
    }
    await store.close()
    expect(book.messages()).toEqual([])
  })

  it('leaves neither key, known hosts nor socket behind, and shows no secret to other processes', async () => {
    // Other tests use the machine's own folder for temporary files at the same time.
    const own = await mkdtemp(join(tmpdir(), 'drydock-tmp-'))
    vi.stubEnv('TMPDIR', own)
    const { store } = await send('clean.bin', {}).finally(() => vi.unstubAllEnvs())
    expect(await readdir(own)).toEqual([])
    const [mine] = await sshProcesses(sshd.port)
    expect(mine?.args).toContain('StrictHostKeyChecking=yes')
    expect(`${mine?.args}${mine?.env}`).not.toContain('PRIVATE KEY')
    expect(mine?.env).not.toContain('SSH_AUTH_SOCK')
    // It was in there that the login was made ready.
    expect(mine?.args).toContain(`IdentityAgent=${own}`)
    await store.close()
    await rm(own, { recursive: true })
  })

  it.each([
    ['ed25519', []],
    ['ecdsa', ['-b', '256']],
    ['ecdsa', ['-b', '384']],
    ['ecdsa', ['-b', '521']],
    ['rsa', ['-b', '2048']],
    ['rsa', ['-b', '2048', '-m', 'PEM']],
  ])('logs in with an encrypted key of type %s %j', async (type, more) => {
    const file = join(sshd.folder, `key-${randomBytes(4).toString('hex')}`)
    await run('ssh-keygen', ['-q', '-t', type, ...more, '-N', 'right horse', '-f', file])
    await appendFile(`${sshd.privateKeyFile}.pub`, await readFile(`${file}.pub`))
    const secrets = { privateKey: await readFile(file, 'utf8'), keyPassphrase: 'right horse' }
    // Signatures of ECDSA differ in length from one to the next.
    for (let i = 0; i < (type === 'ecdsa' ? 4 : 1); i += 1) {
      const store = await openSftp(sshd, sshd.files, { bulk: 'always', secrets })
      await store.put('typed.bin', Buffer.from(type))
      expect(Buffer.from(await all(store.read('typed.bin', { offset: 0 }))).toString()).toBe(type)
      await store.close()
    }
  })

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)(
    'trusts the verified host key of type %s',
    async hostKeyType => {
      const server = await startSshd({ hostKeyType })
      const store = await openSftp(server, server.files, { bulk: 'always' })
      await store.put('hosted.bin', Buffer.from('x'))
      await store.close()
      await server.stop()
    },
  )

  it('logs in with the agent when the store does', async () => {
    const socket = join(sshd.folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await once(agent.stdout, 'readable')
      const env = { HOME: sshd.folder, SSH_AUTH_SOCK: socket }
      const options = { env: { ...process.env, ...env }, stdio: 'ignore' } as const
      await once(spawn('ssh-add', ['-q', sshd.privateKeyFile], options), 'exit')
      const store = await openSftp(sshd, sshd.files, { bulk: 'always', secrets: {}, context: { env } })
      await store.put('by-agent.bin', Buffer.from('x'))
      await store.close()
    } finally {
      agent.kill()
      await once(agent, 'exit')
    }
  })

  it('goes on without it, and says why, where there is no ssh', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'drydock-path-'))
    const { store, book } = await send('no-ssh.bin', { context: { env: { HOME: sshd.folder, PATH: empty } } })
    expect(book.messages()).toEqual([without])
    expect(book.lines[0]?.fields['reason']).toContain('ENOENT')
    expect(await readdir(empty)).toEqual([])
    await store.close()
    await rm(empty, { recursive: true })
  })

  it('goes on without it, and says why, where ssh does not know an option', async () => {
    const path = await mkdtemp(join(tmpdir(), 'drydock-path-'))
    await writeFile(join(path, 'ssh'), '#!/bin/sh\necho Bad configuration option >&2\nexit 255\n')
    await chmod(join(path, 'ssh'), 0o755)
    const { store, book } = await send('old-ssh.bin', { context: { env: { HOME: sshd.folder, PATH: path } } })
    expect(book.messages()).toEqual([without])
    expect(book.lines[0]?.fields['reason']).toContain('Bad configuration option')
    await store.close()
    await rm(path, { recursive: true })
  })

  it.skipIf(!root)('stays on ssh2 for a login by password', async () => {
    const server = await startSshd({ passwordUser: true })
    const { name, password } = server.passwordUser as NonNullable<Sshd['passwordUser']>
    await chmod(server.files, 0o777)
    const options = { record: { user: name }, secrets: { password } }
    const { store, book } = await send('password.bin', options, server)
    expect(book.lines[0]?.fields['reason']).toBe('the login is by password')
    await store.close()
    await server.stop()
  })

  it('ends the part under way when ssh dies, and the upload goes on over the other way', async () => {
    const book = logBook()
    const store = await openSftp(sshd, sshd.files, { bulk: 'auto', context: { log: book.log } })
    const parts = Array.from({ length: 10 }, () => randomBytes(8 * MiB))
    const upload = await store.upload('killed.bin')
    let killed = 0
    for (const [index, bytes] of parts.entries()) {
      if (index === 6) await book.said
      const part = { index, offset: index * 8 * MiB, bytes }
      const gate = async () => {
        if (index !== 8 || killed > 0) return
        for (const { pid } of await sshProcesses(sshd.port)) process.kill(pid, 'SIGKILL')
        killed += 1
      }
      await upload.write(part, { gate }).catch(async (err: unknown) => {
        expect(err).toMatchObject({ code: 'network.interrupted' })
        killed += 1
        await upload.write(part)
      })
    }
    expect(killed).toBe(2)
    const body = Buffer.concat(parts)
    await upload.commit({ bytes: body.length, parts: 10 })
    expect(sha(await readFile(join(sshd.files, 'killed.bin')))).toBe(sha(body))
    await store.close()
  })

  it('is gone when the store is closed', async () => {
    const { store } = await send('gone.bin', {})
    const [one] = await sshProcesses(sshd.port)
    expect(one).toBeDefined()
    await store.close()
    await expect.poll(() => sshProcesses(sshd.port), { timeout: 10_000 }).toEqual([])
  })
})

/** Processes of ours that talk to that port, as any process of the same user sees them. */
async function sshProcesses(port: number): Promise<{ pid: number; args: string; env: string }[]> {
  const found = []
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const read = (what: string) => readFile(join('/proc', pid, what), 'utf8').catch(() => '')
    const args = (await read('cmdline')).split('\0').join(' ')
    if (args.startsWith('ssh -F none') && args.includes(` -p ${port} `))
      found.push({ pid: Number(pid), args, env: await read('environ') })
  }
  return found
}
