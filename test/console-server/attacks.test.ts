import { symlink } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openTestConsole, silentService, tokenOf } from './support.ts'
import { logIn } from '../support/console-client.ts'

/** Status of a WebSocket handshake: 101 when it was accepted. */
function handshake(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers })
  return new Promise(resolve => {
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_request, answer) => {
      resolve(answer.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('error', () => {})
  })
}

describe('the console server', () => {
  it('answers 421 to every other host name, whatever resolves to this machine', async () => {
    const server = await openTestConsole()
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', '127.0.0.1:1'])
      for (const path of ['/', '/session', '/rpc', '/nope'])
        expect((await server.send({ path, headers: { host } })).status, `${host}${path}`).toBe(421)
    expect((await server.send({ headers: { host: `localhost:${server.port}` } })).status).toBe(200)
  })

  it('takes a token from its own pages only, and once', async () => {
    const server = await openTestConsole()
    const body = JSON.stringify({ token: tokenOf(server.url()) })
    const post = (headers: Record<string, string>, text = body) =>
      server.send({ path: '/session', method: 'POST', headers, body: text })
    const { origin } = server
    expect((await post({})).status).toBe(403)
    expect((await post({ origin: 'null' })).status).toBe(403)
    expect((await post({ origin: 'http://evil.example' })).status).toBe(403)
    expect((await post({ origin: `http://localhost:${server.port}` })).status).toBe(403)
    expect((await post({ origin, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await server.send({ path: '/session', headers: { origin } })).status).toBe(405)
    expect((await post({ origin }, '{"token":5}')).status).toBe(400)
    expect((await post({ origin }, 'x'.repeat(5000))).status).toBe(400)
    const entered = await post({ origin })
    expect(entered).toMatchObject({ status: 204, body: '' })
    expect(entered.headers['set-cookie']?.[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
    const again = await post({ origin })
    expect(again.status).toBe(403)
    expect(again.headers['set-cookie']).toBeUndefined()
  })

  it('stops answering guesses', async () => {
    const server = await openTestConsole()
    const { origin } = server
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        server.send({
          path: '/session',
          method: 'POST',
          headers: { origin },
          body: `{"token":"guess-${i}"}`,
        }),
      ),
    )
    expect(guesses.filter(({ status }) => status === 429).length).toBeGreaterThan(20)
    expect(guesses.every(({ status }) => status === 429 || status === 403)).toBe(true)
  })

  it('opens its socket only to a page of its own that has logged in', async () => {
    const server = await openTestConsole()
    const cookie = await logIn(server.url())
    const { origin, host } = server
    const url = `ws://${host}/rpc`
    expect(await handshake(url, { origin, cookie })).toBe(101)
    expect(await handshake(url, { origin })).toBe(401)
    expect(await handshake(url, { origin, cookie: 'drydock=1' })).toBe(401)
    expect(await handshake(url, { cookie })).toBe(403)
    expect(await handshake(url, { origin: 'http://evil.example', cookie })).toBe(403)
    expect(
      await handshake(url, { origin: 'http://evil.example', cookie, host: `evil.example:${server.port}` }),
    ).toBe(421)
    expect(await handshake(`ws://${host}/`, { origin, cookie })).toBe(404)
  })

  it('gives out its pages and no other file', async () => {
    const server = await openTestConsole()
    await symlink(join(server.root, 'secret.txt'), join(server.root, 'pages', 'link.html'))
    const page = await server.send({})
    expect(page).toMatchObject({ status: 200 })
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(page.headers['content-security-policy']).toContain(`connect-src 'self' ws://${server.host}`)
    expect((await server.send({ path: '/assets/index-aB3_x-9Z.js' })).headers['cache-control']).toMatch(
      /immutable/,
    )
    expect((await server.send({ headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBe(
      'gzip',
    )
    expect((await server.send({ method: 'HEAD' })).body).toBe('')
    expect((await server.send({ method: 'POST' })).status).toBe(405)
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/..\\secret.txt',
      '/link.html',
      '/.hidden.html',
      '//etc/passwd',
      '/assets/',
      '/index.html%00.js',
      `/${'a/'.repeat(500)}x.js`,
    ]) {
      const { status, body } = await server.send({ path })
      expect(status, path).toBe(404)
      expect(body, path).not.toContain('not a page')
    }
  })

  it('closes a socket that sends too much, or no frames, and serves the others', async () => {
    const server = await openTestConsole()
    const cookie = await logIn(server.url())
    const open = async () => {
      const socket = new WebSocket(`ws://${server.host}/rpc`, { headers: { origin: server.origin, cookie } })
      socket.on('error', () => {})
      await once(socket, 'open')
      return socket
    }
    const other = await open()
    for (const [what, code] of [
      ['x'.repeat(9 * 1024 * 1024), 1009],
      ['not json', 1008],
      ['{"call":"app.about"}', 1008],
      ['{"call":"app.about","id":"1","more":true}', 1008],
      [`{"cancel":"${'x'.repeat(65)}"}`, 1008],
      [Buffer.from([1, 2, 3]), 1008],
    ] as const) {
      const socket = await open()
      socket.send(what)
      expect((await once(socket, 'close'))[0]).toBe(code)
    }
    other.send('{"call":"app.about","id":"1"}')
    const [answer] = (await once(other, 'message')) as [Buffer]
    expect(JSON.parse(answer.toString())).toEqual({ id: '1', ok: true, value: 'answered' })
    other.terminate()
  })

  it('cancels the calls of a page that goes away, and those it is told to', async () => {
    const signals: AbortSignal[] = []
    const begun: (() => void)[] = []
    const server = await openTestConsole({
      ...silentService,
      call: (_name, _input, signal) =>
        new Promise(resolve => {
          signals.push(signal)
          begun.shift()?.()
          signal.addEventListener('abort', () =>
            resolve({ ok: false, failure: { code: 'cancelled', during: 'test', retry: 'never' } }),
          )
        }),
    })
    const cookie = await logIn(server.url())
    const socket = new WebSocket(`ws://${server.host}/rpc`, { headers: { origin: server.origin, cookie } })
    await once(socket, 'open')
    const call = async (id: string) => {
      const started = new Promise<void>(resolve => begun.push(resolve))
      socket.send(JSON.stringify({ call: 'server.test', id }))
      await started
    }
    await call('a')
    await call('b')
    socket.send('{"cancel":"a"}')
    const [answer] = (await once(socket, 'message')) as [Buffer]
    expect(JSON.parse(answer.toString())).toMatchObject({ id: 'a', failure: { code: 'cancelled' } })
    expect(signals.map(signal => signal.aborted)).toEqual([true, false])
    const gone = once(signals[1]!, 'abort')
    socket.terminate()
    await gone
  })

  it('drops who dawdles over a request and goes on serving', async () => {
    const server = await openTestConsole()
    const slow = Array.from({ length: 40 }, () => connect(server.port, '127.0.0.1'))
    const closed = slow.map(socket => {
      socket.on('error', () => {})
      socket.write(`GET / HTTP/1.1\r\nHost: ${server.host}\r\n`)
      return once(socket.resume(), 'close')
    })
    expect((await server.send({})).status).toBe(200)
    await Promise.all(closed)
    expect((await server.send({})).status).toBe(200)
  })
})
