import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakeS3 = {
  endpoint: string
  /** Requests seen, with their headers. */
  seen: { method: string; url: string; headers: http.IncomingHttpHeaders; bytes: number }[]
  /** How the next requests are answered; the last one stays. */
  answer(...handlers: FakeHandler[]): void
  stop(): Promise<void>
}

export type FakeHandler = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** A fake: answers whatever a test wants, also what no honest server would. For misbehaviour that a real one lacks. */
export async function startFakeS3(): Promise<FakeS3> {
  const seen: FakeS3['seen'] = []
  let handlers: FakeHandler[] = []
  const server = http.createServer((request, response) => {
    const entry = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, bytes: 0 }
    seen.push(entry)
    const handler =
      (handlers.length > 1 ? handlers.shift() : handlers[0]) ??
      xml(500, '<Error><Code>InternalError</Code></Error>')
    request.on('data', (chunk: Buffer) => (entry.bytes += chunk.length))
    request.once('end', () => handler(request, response))
    request.once('error', () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (...next) => {
      handlers = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Answers with a status, headers and a body of XML. */
export function xml(status: number, body: string, headers: http.OutgoingHttpHeaders = {}): FakeHandler {
  return (request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers })
    response.end(request.method === 'HEAD' ? undefined : `<?xml version="1.0"?>\n${body}`)
  }
}
