import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type HttpProxy = {
  /** With user and password in it when the proxy wants them. */
  url: string
  /** What came in absolute form: `GET http://127.0.0.1:8080/bucket`. */
  requests: string[]
  /** `host:port` of every tunnel that was asked for. */
  tunnels: string[]
  /** Lets the next request that matches reach the server, but cuts the client off before the answer. */
  loseAnswerTo(match: (method: string, url: URL) => boolean): void
  stop(): Promise<void>
}

/** A forward proxy on loopback: absolute-form requests and CONNECT. */
export async function startHttpProxy(options: { user?: string; password?: string } = {}): Promise<HttpProxy> {
  const login = options.user === undefined ? null : `${options.user}:${options.password ?? ''}`
  const expected = login === null ? null : `Basic ${Buffer.from(login).toString('base64')}`
  const requests: string[] = []
  const tunnels: string[] = []
  const sockets = new Set<Duplex>()
  let lose: ((method: string, url: URL) => boolean) | null = null

  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (expected !== null && request.headers['proxy-authorization'] !== expected) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="test"' }).end('who are you?')
      return
    }
    if (!URL.canParse(request.url ?? '')) {
      response.writeHead(400).end('absolute form only')
      return
    }
    const url = new URL(request.url ?? '')
    const losing = lose?.(request.method ?? '', url) === true
    if (losing) lose = null
    let answered = false
    const headers = { ...request.headers }
    delete headers['proxy-authorization']
    delete headers['proxy-connection']
    const onward = http.request(url, { method: request.method, headers, agent: false }, answer => {
      answered = true
      if (losing) {
        // The server has done it all by the time its answer is complete.
        answer.resume().once('end', () => response.destroy())
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.once('error', () => response.destroy()).pipe(response)
    })
    // Swift sends an empty chunk after the answer to a HEAD; the answer itself is good.
    onward.on('error', () => answered || response.destroy())
    // Not `pipeline`: it destroys the client's kept connection when a server closes its own after an answer.
    request.once('error', () => onward.destroy()).pipe(onward)
  })

  server.on('connect', (request: http.IncomingMessage, client: Duplex) => {
    tunnels.push(request.url ?? '')
    sockets.add(client)
    if (expected !== null && request.headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const target = new URL(`http://${request.url ?? ''}`)
    const onward = net.connect(Number(target.port), target.hostname)
    sockets.add(onward)
    onward.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      pipeline(client, onward).catch(() => client.destroy())
      pipeline(onward, client).catch(() => onward.destroy())
    })
    onward.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'))
    client.once('error', () => onward.destroy())
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${login === null ? '' : `${encodeURIComponent(options.user ?? '')}:${encodeURIComponent(options.password ?? '')}@`}127.0.0.1:${port}`,
    requests,
    tunnels,
    loseAnswerTo: match => {
      lose = match
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
