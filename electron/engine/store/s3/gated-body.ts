import { Readable } from 'node:stream'
import type { Transfer } from '../object-store.ts'
import { pieceBytes } from '../object-store.ts'

/**
 * A request's body from bytes in memory, in pieces that pass the gate one by one. At most one piece is read ahead of
 * the socket, so the gate sees what the wire takes. The bytes are not copied.
 */
export class GatedBody extends Readable {
  readonly #bytes: Buffer
  readonly #gate: Transfer['gate']
  #at = 0

  constructor(bytes: Uint8Array, gate: Transfer['gate']) {
    super({ highWaterMark: pieceBytes })
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#gate = gate
  }

  /** Whether everything was handed to the wire. */
  get exhausted(): boolean {
    return this.#at === this.#bytes.length
  }

  override _read(): void {
    if (this.exhausted) {
      this.push(null)
      return
    }
    const piece = this.#bytes.subarray(this.#at, this.#at + pieceBytes)
    const pass = () => {
      this.#at += piece.length
      this.push(piece)
    }
    try {
      const wait = this.#gate?.(piece.length)
      // Without a wait no turn of the event loop is spent: as fast as a plain buffer.
      if (wait instanceof Promise) wait.then(pass, (err: Error) => this.destroy(err))
      else pass()
    } catch (err) {
      this.destroy(err as Error)
    }
  }
}
