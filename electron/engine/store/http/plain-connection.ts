import type { Socket } from 'node:net'
import type { Connect } from './agents.ts'
import { Intake } from './intake.ts'
import type { Head } from './plain-head.ts'
import { maxHeadBytes, parseHead } from './plain-head.ts'

/** What one read from the socket may bring. */
const receiveBytes = 256 * 1024

/** A connection for one GET after the other, whose body it receives without anything in between. */
export class PlainConnection {
  readonly #socket: Socket
  #head: Buffer = Buffer.alloc(0)
  #asking: { resolve: (head: Head | null) => void; reject: (err: unknown) => void } | null = null
  #intake: Intake | null = null
  #failure: unknown = null

  constructor(connect: Connect, to: { host: string; port: number }, closed: () => void) {
    // Memory of the connection's own, used again for every read, because Node would make new memory for each twice:
    // once in the socket and once in its HTTP parser. Never the caller's: some systems still write to it after an abort.
    this.#socket = connect(to, {
      buffer: Buffer.allocUnsafeSlow(receiveBytes),
      callback: (size, buffer) => this.#arrived((buffer as Buffer).subarray(0, size)),
    })
    this.#socket.on('error', err => (this.#failure ??= err))
    this.#socket.on('close', () => {
      closed()
      this.#broke()
    })
    this.#socket.on('timeout', () => this.#socket.destroy())
  }

  /** Whether another request may be sent. */
  get usable(): boolean {
    return !this.#socket.destroyed && this.#asking === null && this.#intake === null
  }

  /**
   * Sends a request and answers what begins the answer; null when it makes no sense.
   * @throws an error of the socket, or ECONNRESET when the server closed without a word
   */
  ask(request: string): Promise<Head | null> {
    this.#head = Buffer.alloc(0)
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject }
      this.#socket.setTimeout(0)
      this.#socket.ref()
      if (this.#socket.destroyed) this.#broke()
      else this.#socket.write(request, 'latin1')
    })
  }

  /** The body of the answer whose head `ask` gave. Until it is asked for nothing more is received. */
  async *body(length: number, into: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
    const intake = (this.#intake = new Intake(length, into))
    this.#resume()
    if (this.#socket.destroyed) this.#broke()
    for (;;) {
      const piece = await intake.next()
      if (!intake.full) this.#resume()
      if (piece === null) break
      yield piece
    }
    this.#intake = null
  }

  /** Keeps the connection for a later request, for `ms`; it does not keep the process alive. */
  rest(ms: number): void {
    this.#socket.setTimeout(ms)
    this.#socket.unref()
  }

  destroy(err?: Error): void {
    this.#failure ??= err
    this.#socket.destroy()
    // The event comes a turn later, and nothing may be written to the caller's memory after this.
    this.#broke()
  }

  #resume(): void {
    const rest = this.#head
    if (rest.length > 0) {
      this.#head = Buffer.alloc(0)
      this.#fill(rest)
    }
    this.#socket.resume()
  }

  /** @returns whether the socket may go on reading */
  #arrived(bytes: Buffer): boolean {
    if (this.#intake) return this.#fill(bytes)
    if (!this.#asking) {
      // Nobody asked for these.
      this.#socket.destroy()
      return false
    }
    this.#head = Buffer.concat([this.#head, bytes])
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0 && this.#head.length <= maxHeadBytes) return true
    const { resolve } = this.#asking
    this.#asking = null
    const head = end < 0 ? null : parseHead(this.#head.toString('latin1', 0, end))
    this.#head = end < 0 ? Buffer.alloc(0) : this.#head.subarray(end + 4)
    resolve(head)
    // Whoever asked says first where the rest is to go.
    return false
  }

  #fill(bytes: Buffer): boolean {
    const intake = this.#intake!
    const { left } = intake
    intake.take(left < bytes.length ? bytes.subarray(0, left) : bytes)
    // More than was announced: what follows on this connection is not to be understood.
    if (left < bytes.length) this.#socket.destroy()
    return !intake.full
  }

  #broke(): void {
    const message = this.#asking ? 'socket hang up' : 'aborted'
    const err = this.#failure ?? Object.assign(new Error(message), { code: 'ECONNRESET' })
    this.#asking?.reject(err)
    this.#asking = null
    this.#intake?.fail(err)
  }
}
