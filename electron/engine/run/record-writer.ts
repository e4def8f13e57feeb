import type { RunRegistry } from './run-registry.ts'
import type { StoredRun } from './stored-run.ts'

/** How old `run.json` may be while only progress changes, ms. */
const writeEveryMs = 2000

/**
 * Brings a run's record to the disk, one write at a time, the newest always last: at once and durably on a change
 * of state, every 2 s while only progress changes.
 */
export class RecordWriter {
  readonly #registry: RunRegistry
  readonly #failed: (err: unknown) => void
  #last: Promise<void> = Promise.resolve()
  #pending: StoredRun | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(registry: RunRegistry, failed: (err: unknown) => void) {
    this.#registry = registry
    this.#failed = failed
  }

  /** Writes some time within the next 2 s. A write that fails is told to `failed` and tried again with the next. */
  soon(record: StoredRun): void {
    this.#pending = record
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#enqueue(false).catch(this.#failed)
    }, writeEveryMs).unref()
  }

  /** Resolves when the disk has `record` or a newer one. */
  async now(record: StoredRun): Promise<void> {
    this.#pending = record
    await this.#enqueue(true)
  }

  /** Waits for writes under way and makes no more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#last
    this.#pending = undefined
  }

  #enqueue(durable: boolean): Promise<void> {
    const mine = this.#last.then(async () => {
      const record = this.#pending
      // A write that began after this was asked for has taken it along, unless that one was not durable.
      if (!record) return
      await this.#registry.write(record, { durable })
      if (durable && this.#pending === record) this.#pending = undefined
    })
    this.#last = mine.catch(() => {})
    return mine
  }
}
