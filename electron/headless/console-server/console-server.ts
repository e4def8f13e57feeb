import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
// ws: the WebSocket of Node's ecosystem, no dependencies; Node itself has only the client's side.
import { WebSocketServer } from 'ws'
import { maxFrameBytes } from '../../../shared/contract/wire.ts'
import { EngineError } from '../../engine/engine-error.ts'
import type { Service } from '../../engine/service/index.ts'
import type { Door } from './door.ts'
import { createDoor } from './door.ts'
import { strictHeaders } from './headers.ts'
import { serveRpc } from './rpc-socket.ts'
import { StaticPages } from './static-pages.ts'

export type ConsoleServerOptions = {
  service: Service
  /** Folder of the built pages. */
  pages: string
  /** 0 takes a free one. */
  port: number
  /** A loopback address; see `listen-address.ts`. */
  address: string
  /** Called when somebody has come in. */
  onEnter?: () => void
}

export type ConsoleServer = {
  readonly port: number
  /** A URL that opens the console once, in one browser. */
  url(): string
  /** Closes every connection. */
  close(): Promise<void>
}

/** The pages of one operator: many browsers at once would be something else. */
const mostConnections = 128
const mostSockets = 32
const mostBody = 4096

/** Serves pages and calls on loopback. @throws EngineError `local.io` when the port cannot be had */
export async function openConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const { service, pages, address, onEnter } = options
  const files = new StaticPages(pages)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false })
  const held: { door?: Door } = {}
  const server = createServer({ connectionsCheckingInterval: 1000 }, (request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })
  // Whoever dawdles over a request is not a browser on this machine.
  server.headersTimeout = 5000
  server.requestTimeout = 10_000
  server.keepAliveTimeout = 10_000
  server.maxConnections = mostConnections

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { host } = request.headers
    const { door } = held
    if (!door?.isOurHost(host) || host === undefined)
      return end(response, 421, 'this is not the host you asked for')
    for (const [name, value] of Object.entries(strictHeaders(host))) response.setHeader(name, value)
    const [path = '/'] = (request.url ?? '/').split('?')
    if (path === '/session') return await enter(door, request, response)
    if (path === '/rpc') return end(response, 426, 'a WebSocket is expected here')
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'only GET')
    const page = await files.find(path)
    if (!page)
      return path === '/'
        ? end(response, 503, 'the pages are not built: run npm start once')
        : end(response, 404, 'there is no such page')
    const packed = page.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding'])) ? page.gzip : null
    response.setHeader('Content-Type', page.type)
    response.setHeader('Cache-Control', page.hashed ? 'public, max-age=31536000, immutable' : 'no-store')
    response.setHeader('Vary', 'Accept-Encoding')
    if (packed) response.setHeader('Content-Encoding', 'gzip')
    response.setHeader('Content-Length', (packed ?? page.body).length)
    response.end(request.method === 'HEAD' ? undefined : (packed ?? page.body))
  }

  const enter = async (door: Door, request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'POST') return end(response, 405, 'only POST')
    if (!isOurPage(door, request)) return end(response, 403, 'not from a page of ours')
    const token = tokenIn(await readBody(request))
    if (token === null) return end(response, 400, 'a token is expected')
    const entered = door.enter(token, performance.now())
    if (entered === 'too many') return end(response, 429, 'too many wrong tokens; wait some seconds')
    if (entered === 'wrong') return end(response, 403, 'this token is not valid, or was used before')
    response.setHeader('Set-Cookie', entered.cookie)
    response.setHeader('Cache-Control', 'no-store')
    response.writeHead(204).end()
    onEnter?.()
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    const { door } = held
    const status = !door?.isOurHost(request.headers.host)
      ? '421 Misdirected Request'
      : (request.url ?? '').split('?')[0] !== '/rpc'
        ? '404 Not Found'
        : !isOurPage(door, request)
          ? '403 Forbidden'
          : !door.hasSession(request.headers.cookie)
            ? '401 Unauthorized'
            : sockets.clients.size >= mostSockets
              ? '503 Service Unavailable'
              : null
    if (status) return socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, page => serveRpc(page, service))
  })

  const port = await listen(server, options.port, address)
  const host = address.includes(':') ? `[${address}]` : address
  const door = createDoor(port, host)
  held.door = door
  return {
    port,
    url: () => `http://${host}:${port}/#token=${door.token()}`,
    close: async () => {
      for (const page of sockets.clients) page.close(1001, 'the console ends')
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // A page that does not say goodbye is not waited for.
        setTimeout(() => {
          for (const page of sockets.clients) page.terminate()
          server.closeAllConnections()
        }, 300).unref()
      })
    },
  }
}

function isOurPage(door: Door, { headers }: IncomingMessage): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers as Record<string, string | undefined>
  return door.isOurPage({ host, origin, fetchSite: site })
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > mostBody) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function tokenIn(body: string | null): string | null {
  try {
    const { token } = JSON.parse(body ?? '') as { token?: unknown }
    return typeof token === 'string' && token.length <= 200 ? token : null
  } catch {
    return null
  }
}

function end(response: ServerResponse, status: number, words: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  // What is left of a request that was refused is not read.
  if (status >= 400) response.setHeader('Connection', 'close')
  response.writeHead(status).end(`${words}\n`)
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (err: NodeJS.ErrnoException) => {
      const words: Record<string, string> = {
        EADDRINUSE: 'another program listens on this port; choose another one with --port',
        EACCES: 'this user may not listen on this port; choose one above 1023 with --port',
        EADDRNOTAVAIL: 'this machine does not have that address',
      }
      const detail = words[err.code ?? ''] ?? err.message
      reject(
        new EngineError('local.io', 'console.listen', { subject: `${address}:${port}`, detail, cause: err }),
      )
    })
    server.listen({ port, host: address, exclusive: true }, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}
