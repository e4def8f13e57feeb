import { createReadStream } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AgeCheck } from '../archive/age/age-check.ts'
import type { DecryptWith } from '../archive/age/key.ts'
import { EngineError } from '../engine-error.ts'

/** What may open an encrypted point in a verification. */
export type VerifySecret = DecryptWith & {
  /** Nobody gave it now: it is the plan's. That it does not open an older point is no failure. */
  kept?: boolean
}

/** What a read-back of an encrypted point does not prove when nobody gave what opens it. */
export const notDecrypted =
  'it is encrypted, and neither passphrase nor identity was given: only the stored bytes were compared; that they decrypt was not tried'
export const keptDoesNotOpen =
  'it is encrypted, and the passphrase kept for its plan does not open it: only the stored bytes were compared; give what it was encrypted with to prove that it decrypts'

/** Proves, file by file and while they are read back anyway, that an encrypted point decrypts. */
export class DecryptionCheck {
  readonly #secret: VerifySecret
  readonly #damaged: (subject: string, detail: string) => void
  #current: { check: AgeCheck; subject: string } | null = null
  /** False as soon as the kept secret has turned out to be another one. */
  opens = true

  /** @param damaged told of what does not decrypt though it is what the manifest promises */
  constructor(secret: VerifySecret, damaged: (subject: string, detail: string) => void) {
    this.#secret = secret
    this.#damaged = damaged
  }

  begin(subject: string): void {
    this.#current = this.opens ? { check: new AgeCheck(this.#secret, subject), subject } : null
  }

  /** The next bytes of the file. @throws EngineError `auth.passphrase` for a wrong secret that somebody gave */
  async push(piece: Uint8Array): Promise<void> {
    await this.#try(check => check.push(piece))
  }

  /** The file cannot be read on: what is left of it says nothing. */
  giveUp(): void {
    this.#current = null
  }

  async end(): Promise<void> {
    await this.#try(check => check.end())
    this.#current = null
  }

  /** The same for a file that lies here. */
  async local(path: string, subject: string, signal: AbortSignal): Promise<void> {
    this.begin(subject)
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) {
      await this.push(piece as Buffer)
      await nextTurn()
    }
    await this.end()
  }

  async #try(work: (check: AgeCheck) => void | Promise<void>): Promise<void> {
    if (!this.#current) return
    const { check, subject } = this.#current
    try {
      await work(check)
    } catch (err) {
      this.#current = null
      if (!(err instanceof EngineError)) throw err
      if (err.code.startsWith('data.')) this.#damaged(subject, `does not decrypt: ${err.detail ?? err.code}`)
      else if (this.#secret.kept) this.opens = false
      else throw err
    }
  }
}
