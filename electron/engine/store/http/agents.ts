import { X509Certificate } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { TLSSocket } from 'node:tls'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { EngineError } from '../../engine-error.ts'
import { connectLimited, limitConnect } from './connect-limit.ts'
import { proxyFor } from './proxy-for.ts'
import { ProxyError } from './proxy-error.ts'

/** What reaches one server over HTTP(S): its proxy, whom it trusts, and sockets that are used again. */
export type HttpAgents = {
  httpAgent: http.Agent
  httpsAgent: https.Agent
  /** The proxy that requests go through; null for none. Its `href` may hold a password: show `host` only. */
  proxy: URL | null
  /** Makes connections beside the agents' own, with the same trust and limits; null when a proxy is on the way. */
  connect: Connect | null
  /** Closes all sockets of the agents, also those in use. */
  destroy(): void
}

/** Where `onread` receives what comes, TLS taken off. */
export type Connect = (to: { host: string; port: number }, onread: net.OnReadOpts) => net.Socket

export type HttpAgentOptions = {
  endpoint: URL
  /** PEM of certificate authorities to trust besides the system's. */
  ca?: string | undefined
  /** Where HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are read. */
  env: Readonly<Record<string, string | undefined>>
  /** Most sockets to the server at once; more requests than that wait. */
  maxSockets?: number
  /** How long a connection (with its TLS handshake) may take. */
  connectTimeoutMs?: number
}

/**
 * Agents for one server. Certificates are always verified. A connection that is not made in time fails with
 * ETIMEDOUT; how long a transfer may stand still is the business of the caller's watchdog.
 * @throws EngineError `input.invalid` when the proxy's address or `ca` cannot be read.
 */
export function httpAgents(options: HttpAgentOptions): HttpAgents {
  const limitMs = options.connectTimeoutMs ?? 20_000
  const proxy = proxyFor(options.endpoint, options.env)
  const settings = {
    keepAlive: true,
    maxSockets: options.maxSockets ?? 16,
    // Many servers drop an idle connection after 30 to 60 s; one we drop first cannot fail a request with ECONNRESET.
    timeout: 20_000,
  }
  const needsTls = options.endpoint.protocol === 'https:' || proxy?.protocol === 'https:'
  const trust = needsTls ? { secureContext: trusting(options.ca) } : {}
  const [httpAgent, httpsAgent] =
    proxy === null
      ? [new DirectHttpAgent(settings, limitMs), new DirectHttpsAgent({ ...settings, ...trust }, limitMs)]
      : [
          new ViaHttpProxy(proxy, { ...settings, ...trust }, limitMs),
          new ViaHttpsProxy(proxy, { ...settings, ...trust }, trust, limitMs),
        ]
  return {
    httpAgent,
    httpsAgent,
    proxy,
    connect:
      proxy === null
        ? (to, onread) => connectDirectly({ ...to, onread }, needsTls ? trust : null, limitMs)
        : null,
    destroy: () => {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

function connectDirectly(
  to: { host: string; port: number; onread: net.OnReadOpts },
  trust: { secureContext?: tls.SecureContext } | null,
  limitMs: number,
): net.Socket {
  const options = { ...to, noDelay: true }
  const name = net.isIP(to.host) === 0 ? { servername: to.host } : {}
  const socket =
    trust === null
      ? net.connect(options)
      : tls.connect({ ...options, ...trust, ...name, ALPNProtocols: ['http/1.1'] })
  limitConnect(socket, trust === null ? 'connect' : 'secureConnect', limitMs)
  return socket
}

/** One context for all connections: parsing some 300 certificates for each would cost milliseconds every time. */
function trusting(ca: string | undefined): tls.SecureContext {
  // `default` holds Node's own list and NODE_EXTRA_CA_CERTS; `ca` alone would replace all of them.
  const roots = new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])
  return tls.createSecureContext({ ca: [...roots, ...(ca === undefined ? [] : certificatesOf(ca))] })
}

/** Each certificate of a PEM text. OpenSSL passes over what it cannot read, and the server would just not be trusted. */
function certificatesOf(pem: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    if (found.length === 0) throw new Error('no certificate in it')
    return found.map(text => new X509Certificate(text).toString())
  } catch (err) {
    throw new EngineError('input.invalid', 'server.open', {
      detail: 'the CA certificate is no PEM that can be read',
      cause: err,
    })
  }
}

class DirectHttpAgent extends http.Agent {
  readonly #limitMs: number
  constructor(options: http.AgentOptions, limitMs: number) {
    super(options)
    this.#limitMs = limitMs
  }
  override createConnection(...args: Parameters<http.Agent['createConnection']>): Duplex | null | undefined {
    const socket = super.createConnection(...args)
    if (socket) limitConnect(socket, 'connect', this.#limitMs)
    return socket
  }
}

class DirectHttpsAgent extends https.Agent {
  readonly #limitMs: number
  constructor(options: https.AgentOptions, limitMs: number) {
    super(options)
    this.#limitMs = limitMs
  }
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    const socket = super.createConnection(...args)
    if (socket) limitConnect(socket, 'secureConnect', this.#limitMs)
    return socket
  }
}

class ViaHttpProxy extends HttpProxyAgent<string> {
  readonly #limitMs: number
  constructor(
    proxy: URL,
    options: http.AgentOptions & { secureContext?: tls.SecureContext },
    limitMs: number,
  ) {
    super(proxy, options)
    this.#limitMs = limitMs
  }
  override async connect(...args: Parameters<HttpProxyAgent<string>['connect']>) {
    return connectLimited(this, this.#limitMs, () => super.connect(...args)).catch((err: unknown) => {
      throw ProxyError.unreachable(this.proxy, err)
    })
  }
}

class ViaHttpsProxy extends HttpsProxyAgent<string> {
  readonly #limitMs: number
  /** `trust` is for the server behind the proxy; within `options` it is for a proxy that is spoken to over TLS. */
  constructor(
    proxy: URL,
    options: http.AgentOptions & { secureContext?: tls.SecureContext },
    trust: { secureContext?: tls.SecureContext },
    limitMs: number,
  ) {
    super(proxy, options)
    this.#limitMs = limitMs
    // The base class forgets what it was given; Node merges these into the options of every request.
    Object.assign(this.options, trust)
  }
  override async connect(...args: Parameters<HttpsProxyAgent<string>['connect']>) {
    let answered: number | null = null
    args[0].once('proxyConnect', (answer: { statusCode: number }) => (answered = answer.statusCode))
    const socket = await connectLimited(this, this.#limitMs, () => super.connect(...args)).catch(
      (err: unknown) => {
        throw ProxyError.unreachable(this.proxy, err)
      },
    )
    if (answered !== 200) {
      // The package would hand on the proxy's answer as if the server had given it.
      socket.destroy()
      throw ProxyError.refused(this.proxy, answered)
    }
    if (socket instanceof TLSSocket) limitConnect(socket, 'secureConnect', this.#limitMs)
    return socket
  }
}
