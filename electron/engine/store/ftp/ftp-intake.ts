import type net from 'node:net'
import { pieceBytes } from '../object-store.ts'

/** Full pieces that may wait for their reader before the server is held back. */
const mostWaiting = 4
/** How long, in ms, a piece may be gathered before what there is goes on. */
const gatherMs = 200
/** TLS hands out records of at most this size. */
const recordBytes = 16 * 1024

/**
 * Gathers what arrives on a data connection into pieces of `pieceBytes`. TLS hands its records out one by one. Read
 * as a stream, each comes in a buffer of its own, and making and collecting those takes more of the CPU than the
 * decryption does. So the socket writes into one buffer of ours (`onread`), from which the pieces are filled.
 */
export class FtpIntake {
  /** The option of the same name for `net.connect` or `tls.connect`. */
  readonly onread: net.OnReadOpts
  #socket: net.Socket | undefined
  #piece = Buffer.alloc(0)
  #filled = 0
  /** Whether the reader waits for a full piece. */
  #patient = true
  #held = false
  #ended = false
  #failure: Error | undefined
  #wake: () => void = () => {}
  readonly #waiting: Buffer[] = []

  constructor() {
    this.onread = {
      buffer: new Uint8Array(recordBytes),
      callback: (count, bytes) => {
        this.#take(count === bytes.length ? bytes : bytes.subarray(0, count))
        this.#held = this.#waiting.length >= mostWaiting
        return !this.#held
      },
    }
  }

  /** Must be called once with the socket that was made with `onread`. */
  listen(socket: net.Socket): void {
    this.#socket = socket
    socket.on('end', () => this.#end())
    socket.on('error', err => this.#end(err))
    socket.on('close', () => this.#end(new Error('Server closed connection unexpectedly.')))
  }

  /** A full piece, or what there is after a while; null at the end. Throws what broke the connection. */
  async next(): Promise<Buffer | null> {
    this.#patient = true
    const timer = setTimeout(() => {
      this.#patient = false
      this.#wake()
    }, gatherMs)
    try {
      for (;;) {
        const piece = this.#waiting.shift() ?? (this.#patient && !this.#ended ? undefined : this.#rest())
        if (piece) {
          if (this.#held) {
            this.#held = false
            this.#socket?.resume()
          }
          return piece
        }
        if (this.#failure) throw this.#failure
        if (this.#ended) return null
        await new Promise<void>(resolve => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      // Each piece has memory of its own: it belongs to whoever reads it.
      if (this.#filled === 0) this.#piece = Buffer.allocUnsafeSlow(pieceBytes)
      const part = bytes.subarray(at, at + pieceBytes - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === pieceBytes) this.#waiting.push(this.#rest() ?? this.#piece)
    }
    if (this.#waiting.length > 0 || !this.#patient) this.#wake()
  }

  #rest(): Buffer | undefined {
    if (this.#filled === 0) return undefined
    const piece = this.#piece.subarray(0, this.#filled)
    this.#filled = 0
    return piece
  }

  /** The first word counts: a reset after the end says nothing about what came before. */
  #end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wake()
  }
}
