import { EngineError } from '../../engine-error.ts'
import type { Transfer } from '../object-store.ts'
import { stopped } from './abortable.ts'
import type { OpenFile } from './file-channel.ts'

type Slot = {
  bytes: Buffer
  filled: number
  position: number
  /** What `FileChannel.read` answered. */
  forget: () => void
}

/**
 * Reads a range with many requests under way, and hands the pieces out in order. At most `Pace.width` pieces
 * (8 MiB) are asked for or wait to be taken. Once it has ended, however it did, nothing is written into `into` any
 * more than `FileChannel.read` says. One reader, used once.
 */
export class ReadAhead {
  readonly #file: OpenFile
  readonly #subject: string
  readonly #transfer: Transfer
  readonly #into: Buffer | null
  readonly #begin: number
  readonly #during = 'server.read'
  readonly #slots: Slot[] = []
  #next: number
  readonly #end: number
  #failure: { error: unknown } | null = null
  #over = false
  #wake: (() => void)[] = []

  /** @param into Takes exactly the range; null: pieces have memory of their own. */
  constructor(
    file: OpenFile,
    subject: string,
    range: { offset: number; end: number },
    transfer: Transfer,
    into: Buffer | null,
  ) {
    this.#file = file
    this.#subject = subject
    this.#transfer = transfer
    this.#into = into
    this.#begin = range.offset
    this.#next = range.offset
    this.#end = range.end
  }

  async *pieces(): AsyncGenerator<Buffer> {
    const { signal } = this.#transfer
    const stop = () => this.#fail(stopped(signal, this.#during, this.#subject))
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    // Asking runs beside handing out, so that a gate which makes wait does not hold back what is there already.
    const asking = this.#ask().catch((error: unknown) => this.#fail(error))
    try {
      while (this.#slots.length > 0 || this.#next < this.#end) {
        for (;;) {
          if (this.#failure) throw this.#failure.error
          const head = this.#slots[0]
          if (head && head.filled === head.bytes.length) break
          await this.#change()
        }
        const { bytes } = this.#slots.shift() as Slot
        this.#changed()
        yield bytes
      }
      await asking
    } finally {
      this.#over = true
      for (const slot of this.#slots) if (slot.filled < slot.bytes.length) slot.forget()
      this.#changed()
      signal?.removeEventListener('abort', stop)
    }
  }

  async #ask(): Promise<void> {
    const { session } = this.#file
    while (this.#next < this.#end && !this.#over && !this.#failure) {
      if (this.#slots.length >= session.pace.width) {
        await this.#change()
        continue
      }
      const want = Math.min(session.readBytes, this.#end - this.#next)
      await this.#transfer.gate?.(want)
      if (this.#over || this.#failure) return
      const at = this.#next - this.#begin
      // A piece belongs to who takes it, so each has memory of its own (and none of Buffer's shared pool).
      const bytes = this.#into?.subarray(at, at + want) ?? Buffer.allocUnsafeSlow(want)
      const slot: Slot = { bytes, filled: 0, position: this.#next, forget: () => {} }
      this.#next += want
      this.#slots.push(slot)
      this.#fill(slot)
    }
  }

  /** Servers may answer with less than was asked for: the rest is asked for again. */
  #fill(slot: Slot): void {
    const { session, handle } = this.#file
    const answered = session.pace.begin()
    const place = slot.bytes.subarray(slot.filled)
    slot.forget = session.read(handle, place, slot.position + slot.filled, (err, count) => {
      answered()
      if (err) return this.#fail(err)
      if (count <= 0)
        return this.#fail(
          new EngineError('network.interrupted', this.#during, {
            subject: this.#subject,
            detail: `the file ended at ${slot.position + slot.filled}, ${this.#end} bytes were promised`,
          }),
        )
      slot.filled += count
      if (slot.filled < slot.bytes.length && !this.#over) this.#fill(slot)
      else this.#changed()
    })
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#changed()
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#wake.push(resolve))
  }

  #changed(): void {
    const waiting = this.#wake
    if (waiting.length === 0) return
    this.#wake = []
    for (const resolve of waiting) resolve()
  }
}
