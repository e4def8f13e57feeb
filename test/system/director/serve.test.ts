import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Writable } from 'node:stream'
import { Client } from 'basic-ftp'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Host } from '../../../electron/engine/system/director/host/host.ts'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import type {
  ServeFile,
  ServeRequest,
  Served,
} from '../../../electron/engine/system/director/job/serve-files.ts'
import { serveFiles, serving, stopServing } from '../../../electron/engine/system/director/job/serve-files.ts'
import { filesHolding } from '../../support/canary.ts'
import { everythingInPs, localMachine, sshMachine, until } from '../../support/director-host.ts'
import type { TestMachine } from '../../support/director-host.ts'
import { Terminal, begin, deployment, reason, specOf } from '../../support/director-job.ts'
import { ensureDebianPackages } from '../../support/servers/debian.ts'
import { sshdAvailable } from '../../support/servers/sshd.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { mountSmallDisk, smallDisksAvailable } from '../../support/small-disk.ts'

const smallDisks = await smallDisksAvailable()
const named = (name: string) => (smallDisks.ok ? name : `${name} (skipped: ${smallDisks.why})`)

const exec = promisify(execFile)
const python = await ensureDebianPackages(['python3', 'curl'])
const sshd = await sshdAvailable()
const lftp = await ensureDebianPackages(['lftp'])

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const mongo = randomBytes(3_000_017)
const postgres = Buffer.from('small')

function file(name: string, bytes: Buffer, change: Partial<ServeFile> = {}): ServeFile {
  return {
    name,
    size: bytes.length,
    sha256: sha256(bytes),
    read: async function* () {
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
    },
    ...change,
  }
}

let ids = 0
async function serve(host: Host, change: Partial<ServeRequest> = {}): Promise<Served & { id: string }> {
  const id = change.id ?? `serve-${process.pid}-${(ids += 1)}`
  onTestFinished(() => stopServing(host, id))
  const served = await serveFiles(host, {
    id,
    files: [file('mongo_latest.dump.gz', mongo), file('postgres_latest_dump.tar.gz', postgres)],
    allow: [],
    bind: null,
    job: id,
    ...change,
  })
  return { ...served, id }
}

/** The user and password go over a file: an argument would show them to everybody. */
async function curl(served: Served, path: string, ...args: string[]): Promise<Buffer> {
  const config = join(await tempFolder(), 'curl')
  await writeFile(config, `user = "${served.user}:${served.password}"\n`)
  const url = `ftp://${served.address}:${served.port}/${path}`
  const { stdout } = await exec('curl', ['-sS', '--fail', '-K', config, ...args, url], {
    encoding: 'buffer',
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
}

/** A bare control connection: says one line, gives the answer. */
async function talk(served: Served, from = '127.0.0.1') {
  const socket = createConnection({ host: served.address, port: served.port, localAddress: from })
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  let said = ''
  let closed = false
  socket.on('data', (text: string) => (said += text))
  socket.on('close', () => (closed = true))
  const answer = async (): Promise<string> => {
    await until(() => closed || /^\d{3} .*\r\n/m.test(said))
    const text = said
    said = ''
    return closed && text === '' ? 'closed' : text.trim()
  }
  const say = (line: string) => {
    socket.write(`${line}\r\n`)
    return answer()
  }
  const logIn = async () => {
    await say(`USER ${served.user}`)
    return say(`PASS ${served.password}`)
  }
  return { hello: await answer(), say, logIn, socket }
}

const portOf = (reply: string) => {
  const [, high, low] = /(\d+),(\d+)\)/.exec(reply) ?? []
  return Number(high) * 256 + Number(low)
}

describe.skipIf(!python.ok)(`files served on a deployment host${reason(python)}`, () => {
  let machine: TestMachine
  let host: Host
  beforeAll(async () => {
    machine = await localMachine()
    host = await machine.open()
  })
  afterAll(() => machine?.stop())

  it('are listed and fetched by curl, whole and from an offset, in both passive modes', async () => {
    const served = await serve(host)
    expect(served.files.map(({ sha256 }) => sha256)).toEqual([sha256(mongo), sha256(postgres)])
    for (const mode of [[], ['--disable-epsv']]) {
      expect(sha256(await curl(served, 'mongo_latest.dump.gz', ...mode))).toBe(sha256(mongo))
      expect(
        (await curl(served, 'mongo_latest.dump.gz', '-r', '3000000-', ...mode)).equals(
          mongo.subarray(3_000_000),
        ),
      ).toBe(true)
      expect((await curl(served, '', '-l', ...mode)).toString().trim().split(/\s+/)).toEqual([
        'mongo_latest.dump.gz',
        'postgres_latest_dump.tar.gz',
      ])
    }
    expect((await curl(served, 'postgres_latest_dump.tar.gz', '-I')).toString()).toMatch(
      /Content-Length: 5\b/,
    )
  })

  it('are fetched by basic-ftp, which the FTP store uses', async () => {
    const served = await serve(host)
    const client = new Client()
    onTestFinished(() => client.close())
    await client.access({
      host: served.address,
      port: served.port,
      user: served.user,
      password: served.password,
    })
    expect((await client.list()).map(({ name, size }) => [name, size])).toEqual([
      ['mongo_latest.dump.gz', mongo.length],
      ['postgres_latest_dump.tar.gz', 5],
    ])
    await client.cd('/')
    expect(await client.size('mongo_latest.dump.gz')).toBe(mongo.length)
    expect(Math.abs(Date.now() - (await client.lastMod('mongo_latest.dump.gz')).getTime())).toBeLessThan(
      3_600_000,
    )
    const pieces: Buffer[] = []
    const sink = new Writable({ write: (piece: Buffer, _, done) => (pieces.push(piece), done()) })
    await client.downloadTo(sink, 'mongo_latest.dump.gz', 1_000_000)
    expect(Buffer.concat(pieces).equals(mongo.subarray(1_000_000))).toBe(true)
  })

  it('are fetched by ftplib, as a Python script of the vendor would', async () => {
    const served = await serve(host)
    const script = `
import ftplib, hashlib, json, sys
where = json.load(sys.stdin)
ftp = ftplib.FTP()
ftp.connect(where['address'], where['port'])
ftp.login(where['user'], where['password'])
ftp.cwd('.')
digest = hashlib.sha256()
ftp.retrbinary('RETR mongo_latest.dump.gz', digest.update)
print(digest.hexdigest(), ' '.join(sorted(ftp.nlst())), ftp.quit())`
    const fetching = exec('python3', ['-c', script])
    fetching.child.stdin?.end(JSON.stringify(served))
    expect((await fetching).stdout.trim()).toBe(
      `${sha256(mongo)} mongo_latest.dump.gz postgres_latest_dump.tar.gz 221 bye`,
    )
  })

  it.skipIf(!lftp.ok)(`are mirrored by lftp${reason(lftp)}`, async () => {
    const served = await serve(host)
    const folder = await tempFolder()
    await exec(
      'lftp',
      [
        '-c',
        `set cmd:fail-exit yes; set ftp:ssl-allow no; open -p ${served.port} --env-password -u ${served.user} ${served.address}; mirror . ${folder}`,
      ],
      {
        env: { ...process.env, HOME: folder, LFTP_PASSWORD: served.password },
      },
    )
    expect(sha256(await readFile(join(folder, 'mongo_latest.dump.gz')))).toBe(sha256(mongo))
  })

  it('need the right user and password', async () => {
    const served = await serve(host)
    const wrong = await talk(served)
    expect(wrong.hello).toMatch(/^220/)
    expect(await wrong.say('RETR mongo_latest.dump.gz')).toMatch(/^530/)
    for (const [user, password] of [
      [served.user, `${served.password}x`],
      ['x', served.password],
      ['', ''],
    ]) {
      await wrong.say(`USER ${user}`)
      expect(await wrong.say(`PASS ${password}`)).toMatch(/^530/)
    }
    await until(() => wrong.socket.destroyed || wrong.socket.readableEnded)
    expect(await (await talk(served)).logIn()).toMatch(/^230/)
  })

  it('are all that can be fetched, and nothing can be put or changed', async () => {
    const served = await serve(host)
    const client = await talk(served)
    await client.logIn()
    for (const path of [
      '../serve.json',
      '/serve.py',
      '../../serve.py',
      '/etc/passwd',
      'files',
      '.',
      '',
      '\0',
    ])
      expect(await client.say(`RETR ${path}`), path).toMatch(/^550/)
    expect(await client.say('SIZE ../serve.json')).toMatch(/^550/)
    expect(await client.say('SIZE ./postgres_latest_dump.tar.gz')).toBe('213 5')
    expect(await client.say('CWD ..')).toMatch(/^250/)
    expect(await client.say('CWD /etc')).toMatch(/^550/)
    for (const line of [
      'STOR x',
      'APPE mongo_latest.dump.gz',
      'DELE mongo_latest.dump.gz',
      'RNFR mongo_latest.dump.gz',
      'MKD x',
      'SITE CHMOD 777 x',
    ])
      expect(await client.say(line), line).toMatch(/^550/)
    // Neither may it be told to connect anywhere.
    expect(await client.say('PORT 127,0,0,1,0,22')).toMatch(/^502/)
    expect(await client.say('EPRT |1|127.0.0.1|22|')).toMatch(/^502/)
    expect(await client.say('RETR mongo_latest.dump.gz')).toMatch(/^425/)
    expect(await client.say('REST -1')).toMatch(/^501/)
    expect(await client.say('XYZZY')).toMatch(/^502/)
    client.socket.write('x'.repeat(10_000))
    await until(() => client.socket.destroyed || client.socket.readableEnded)
  })

  it('are for the named addresses alone, also on the second connection', async () => {
    const served = await serve(host)
    expect((await talk(served, '127.0.0.5')).hello).toBe('closed')
    const client = await talk(served)
    await client.logIn()
    const port = portOf(await client.say('PASV'))
    const fetching = client.say('RETR postgres_latest_dump.tar.gz')
    const thief = createConnection({ host: served.address, port, localAddress: '127.0.0.5' })
    thief.on('error', () => {})
    let stolen = ''
    thief.on('data', (bytes: Buffer) => (stolen += bytes.toString()))
    await once(thief, 'close')
    const right = createConnection({ host: served.address, port })
    const [bytes] = (await once(right, 'data')) as [Buffer]
    expect(bytes.toString()).toBe('small')
    expect(await fetching).toMatch(/^150[^]*226/)
    expect(stolen).toBe('')

    const open = await serve(host, { allow: ['127.0.0.5'] })
    expect(open.address).toBe('127.0.0.1')
    expect((await talk(open, '127.0.0.5')).hello).toMatch(/^220/)
    expect((await talk(open, '127.0.0.6')).hello).toBe('closed')
  })

  it('take a bounded number of connections, and more when some have gone', async () => {
    const served = await serve(host)
    const many = await Promise.all(Array.from({ length: 30 }, () => talk(served)))
    expect(many.filter(({ hello }) => hello.startsWith('220'))).toHaveLength(24)
    expect(many.filter(({ hello }) => hello === 'closed')).toHaveLength(6)
    for (const { socket } of many) socket.destroy()
    await until(async () => (await talk(served)).hello.startsWith('220'))
  })

  it('are gone when the job has ended', async () => {
    const folder = await deployment(`read -p 'Go? ' go`)
    const spec = specOf(folder)
    const link = await begin(host, spec)
    const served = await serve(host, { job: spec.id })
    expect(await serving(host, served.id)).toMatchObject({ is: 'serving', port: served.port })
    const terminal = new Terminal(link)
    await terminal.quietAfter('Go? ')
    expect((await curl(served, 'postgres_latest_dump.tar.gz')).toString()).toBe('small')
    await link.type('', { secret: false, at: terminal.next })
    await terminal.end()
    await until(async () => (await serving(host, served.id)).is === 'unknown')
    await until(async () => !(await readdir(join(machine.home, '.drydock', 'serve'))).includes(served.id))
    await expect(curl(served, '')).rejects.toThrow()
  })

  it('are gone when their time is over, or they are stopped', async () => {
    const short = await serve(host, { hours: 0.5 / 3600 })
    const stopped = await serve(host)
    await stopServing(host, stopped.id)
    expect(await serving(host, stopped.id)).toEqual({ is: 'unknown' })
    await until(async () => !(await readdir(join(machine.home, '.drydock', 'serve'))).includes(short.id))
    await expect(talk(stopped).then(({ hello }) => hello)).resolves.toBe('closed')
  })

  it('are served anew when they are served again', async () => {
    const first = await serve(host)
    const second = await serve(host, { id: first.id })
    expect(second.password).not.toBe(first.password)
    expect((await curl(second, 'postgres_latest_dump.tar.gz')).toString()).toBe('small')
    await expect(talk(first).then(({ hello }) => hello)).resolves.toBe('closed')
  })

  it('are proven to have arrived, and nothing stays when they have not', async () => {
    const broken = file('elk_latest_dump.tar.gz', postgres, {
      read: async function* () {
        yield Buffer.from('half')
        throw new Error('the server went away')
      },
    })
    const damaged = { code: 'data.damaged' }
    await expect(serve(host, { id: 'bad-1', files: [broken] })).rejects.toThrow('the server went away')
    const other = file('a.gz', postgres, { sha256: sha256(mongo) })
    await expect(serve(host, { id: 'bad-2', files: [other] })).rejects.toMatchObject(damaged)
    const short = file('a.gz', postgres, { size: 6, sha256: null })
    await expect(serve(host, { id: 'bad-3', files: [short] })).rejects.toMatchObject(damaged)
    await expect(serve(host, { id: 'bad-4', files: [file('../x', postgres)] })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    await expect(serve(host, { id: 'bad-5', bind: '203.0.113.9' })).rejects.toMatchObject({
      code: 'remote.failed',
    })
    const left = await readdir(join(machine.home, '.drydock', 'serve'))
    expect(left.filter(name => name.startsWith('bad-'))).toEqual([])
  })

  it('show their password in no list of processes and in no file', async () => {
    const served = await serve(host)
    const seen = await everythingInPs()
    expect(seen).toContain('serve.py')
    for (const secret of [served.password, served.user]) {
      expect(seen).not.toContain(secret)
      expect(await filesHolding(machine.home, [secret])).toEqual([])
    }
  })

  it.skipIf(!smallDisks.ok)(named('say that the disk is full'), async () => {
    const home = await mkdtemp('/tmp/drydock-full-')
    onTestFinished(() => rm(home, { recursive: true }))
    await mountSmallDisk(home, '1m')
    const full = new LocalHost({ ...process.env, HOME: home })
    await expect(serve(full)).rejects.toMatchObject({ code: 'remote.full' })
    expect(await readdir(join(home, '.drydock', 'serve'))).toEqual([])
  })
})

describe.skipIf(!python.ok || !sshd.ok)(`files served over ssh${reason(python, sshd)}`, () => {
  it('stay when the connections are killed and the ssh server goes down', async () => {
    const machine = await sshMachine()
    onTestFinished(() => machine.stop())
    const host = await machine.open()
    const served = await serve(host)
    await machine.sshd?.dropConnections()
    await machine.sshd?.restart()
    expect(sha256(await curl(served, 'mongo_latest.dump.gz'))).toBe(sha256(mongo))
    await until(() =>
      serving(host, served.id).then(
        ({ is }) => is === 'serving',
        () => false,
      ),
    )
  })
})
