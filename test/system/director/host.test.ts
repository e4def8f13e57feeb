import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Host } from '../../../electron/engine/system/director/host/host.ts'
import { noFile, shellWord } from '../../../electron/engine/system/director/host/host.ts'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import { everythingInPs, localMachine, runs, sshMachine, until } from '../../support/director-host.ts'
import type { TestMachine } from '../../support/director-host.ts'
import { sshdAvailable } from '../../support/servers/sshd.ts'
import { run } from '../../support/servers/sshd-user.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { mountSmallDisk, smallDisksAvailable } from '../../support/small-disk.ts'

const smallDisks = await smallDisksAvailable()
const named = (name: string) => (smallDisks.ok ? name : `${name} (skipped: ${smallDisks.why})`)

const available = await sshdAvailable()
const why = available.ok ? '' : ` (skipped: ${available.why})`
const root = process.getuid?.() === 0
const posix = process.platform !== 'win32'

/** Every byte there is, and no multiple of any buffer. */
const binary = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), randomBytes(1_000_003)])
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function collect(output: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of output) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe.each([
  { name: 'this machine', make: localMachine, can: posix, there: 'local' },
  { name: `a machine over ssh${why}`, make: () => sshMachine(), can: available.ok, there: 'remote' },
])('$name as a host', ({ make, can, there }) => {
  const suite = describe.skipIf(!can)
  suite('', () => {
    let machine: TestMachine
    let host: Host
    beforeAll(async () => {
      machine = await make()
    })
    afterAll(() => machine?.stop())
    const opened = async () => (host = await machine.open())

    it('gives what a script says and how it ends, bytes for bytes', async () => {
      await opened()
      const result = await host.run('cat; echo oh >&2; exit 3', { input: binary, maxOutput: 2_000_000 })
      expect(result).toMatchObject({ exit: 3, signal: null, stderr: 'oh\n' })
      expect(sha256(result.stdout)).toBe(sha256(binary))
    })

    it('ends a script with its input when it is given none', async () => {
      await opened()
      expect((await host.run('cat; echo done')).stdout.toString()).toBe('done\n')
    })

    it('does not wait for an input that nobody reads', async () => {
      await opened()
      expect((await host.run('exit 4', { input: Buffer.alloc(4_000_000) })).exit).toBe(4)
    })

    it('refuses more output than is allowed, and ends the script', async () => {
      await opened()
      const pids = join(await tempFolder(), 'pid')
      await expect(
        host.run(`echo $$ > ${shellWord(pids)}; yes`, { maxOutput: 100_000 }),
      ).rejects.toMatchObject({ code: 'remote.limit' })
      const pid = Number(await readFile(pids, 'utf8'))
      await until(async () => !(await runs(pid)))
    })

    it('says network.stalled when the time is over, and ends the script and what it has started', async () => {
      await opened()
      const pids = join(await tempFolder(), 'pid')
      await expect(
        host.run(`sleep 1000 & echo $! > ${shellWord(pids)}; wait`, { timeoutMs: 1500 }),
      ).rejects.toMatchObject({ code: 'network.stalled' })
      const pid = Number(await readFile(pids, 'utf8'))
      await until(async () => !(await runs(pid)))
    })

    it('ends a script that is cancelled', async () => {
      await opened()
      const pids = join(await tempFolder(), 'pid')
      const cancel = new AbortController()
      const running = host.run(`echo $$ > ${shellWord(pids)}; sleep 1000`, { signal: cancel.signal })
      const ending = expect(running).rejects.toMatchObject({ code: 'cancelled' })
      await until(async () => (await readFile(pids, 'utf8').catch(() => '')).endsWith('\n'))
      cancel.abort()
      await ending
      const pid = Number(await readFile(pids, 'utf8'))
      await until(async () => !(await runs(pid)))
      await expect(host.run('echo', { signal: cancel.signal })).rejects.toMatchObject({ code: 'cancelled' })
    })

    it('streams both ways, and tells how it ended', async () => {
      await opened()
      async function* input() {
        for (let at = 0; at < binary.length; at += 50_000) yield binary.subarray(at, at + 50_000)
      }
      const output = host.stream('cat; echo last words >&2; exit 6', { input: input() })
      const pieces: Uint8Array[] = []
      let next = await output.next()
      for (; !next.done; next = await output.next()) pieces.push(next.value)
      expect(sha256(Buffer.concat(pieces))).toBe(sha256(binary))
      expect(next.value).toEqual({ exit: 6, stderr: 'last words\n' })
    })

    it('takes from an endless script no more than is asked for, and ends it when the loop ends', async () => {
      await opened()
      let pid = 0
      let seen = 0
      for await (const piece of host.stream('echo $$; exec yes')) {
        pid ||= Number(Buffer.from(piece).toString().split('\n')[0])
        seen += piece.length
        if (seen > 3_000_000) break
      }
      expect(pid).toBeGreaterThan(0)
      await until(async () => !(await runs(pid)))
    })

    it('fails a stream whose input fails, and ends the script', async () => {
      await opened()
      async function* input() {
        yield Buffer.from('half')
        throw new Error('the server went away')
      }
      await expect(collect(host.stream('cat; sleep 1000', { input: input() }))).rejects.toThrow(
        'the server went away',
      )
    })

    it('serves twenty callers at once', async () => {
      await opened()
      const said = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => (await host.run(`echo ${i}`)).stdout.toString()),
      )
      expect(said).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n`))
    })

    it('reads a file of any name, and no more of it than is allowed', async () => {
      await opened()
      const folder = await tempFolder()
      for (const name of ['it\'s $HOME `x` \\ "q"', '-n', 'two\nlines', 'ümlaut']) {
        await writeFile(join(folder, name), binary)
        expect(sha256(await host.readFile(join(folder, name), binary.length))).toBe(sha256(binary))
      }
      await expect(host.readFile(join(folder, '-n'), binary.length - 1)).rejects.toMatchObject({
        code: 'remote.limit',
      })
      await expect(host.readFile(join(folder, 'absent'), 10)).rejects.toMatchObject({
        code: `${there}.not-found`,
      })
      await expect(host.readFile(folder, 10)).rejects.toMatchObject({
        code: `${there}.not-found`,
        detail: noFile,
      })
      await run('mkfifo', [join(folder, 'pipe')])
      await expect(host.readFile(join(folder, 'pipe'), 10)).rejects.toMatchObject({
        code: `${there}.not-found`,
        detail: noFile,
      })
    })

    it('writes a new file with its mode, and replaces one keeping its mode, its owner and the old content', async () => {
      await opened()
      const folder = await tempFolder()
      const file = join(folder, "restore 'me'.yml")
      await host.writeFile(file, binary, { mode: 0o640 })
      expect(sha256(await readFile(file))).toBe(sha256(binary))
      expect((await stat(file)).mode & 0o7777).toBe(0o640)
      await chmod(file, 0o604)
      if (root) await chown(file, 65534, 65534)
      await host.writeFile(file, Buffer.from('new\n'), { mode: 0o777, keepAs: 'old.yml' })
      const now = await stat(file)
      expect(await readFile(file, 'utf8')).toBe('new\n')
      expect(now.mode & 0o7777).toBe(0o604)
      if (root) expect([now.uid, now.gid]).toEqual([65534, 65534])
      expect(sha256(await readFile(join(folder, 'old.yml')))).toBe(sha256(binary))
      await expect(host.writeFile(file, Buffer.from('x'), { keepAs: 'old.yml' })).rejects.toMatchObject({
        code: 'remote.exists',
      })
      expect(await readFile(file, 'utf8')).toBe('new\n')
      expect((await readdir(folder)).sort()).toEqual(['old.yml', "restore 'me'.yml"])
    })

    it('replaces the file that a link names, and leaves the link', async () => {
      await opened()
      const folder = await tempFolder()
      await mkdir(join(folder, 'real'))
      await writeFile(join(folder, 'real', 'a.yml'), 'old')
      await symlink('real/a.yml', join(folder, 'a.yml'))
      await host.writeFile(join(folder, 'a.yml'), Buffer.from('new'))
      expect(await readlink(join(folder, 'a.yml'))).toBe('real/a.yml')
      expect(await readFile(join(folder, 'real', 'a.yml'), 'utf8')).toBe('new')
    })

    it('says what is in the way of a write, and leaves nothing behind', async () => {
      await opened()
      const folder = await tempFolder()
      await expect(host.writeFile(join(folder, 'no', 'a'), Buffer.from('x'))).rejects.toMatchObject({
        code: `${there}.not-found`,
      })
      await mkdir(join(folder, 'folder'))
      await expect(host.writeFile(join(folder, 'folder'), Buffer.from('x'))).rejects.toThrow()
      expect(await readdir(folder)).toEqual(['folder'])
    })

    it.skipIf(!smallDisks.ok)(named('says that a disk is full, and leaves the old file'), async () => {
      await opened()
      const folder = await tempFolder()
      await mountSmallDisk(folder, '64k')
      await host.writeFile(join(folder, 'a'), Buffer.from('old'))
      await expect(host.writeFile(join(folder, 'a'), Buffer.alloc(1_000_000))).rejects.toMatchObject({
        code: `${there}.full`,
      })
      expect(await readdir(folder)).toEqual(['a'])
      expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old')
    })

    it('opens a stream to where the host can reach', async () => {
      await opened()
      const server = createServer(socket => socket.end('hello'))
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const stream = await host.forward('127.0.0.1', (server.address() as AddressInfo).port)
      expect((await collect(stream)).toString()).toBe('hello')
    })

    it('shows a script, and what goes into it, in no list of processes when it is over ssh', async () => {
      if (there === 'local') return
      await opened()
      const secret = `cAnary${randomBytes(6).toString('hex')}`
      const output = host.stream(`: ${secret}; cat >/dev/null & echo ready; wait`, {
        input: (async function* () {
          yield Buffer.from(secret)
        })(),
      })
      await output.next()
      expect(await everythingInPs()).not.toContain(secret)
      await output.return({ exit: null, stderr: '' })
    })
  })
})

describe('this machine without a shell', () => {
  it('says local.command, and still reads files', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'a'), 'x')
    const host = new LocalHost({ PATH: folder })
    await expect(host.run('echo')).rejects.toMatchObject({ code: 'local.command' })
    expect((await host.readFile(join(folder, 'a'), 10)).toString()).toBe('x')
  })

  it('hands no setting of Drydock itself to a script', async () => {
    const host = new LocalHost({ ...process.env, DRYDOCK_PASSPHRASE: 'x', PLAIN: 'y' })
    expect((await host.run('echo "${DRYDOCK_PASSPHRASE-none} $PLAIN"')).stdout.toString()).toBe('none y\n')
  })
})
