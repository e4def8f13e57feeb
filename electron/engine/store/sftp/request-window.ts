import type { EngineError } from '../../engine-error.ts'

const usuallyWidest = 32
const narrowest = 2
const quickMs = 2_000
const slowMs = 5_000

/**
 * How many requests may be under way on one channel. Begins small and grows while answers come quickly: on a fast
 * line 8 MiB are under way within milliseconds, and on a slow one never more than some seconds' worth, so that a
 * watchdog which sees only whole pieces does not take a slow line for a dead one.
 */
export class Pace {
  #width = 4
  readonly #now: () => number
  readonly #widest: number

  constructor(now: () => number = () => performance.now(), widest = usuallyWidest) {
    this.#now = now
    this.#widest = widest
  }

  get width(): number {
    return this.#width
  }

  /** Called when a request goes out; the answer is called when its reply has come. */
  begin(): () => void {
    const began = this.#now()
    return () => {
      const took = this.#now() - began
      if (took < quickMs) this.#width = Math.min(this.#widest, this.#width + 1)
      else if (took > slowMs) this.#width = Math.max(narrowest, Math.floor(this.#width / 2))
    }
  }
}

/** The requests of one transfer: bounded by a `Pace`, first error wins, and waiting ends when the signal fires. */
export class RequestWindow {
  readonly #pace: Pace
  readonly #signal: AbortSignal | undefined
  readonly #cancelled: () => EngineError
  #underway = 0
  #failure: { error: unknown } | null = null
  readonly #waiting = new Set<() => void>()

  constructor(pace: Pace, signal: AbortSignal | undefined, cancelled: () => EngineError) {
    this.#pace = pace
    this.#signal = signal
    this.#cancelled = cancelled
  }

  /** Counts a request as under way. The answer must be called once, with its error if it failed. */
  begin(): (error?: unknown) => void {
    this.#underway += 1
    const answered = this.#pace.begin()
    return error => {
      this.#underway -= 1
      answered()
      if (error !== undefined && error !== null) this.#failure ??= { error }
      for (const wake of this.#waiting) wake()
    }
  }

  /** Resolves when one more request may go out. @throws the first failure, or the cancellation. */
  async room(): Promise<void> {
    await this.#until(() => this.#underway < this.#pace.width)
  }

  /** Resolves when all requests have been answered well. */
  async drained(): Promise<void> {
    await this.#until(() => this.#underway === 0)
  }

  async #until(reached: () => boolean): Promise<void> {
    for (;;) {
      if (this.#signal?.aborted) throw this.#cancelled()
      if (this.#failure) throw this.#failure.error
      if (reached()) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      this.#waiting.add(wake)
      this.#signal?.addEventListener('abort', wake, { once: true })
      try {
        await promise
      } finally {
        this.#waiting.delete(wake)
        this.#signal?.removeEventListener('abort', wake)
      }
    }
  }
}
