import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpAgents } from '../../electron/engine/store/http/agents.ts'
import { Intake } from '../../electron/engine/store/http/intake.ts'
import { PlainGet } from '../../electron/engine/store/http/plain-get.ts'
import { parseHead, plainLength } from '../../electron/engine/store/http/plain-head.ts'
import { all } from '../conformance/object-store.ts'
import { makeCertificate } from '../support/servers/test-certificate.ts'
import { tempFolder } from '../support/temp-folder.ts'

type Answer = (socket: net.Socket, index: { connection: number; request: number }) => void

/** A fake HTTP server: real ones do none of this on demand. `answer` is called for each request. */
async function fakeServer(answer: Answer, secure?: tls.TlsOptions) {
  const sockets = new Set<net.Socket>()
  const accept = (socket: net.Socket) => {
    const connection = sockets.size
    sockets.add(socket)
    let request = 0
    socket.on('error', () => {})
    socket.on('data', text => {
      for (const _ of String(text).matchAll(/\r\n\r\n/g)) answer(socket, { connection, request: request++ })
    })
  }
  const listener = secure ? tls.createServer(secure, accept) : net.createServer(accept)
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const { port } = listener.address() as net.AddressInfo
  return { port, connections: () => sockets.size }
}

function plainGet(port: number, ca?: string) {
  const endpoint = new URL(`${ca === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`)
  const agents = httpAgents({ endpoint, ca, env: {} })
  const plain = new PlainGet(agents.connect!)
  onTestFinished(() => {
    plain.destroy()
    agents.destroy()
  })
  const request = { host: '127.0.0.1', port, path: '/a', headers: { host: `127.0.0.1:${port}` } }
  return { plain, ask: (signal?: AbortSignal) => plain.ask(request, signal) }
}

const ok = (body: Uint8Array, length = body.length) =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), body])

describe('PlainGet', () => {
  it('receives one body after the other over one connection, into the memory it is given', async () => {
    const body = randomBytes(3_000_000)
    const server = await fakeServer(socket => socket.write(ok(body)))
    const { ask } = plainGet(server.port)
    for (const into of [Buffer.alloc(body.length), Buffer.alloc(body.length + 9), undefined]) {
      const answer = await ask()
      const got = await all(answer!.body(into))
      expect(got.equals(body)).toBe(true)
      if (into) expect(into.subarray(0, body.length).equals(body)).toBe(true)
    }
    expect(server.connections()).toBe(1)
  })

  it('receives over TLS, when the authority is trusted', async () => {
    const made = await makeCertificate(await tempFolder(), 'good')
    const keys = { cert: await readFile(made.certificateFile), key: await readFile(made.keyFile) }
    const body = randomBytes(3_000_000)
    const server = await fakeServer(socket => socket.write(ok(body)), keys)
    const { ask } = plainGet(server.port, made.ca)
    for (let i = 0; i < 2; i++) {
      const into = Buffer.alloc(body.length)
      expect((await all((await ask())!.body(into))).equals(body)).toBe(true)
      expect(into.equals(body)).toBe(true)
    }
    expect(server.connections()).toBe(1)
    const other = await makeCertificate(await tempFolder(), 'good')
    await expect(plainGet(server.port, other.ca).ask()).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) as string,
    })
  })

  it('puts a head together that comes byte by byte, with the body right behind', async () => {
    const dribble = async (socket: net.Socket) => {
      for (const byte of ok(Buffer.from('body'))) {
        socket.write(Uint8Array.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    const server = await fakeServer(socket => void dribble(socket))
    const { ask } = plainGet(server.port)
    expect(String(await all((await ask())!.body(undefined)))).toBe('body')
  })

  it('asks again when the server closes an idle connection instead of answering', async () => {
    const server = await fakeServer((socket, { connection, request }) => {
      if (connection === 0 && request === 1) socket.destroy()
      else socket.write(ok(Buffer.from(`${connection}/${request}`)))
    })
    const { ask } = plainGet(server.port)
    expect(String(await all((await ask())!.body(undefined)))).toBe('0/0')
    expect(String(await all((await ask())!.body(undefined)))).toBe('1/0')
  })

  it('says ECONNRESET when a fresh connection is closed without an answer, and when a body ends early', async () => {
    const silent = await fakeServer(socket => socket.destroy())
    await expect(plainGet(silent.port).ask()).rejects.toMatchObject({ code: 'ECONNRESET' })
    const short = await fakeServer(socket => socket.end(ok(Buffer.from('half'), 8)))
    const answer = await plainGet(short.port).ask()
    const got: string[] = []
    const reading = (async () => {
      for await (const piece of answer!.body(undefined)) got.push(String(piece))
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(got.join('')).toBe('half')
  })

  it('leaves a refusal to others and goes on after it', async () => {
    let refuse = true
    const server = await fakeServer(socket =>
      socket.write(refuse ? 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy' : ok(Buffer.from('fine'))),
    )
    const { plain, ask } = plainGet(server.port)
    expect(await ask()).toBeNull()
    expect(plain.understood).toBe(true)
    refuse = false
    expect(String(await all((await ask())!.body(undefined)))).toBe('fine')
  })

  it.each([
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
    ['packed', 'HTTP/1.1 206 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody'],
    ['without a length', 'HTTP/1.1 200 OK\r\n\r\nbody'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody'],
  ])('does not understand a success %s, and says so', async (_, text) => {
    const server = await fakeServer(socket => socket.write(text))
    const { plain, ask } = plainGet(server.port)
    expect(await ask()).toBeNull()
    expect(plain.understood).toBe(false)
  })

  it.each([['SSH-2.0-OpenSSH\r\n\r\n'], [`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}\r\n`]])(
    'takes what is no HTTP, or has no end, for nothing',
    async text => {
      const server = await fakeServer(socket => socket.write(text))
      expect(await plainGet(server.port).ask()).toBeNull()
    },
  )

  it('never uses a connection again on which more came than was announced', async () => {
    const server = await fakeServer((socket, { connection }) =>
      socket.write(ok(Buffer.from(`body${connection}HTTP/1.1 200 OK`), 5)),
    )
    const { ask } = plainGet(server.port)
    expect(String(await all((await ask())!.body(undefined)))).toBe('body0')
    expect(String(await all((await ask())!.body(undefined)))).toBe('body1')
  })

  it('closes the connection when the server says so', async () => {
    const server = await fakeServer(socket =>
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
    )
    const { ask } = plainGet(server.port)
    for (let i = 0; i < 2; i++) expect(String(await all((await ask())!.body(undefined)))).toBe('ok')
    expect(server.connections()).toBe(2)
  })

  it('stops when its signal fires, before the answer and in the body, and writes no more', async () => {
    const asked = Promise.withResolvers<void>()
    const silent = await fakeServer(() => asked.resolve())
    const early = new AbortController()
    const asking = plainGet(silent.port).ask(early.signal)
    await asked.promise
    early.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')

    const sender = Promise.withResolvers<net.Socket>()
    const server = await fakeServer(socket => {
      socket.write(ok(Buffer.alloc(1000, 1), 2000))
      sender.resolve(socket)
    })
    const stop = new AbortController()
    const answer = await plainGet(server.port).ask(stop.signal)
    const into = Buffer.alloc(2000)
    const pieces = answer!.body(into)
    expect((await pieces.next()).value).toHaveLength(1000)
    stop.abort(new Error('enough'))
    const socket = await sender.promise
    socket.write(Buffer.alloc(1000, 2))
    await expect(pieces.next()).rejects.toThrow('enough')
    if (!socket.destroyed) await once(socket, 'close')
    expect(into.subarray(1000).equals(Buffer.alloc(1000))).toBe(true)
  })

  it('lets go of the connection when a body is left before its end', async () => {
    const closed = Promise.withResolvers<void>()
    const server = await fakeServer(socket => {
      socket.once('close', () => closed.resolve())
      socket.write(ok(Buffer.alloc(1000), 1_000_000))
    })
    const answer = await plainGet(server.port).ask()
    for await (const piece of answer!.body(undefined)) if (piece.length > 0) break
    await closed.promise
  })
})

describe('Intake', () => {
  it('is full once a MiB waits, and no longer when it has been taken', async () => {
    const intake = new Intake(3 * 1024 * 1024, undefined)
    for (let i = 0; i < 4; i++) {
      expect(intake.full).toBe(false)
      intake.take(Buffer.alloc(256 * 1024))
    }
    expect(intake.full).toBe(true)
    await intake.next()
    expect(intake.full).toBe(false)
  })

  it('hands out what arrived before it tells of a failure', async () => {
    const intake = new Intake(10, Buffer.alloc(10))
    intake.take(Buffer.from('four'))
    intake.fail(new Error('gone'))
    expect(String(await intake.next())).toBe('four')
    await expect(intake.next()).rejects.toThrow('gone')
  })

  it('wakes who waits for a few bytes, too', async () => {
    const intake = new Intake(10, undefined)
    const waiting = intake.next()
    intake.take(Buffer.from('ab'))
    expect(String(await waiting)).toBe('ab')
  })
})

describe('parseHead', () => {
  it.each([
    ['HTTP/2 200', null],
    ['HTTP/1.1 OK', null],
    ['HTTP/1.1 200 OK\r\nno colon', null],
    ['HTTP/1.1 200 OK\r\n folded: a', null],
    ['HTTP/1.1 200 OK\r\nA: b\nC: d', null],
  ])('refuses %j', (text, expected) => {
    expect(parseHead(text)).toBe(expected)
  })

  it('reads status and headers, whatever their case, and whether the connection stays', () => {
    const head = parseHead('HTTP/1.1 206 Partial Content\r\ncontent-LENGTH:  12 \r\nX: a\r\nx: b')
    expect(head?.headers.get('x')).toBe('a, b')
    expect(head?.keepAlive).toBe(true)
    expect(plainLength(head!)).toBe(12)
    expect(parseHead('HTTP/1.0 200 OK')?.keepAlive).toBe(false)
    expect(parseHead('HTTP/1.1 200 OK\r\nConnection: Close')?.keepAlive).toBe(false)
  })
})
