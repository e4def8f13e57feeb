import { pieceBytes } from '../object-store.ts'

/** Unasked for, no more than this is taken from a connection: who reads slowly is to slow the sender down. */
const enough = 4 * pieceBytes
/** From this on whoever waits is woken at once; less may grow until the event loop has looked at every socket. */
const worthWaking = 64 * 1024

/**
 * Bytes of known number that arrive when they will, handed out in order when they are asked for. They are copied
 * once, out of the connection's own memory into `into` or into pieces of their own.
 */
export class Intake {
  readonly #into: Uint8Array | undefined
  readonly #ready: Uint8Array[] = []
  #left: number
  #arrived = 0
  #given = 0
  #failure: { err: unknown } | null = null
  #wake: (() => void) | null = null
  #waking = false

  /** @param length bytes that will come; `into`, if given, must have room for them. */
  constructor(length: number, into: Uint8Array | undefined) {
    this.#left = length
    this.#into = into
  }

  /** Bytes still to come. */
  get left(): number {
    return this.#left
  }

  /** Whether so much waits that the connection had better pause. */
  get full(): boolean {
    return this.#arrived - this.#given >= enough
  }

  /** Takes what has arrived, at most `left` bytes. `bytes` may change afterwards. */
  take(bytes: Buffer): void {
    if (this.#into) this.#into.set(bytes, this.#arrived)
    else {
      const own = Buffer.allocUnsafeSlow(bytes.length)
      own.set(bytes)
      this.#ready.push(own)
    }
    this.#arrived += bytes.length
    this.#left -= bytes.length
    if (!this.#wake) return
    if (this.#left === 0 || this.#arrived - this.#given >= worthWaking) this.#rouse()
    else if (!this.#waking) {
      this.#waking = true
      setImmediate(() => {
        this.#waking = false
        this.#rouse()
      })
    }
  }

  /** Nothing more will come. What has arrived is handed out before. */
  fail(err: unknown): void {
    this.#failure ??= { err }
    this.#rouse()
  }

  /** At most `pieceBytes`; null after the last byte. @throws what `fail` was given */
  async next(): Promise<Uint8Array | null> {
    while (this.#arrived === this.#given) {
      if (this.#left === 0) return null
      if (this.#failure) throw this.#failure.err
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    const end = Math.min(this.#arrived, this.#given + pieceBytes)
    const piece = this.#into?.subarray(this.#given, end) ?? this.#ready.shift()!
    this.#given += piece.length
    return piece
  }

  #rouse(): void {
    this.#wake?.()
    this.#wake = null
  }
}
