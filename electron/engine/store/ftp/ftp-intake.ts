import type net from 'node:net'
import { pieceBytes } from '../object-store.ts'

/** Full pieces that may wait for their reader before the server is held back. */
const mostWaiting = 4
/** How long, in ms, a piece may be gathered before what there is goes on. */
const gatherMs = 200

/** What one read takes from the kernel; TLS hands out records of at most a quarter of it. */
const readBytes = 64 * 1024

/**
 * Gathers what arrives on a data connection into pieces of `pieceBytes`. TLS hands its records out one by one. Read
 * as a stream, each comes in a buffer of its own, and making and collecting those takes more of the CPU than the
 * decryption does. So the socket writes into one buffer of ours (`onread`), from which the pieces are filled. They lie
 * in the memory that the reader names, or else in memory of their own. (Not straight into them: a TLS socket that has
 * been destroyed still writes one more record to where the next bytes were to go, which may be another's by then.)
 */
export class FtpIntake {
  /** The option of the same name for `net.connect` or `tls.connect`. */
  readonly onread: net.OnReadOpts
  /** Resolves when the other side has ended the connection, or it broke. */
  readonly over: Promise<void>
  readonly #tellOver: () => void
  #socket: net.Socket | undefined
  /** Where the next bytes go, behind the first `#filled` which have come. */
  #piece: Buffer = Buffer.alloc(0)
  #filled = 0
  #received = 0
  #target: { bytes: Buffer; begin: number } | null = null
  /** Whether the reader waits for a full piece. */
  #patient = true
  #held = false
  #ended = false
  #failure: Error | undefined
  #wake: () => void = () => {}
  readonly #waiting: Buffer[] = []

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#tellOver = resolve
    this.onread = {
      buffer: new Uint8Array(readBytes),
      callback: (count, bytes) => {
        this.#take(bytes, count)
        if (this.#waiting.length > 0 || !this.#patient) this.#wake()
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

  /** Whether there is nothing more to come and nothing left to be taken. */
  get empty(): boolean {
    return this.#ended && this.#waiting.length === 0 && this.#filled === 0
  }

  /**
   * What has not been taken yet belongs into `target`, from its beginning on. Pieces which had come before, or were
   * begun, still come in other memory. Once `target` has been filled, or the socket destroyed, nothing is written there.
   */
  aim(target: Buffer): void {
    const taken = this.#received - this.#filled - this.#waiting.reduce((sum, { length }) => sum + length, 0)
    this.#target = { bytes: target, begin: taken }
  }

  /** Puts the rest of a piece back that was taken by mistake. */
  putBack(rest: Buffer): void {
    this.#waiting.unshift(rest)
  }

  /** A full piece, or what there is after a while; null at the end. Throws what broke the connection. */
  async next(): Promise<Buffer | null> {
    const ready = this.#shift()
    if (ready) return ready
    this.#patient = true
    const timer = setTimeout(() => {
      this.#patient = false
      this.#wake()
    }, gatherMs)
    try {
      for (;;) {
        if (this.#ended || !this.#patient) {
          if (this.#filled > 0) return this.#cut()
          if (this.#failure) throw this.#failure
          if (this.#ended) return null
        }
        await new Promise<void>(resolve => (this.#wake = resolve))
        const piece = this.#shift()
        if (piece) return piece
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #shift(): Buffer | undefined {
    const piece = this.#waiting.shift()
    if (piece && this.#held) {
      this.#held = false
      this.#socket?.resume()
    }
    return piece
  }

  /** Ends the piece where it is; its memory behind that is the next one's. */
  #cut(): Buffer {
    const piece = this.#piece.subarray(0, this.#filled)
    this.#piece = this.#piece.subarray(this.#filled)
    this.#filled = 0
    return piece
  }

  #take(bytes: Uint8Array, count: number): void {
    for (let at = 0; at < count;) {
      if (this.#piece.length === 0) this.#piece = this.#room()
      const size = Math.min(count - at, this.#piece.length - this.#filled)
      this.#piece.set(bytes.subarray(at, at + size), this.#filled)
      at += size
      this.#filled += size
      this.#received += size
      if (this.#filled === this.#piece.length) this.#waiting.push(this.#cut())
    }
  }

  #room(): Buffer {
    const at = this.#target ? this.#received - this.#target.begin : 0
    // A piece belongs to whoever reads it, so without a place for it it has memory of its own.
    if (this.#target && at < this.#target.bytes.length)
      return this.#target.bytes.subarray(at, at + pieceBytes)
    return Buffer.allocUnsafeSlow(pieceBytes)
  }

  /** The first word counts: a reset after the end says nothing about what came before. */
  #end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wake()
    this.#tellOver()
  }
}
