import { EngineError } from '../engine-error.ts'

/** The caller's memory for a read, filled from its start; without any, pieces stay where they are. */
export class Room {
  readonly #into: Uint8Array | undefined
  readonly #about: { during: string; subject: string }
  #used = 0

  constructor(into: Uint8Array | undefined, about: { during: string; subject: string }) {
    this.#into = into
    this.#about = about
  }

  /** The piece as the caller is to get it. @throws EngineError `remote.wrong-answer` when there is no room for it */
  place(piece: Uint8Array): Uint8Array {
    if (!this.#into) return piece
    const at = this.#used
    if (piece.byteLength > this.#into.byteLength - at) {
      const { during, subject } = this.#about
      throw new EngineError('remote.wrong-answer', during, {
        subject,
        detail: 'more bytes than were asked for',
      })
    }
    this.#into.set(piece, at)
    this.#used += piece.byteLength
    return this.#into.subarray(at, this.#used)
  }
}
