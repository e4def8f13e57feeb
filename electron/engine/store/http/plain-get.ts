import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Connect } from './agents.ts'
import { PlainConnection } from './plain-connection.ts'
import type { Head } from './plain-head.ts'
import { plainLength } from './plain-head.ts'

export type PlainRequest = {
  host: string
  port: number
  /** With its query, encoded. */
  path: string
  /** Must hold `host`. */
  headers: Readonly<Record<string, string>>
}

export type PlainAnswer = {
  status: number
  headers: ReadonlyMap<string, string>
  /** Bytes of the body. */
  length: number
  /** The body, once; what is begun must be iterated to its end or left by `return`. */
  body(into: Uint8Array | undefined): AsyncGenerator<Uint8Array>
  /** Instead of `body`, when nobody wants it. */
  drop(): void
}

/** Servers drop idle connections after 30 to 60 s; see `agents.ts`. */
const restMs = 20_000

/**
 * GETs of large bodies from one server, with connections of their own. SDKs spend more on each piece that passes
 * their layers than the network does. Knows only the answer that it is for, a body of known length with status 200 or 206;
 * any other is null, and the SDK is to ask again: it knows what servers say when they refuse.
 */
export class PlainGet {
  readonly #connect: Connect
  readonly #idle: PlainConnection[] = []
  readonly #all = new Set<PlainConnection>()
  #place = ''
  #understood = true

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** False once a success came in a form unknown here (chunked, say): asking again would only cost the server twice. */
  get understood(): boolean {
    return this.#understood
  }

  /** @throws errors as sockets have them, and the signal's reason */
  async ask(request: PlainRequest, signal: AbortSignal | undefined): Promise<PlainAnswer | null> {
    const text = requestText(request)
    if (text === null) return null
    for (;;) {
      signal?.throwIfAborted()
      const { connection, used } = this.#connection(request)
      const onAbort = () => connection.destroy(reasonOf(signal))
      signal?.addEventListener('abort', onAbort, { once: true })
      const done = () => signal?.removeEventListener('abort', onAbort)
      try {
        const head = await connection.ask(text)
        const length = head && plainLength(head)
        if (head && length !== null) return this.#answer(connection, head, length, done)
        if (head?.status === 200 || head?.status === 206) this.#understood = false
        done()
        connection.destroy()
        return null
      } catch (err) {
        done()
        // A server may close an idle connection just when we use it again: it has not seen the request then.
        if (used && !signal?.aborted && (err as { code?: unknown }).code !== 'ETIMEDOUT') continue
        throw err
      }
    }
  }

  destroy(): void {
    for (const connection of this.#all) connection.destroy()
  }

  #answer(connection: PlainConnection, head: Head, length: number, done: () => void): PlainAnswer {
    const idle = this.#idle
    return {
      status: head.status,
      headers: head.headers,
      length,
      drop: () => {
        done()
        connection.destroy()
      },
      async *body(into) {
        let whole = false
        try {
          yield* connection.body(length, into)
          whole = true
        } finally {
          done()
          // A body that is not read to its end is not drained: the rest may be gigabytes.
          if (!whole || !head.keepAlive || !connection.usable) connection.destroy()
          else {
            connection.rest(restMs)
            idle.push(connection)
          }
        }
      },
    }
  }

  #connection({ host, port }: PlainRequest): { connection: PlainConnection; used: boolean } {
    const place = `${host}:${port}`
    if (place !== this.#place) for (const old of this.#idle.splice(0)) old.destroy()
    this.#place = place
    for (let found = this.#idle.pop(); found; found = this.#idle.pop())
      if (found.usable) return { connection: found, used: true }
    const connection: PlainConnection = new PlainConnection(this.#connect, { host, port }, () =>
      this.#all.delete(connection),
    )
    this.#all.add(connection)
    return { connection, used: false }
  }
}

/** Null for what cannot be said in one request without changing it. */
function requestText({ path, headers }: PlainRequest): string | null {
  if (!/^\/[!-~]*$/.test(path)) return null
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
  } catch {
    return null
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Error('aborted')
