import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Transfer } from '../object-store.ts'
import { pieceBytes } from '../object-store.ts'

/** Bytes that go out in pieces, each through the gate. A gate that throws ends the stream with its error. */
export class PieceStream extends Readable {
  readonly #bytes: Uint8Array
  readonly #gate: NonNullable<Transfer['gate']>
  #at = 0

  constructor(bytes: Uint8Array, gate: NonNullable<Transfer['gate']>) {
    // No reading ahead of the socket: what has passed the gate is on its way.
    super({ highWaterMark: pieceBytes })
    this.#bytes = bytes
    this.#gate = gate
  }

  override _read(): void {
    if (this.#at >= this.#bytes.byteLength) {
      this.push(null)
      return
    }
    const next = Math.min(this.#at + pieceBytes, this.#bytes.byteLength)
    try {
      const wait = this.#gate(next - this.#at)
      if (wait instanceof Promise)
        wait.then(() => this.#send(next)).catch((err: unknown) => this.destroy(err as Error))
      else this.#send(next)
    } catch (err) {
      this.destroy(err as Error)
    }
  }

  #send(next: number): void {
    if (this.destroyed) return
    const { buffer, byteOffset } = this.#bytes
    const piece = Buffer.from(buffer, byteOffset + this.#at, next - this.#at)
    this.#at = next
    this.push(piece)
  }
}

/**
 * Sends `bytes` by `send`. The SDK pipes a stream into its request without passing errors on, so an error of the
 * gate ends the request by the signal handed to `send`, and is what the caller gets.
 */
export async function sendPieces<T>(
  bytes: Uint8Array,
  { signal, gate }: Transfer,
  send: (body: Buffer | (() => Readable), signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const abort = () => stop.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  let failure: { err: unknown } | null = null
  let stream: PieceStream | null = null
  try {
    if (!gate || bytes.byteLength <= pieceBytes) {
      if (bytes.byteLength > 0) await gate?.(bytes.byteLength)
      return await send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), stop.signal)
    }
    const body = () => {
      stream = new PieceStream(bytes, gate)
      stream.once('error', err => {
        failure ??= { err }
        stop.abort(err)
      })
      return stream
    }
    return await send(body, stop.signal)
  } catch (err) {
    const cause = failure as { err: unknown } | null
    throw cause === null ? err : cause.err
  } finally {
    signal?.removeEventListener('abort', abort)
    ;(stream as PieceStream | null)?.destroy()
  }
}

/** In steps: hashing 16 MiB at once would hold up the event loop for 25 ms. */
export async function md5(bytes: Uint8Array): Promise<Uint8Array> {
  const step = 2 * 1024 * 1024
  const hash = createHash('md5')
  for (let at = 0; at < bytes.byteLength; at += step) {
    if (at > 0) await nextTurn()
    hash.update(bytes.subarray(at, at + step))
  }
  return hash.digest()
}
