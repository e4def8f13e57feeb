import https from 'node:https'
import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpAgents } from '../../electron/engine/store/http/agents.ts'
import { fromNetworkError } from '../../electron/engine/store/http/network-errors.ts'
import { proxyFor } from '../../electron/engine/store/http/proxy-for.ts'
import { startHttpProxy } from '../support/servers/http-proxy.ts'

const proxyOf = (endpoint: string, env: Record<string, string>) =>
  proxyFor(new URL(endpoint), env)?.host ?? null

describe('proxyFor', () => {
  it.each([
    ['https://store.example/', { HTTPS_PROXY: 'http://p:1' }, 'p:1'],
    ['http://store.example/', { HTTPS_PROXY: 'http://p:1' }, null],
    ['http://store.example/', { HTTP_PROXY: 'p:1' }, 'p:1'],
    ['http://store.example/', { HTTP_PROXY: 'p:1', http_proxy: 'q:2' }, 'q:2'],
    ['https://store.example/', { ALL_PROXY: 'http://p:1' }, 'p:1'],
    ['https://store.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, null],
    ['https://store.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other, Store.Example' }, null],
    ['https://a.store.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.store.example' }, null],
    ['https://a.store.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*.store.example' }, null],
    ['https://restore.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'store.example' }, 'p:1'],
    ['https://store.example:8443/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'store.example:443' }, 'p:1'],
    ['https://store.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'store.example:443' }, null],
    ['https://10.1.2.3/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, null],
    ['https://11.1.2.3/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, 'p:1'],
    ['https://[::1]/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '::1' }, null],
    ['https://127.0.0.1/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '' }, 'p:1'],
  ])('takes for %s with %j the proxy %s', (endpoint, env, expected) => {
    expect(proxyOf(endpoint, env as Record<string, string>)).toBe(expected)
  })

  it('refuses another kind of proxy without showing its password', () => {
    const use = () => proxyOf('https://store.example/', { HTTPS_PROXY: 'socks5://user:sesame@p:1' })
    expect(use).toThrow(expect.objectContaining({ code: 'input.invalid' }) as Error)
    expect(use).not.toThrow(/sesame/)
  })
})

describe('fromNetworkError', () => {
  const error = (code: string, more: object = {}) => Object.assign(new Error('text'), { code, ...more })

  it.each([
    [error('ENOTFOUND'), 'network.unknown-host'],
    [error('EAI_AGAIN'), 'network.unknown-host'],
    [error('ECONNREFUSED'), 'network.unreachable'],
    [error('ENETUNREACH'), 'network.unreachable'],
    [error('ETIMEDOUT', { syscall: 'connect' }), 'network.unreachable'],
    [error('ETIMEDOUT', { syscall: 'read' }), 'network.interrupted'],
    [error('ECONNRESET'), 'network.interrupted'],
    [error('EPIPE'), 'network.interrupted'],
    [new Error('socket hang up'), 'network.interrupted'],
    [error('DEPTH_ZERO_SELF_SIGNED_CERT'), 'trust.certificate'],
    [error('CERT_REVOKED'), 'trust.certificate'],
    [error('HPE_INVALID_CONSTANT'), 'remote.wrong-answer'],
    [error('ERR_SSL_WRONG_VERSION_NUMBER'), 'remote.unsupported'],
    [error('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), 'network.interrupted'],
    [new Error('wrapped', { cause: error('ECONNREFUSED') }), 'network.unreachable'],
    [new AggregateError([error('EHOSTUNREACH'), error('ECONNREFUSED')], ''), 'network.unreachable'],
    [new DOMException('stop', 'AbortError'), 'cancelled'],
  ])('maps %o to %s', (err, code) => {
    expect(fromNetworkError(err, 'server.read', 'a')).toMatchObject({
      code,
      during: 'server.read',
      subject: 'a',
    })
  })

  it('leaves other errors to the caller', () => {
    expect(fromNetworkError(new TypeError('x is not a function'), 'server.read', 'a')).toBeNull()
  })
})

describe('httpAgents', () => {
  /** A listener that accepts connections and says nothing. */
  async function silent(): Promise<number> {
    const sockets = new Set<net.Socket>()
    const listener = net.createServer(socket => sockets.add(socket))
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    })
    return (listener.address() as net.AddressInfo).port
  }

  const failure = (url: string, agent: https.Agent) =>
    new Promise<unknown>((resolve, reject) => {
      https.get(url, { agent }, () => reject(new Error('an answer'))).once('error', resolve)
    })

  it.each([['straight'], ['through a proxy']])(
    'gives up a TLS handshake that does not end, %s',
    async way => {
      const port = await silent()
      const proxy = await startHttpProxy()
      onTestFinished(() => proxy.stop())
      const endpoint = `https://127.0.0.1:${port}/`
      const env = way === 'straight' ? {} : { HTTPS_PROXY: proxy.url }
      const agents = httpAgents({ endpoint: new URL(endpoint), env, connectTimeoutMs: 100 })
      onTestFinished(() => agents.destroy())
      const err = await failure(endpoint, agents.httpsAgent)
      expect(fromNetworkError(err, 'server.read', 'a')).toMatchObject({ code: 'network.unreachable' })
      expect(proxy.tunnels.length).toBe(way === 'straight' ? 0 : 1)
    },
  )

  it('gives up a proxy that does not answer', async () => {
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await silent()}` }
    const agents = httpAgents({ endpoint: new URL('https://127.0.0.1:9/'), env, connectTimeoutMs: 100 })
    onTestFinished(() => agents.destroy())
    const err = await failure('https://127.0.0.1:9/', agents.httpsAgent)
    expect(fromNetworkError(err, 'server.read', 'a')).toMatchObject({ code: 'network.proxy' })
  })

  it('refuses a CA that is no PEM', () => {
    const make = () =>
      httpAgents({ endpoint: new URL('https://127.0.0.1/'), ca: 'not a certificate', env: {} })
    expect(make).toThrow(expect.objectContaining({ code: 'input.invalid' }) as Error)
  })
})
