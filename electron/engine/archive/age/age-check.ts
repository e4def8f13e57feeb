import { EngineError } from '../../engine-error.ts'
import type { OpenedAge } from './age-reader.ts'
import { maxHeader, openAge } from './age-reader.ts'
import type { DecryptWith } from './key.ts'
import { headerLength } from './key.ts'
import { openChunk, sealedChunkBytes } from './payload.ts'

/**
 * Proves that an age file opens: its header with the secret, and then every chunk. The content goes nowhere.
 * Pieces are handed in as they come; `end` checks the last chunk, so that a cut file is noticed.
 */
export class AgeCheck {
  readonly #secret: DecryptWith
  readonly #subject: string
  #age: OpenedAge | null = null
  #rest: Buffer = Buffer.alloc(0)
  #index = 0

  constructor(secret: DecryptWith, subject: string) {
    this.#secret = secret
    this.#subject = subject
  }

  /** @throws EngineError `auth.passphrase` when the secret does not open it, `data.*` for what is damaged */
  async push(piece: Uint8Array): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, piece])
    if (!this.#age) {
      const length = headerLength(this.#rest)
      if ((length === null || this.#rest.length < length + 16) && this.#rest.length < maxHeader) return
      this.#age = await openAge(this.#rest, this.#secret, this.#subject)
      this.#rest = this.#rest.subarray(this.#age.payloadAt)
    }
    const { key } = this.#age
    let at = 0
    // The last chunk is known only by the end of the file: one is always held back.
    for (; this.#rest.length - at > sealedChunkBytes; at += sealedChunkBytes)
      openChunk(key, this.#index++, this.#rest.subarray(at, at + sealedChunkBytes), false, this.#subject)
    this.#rest = Buffer.from(this.#rest.subarray(at))
  }

  /** @throws EngineError `data.damaged` when the file was cut off */
  end(): void {
    if (!this.#age)
      throw new EngineError('data.format', 'decryption', {
        subject: this.#subject,
        detail: 'not an age file, or one that is cut off',
      })
    openChunk(this.#age.key, this.#index, this.#rest, true, this.#subject)
  }
}
