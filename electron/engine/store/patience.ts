import { formatSeconds } from '../../../shared/units.ts'
import { retryOf } from '../../../shared/failure.ts'
import type { FailureCode } from '../../../shared/failure.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import type { Delay } from './timing.ts'
import { cancelled } from './watchdog.ts'

/** What is told before each wait, so that a run can show why nothing moves. */
export type RetryInfo = { during: string; attempt: number; code: FailureCode; waitMs: number }

export type PatienceOptions = {
  clock: Clock
  random: () => number
  delay: Delay
  maxElapsedMs: number
  onRetry: ((info: RetryInfo) => void) | undefined
}

const firstWaitMs = 1_000
const longestWaitMs = 60_000

/**
 * How long one operation is tried again: exponential backoff with full jitter (1 s, doubled up to 60 s, times a
 * random share), never shorter than the server asked for, until failures have gone on for `maxElapsedMs` without
 * any progress. Errors that trying again cannot help end it at once.
 */
export class Patience {
  readonly #during: string
  readonly #subject: string
  readonly #options: PatienceOptions
  #failures = 0
  #since: number | null = null

  constructor(during: string, subject: string, options: PatienceOptions) {
    this.#during = during
    this.#subject = subject
    this.#options = options
  }

  /** Something went through: the count and the clock start over. */
  progressed(): void {
    this.#failures = 0
    this.#since = null
  }

  /** Whether a try has failed since the last progress: then an answer may have been lost. */
  get tried(): boolean {
    return this.#failures > 0
  }

  /** Returns when the next try may begin; throws `err` when there is to be none. */
  async afterFailure(err: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw cancelled(this.#during, this.#subject, signal)
    if (!(err instanceof EngineError) || retryOf(err.code) !== 'now') throw err
    const { clock, random, delay, maxElapsedMs, onRetry } = this.#options
    const now = clock.monotonic()
    this.#since ??= now
    this.#failures++
    const jittered = random() * Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#failures - 1, 30))
    const waitMs = Math.max(jittered, err.retryAfterMs ?? 0)
    const elapsed = now - this.#since
    if (elapsed + waitMs > maxElapsedMs) throw this.#givenUp(err, elapsed, waitMs)
    onRetry?.({ during: this.#during, attempt: this.#failures, code: err.code, waitMs })
    try {
      await delay(waitMs, signal)
    } catch (reason) {
      if (signal?.aborted) throw cancelled(this.#during, this.#subject, signal)
      throw reason
    }
    if (signal?.aborted) throw cancelled(this.#during, this.#subject, signal)
  }

  #givenUp(last: EngineError, elapsedMs: number, waitMs: number): EngineError {
    const times =
      this.#failures === 1
        ? 'tried once'
        : `tried ${this.#failures} times in ${formatSeconds(elapsedMs / 1000)}`
    const asked =
      last.retryAfterMs !== undefined && waitMs === last.retryAfterMs
        ? `; the server asks for a wait of ${formatSeconds(waitMs / 1000)}`
        : ''
    return new EngineError(last.code, last.during, {
      subject: last.subject ?? this.#subject,
      detail: `${last.detail ? `${last.detail}; ` : ''}${times}${asked}`,
      cause: last,
      ...(last.retryAfterMs === undefined ? {} : { retryAfterMs: last.retryAfterMs }),
    })
  }
}

/** Runs `work` until it succeeds or patience ends. Never begins with a signal that has fired. */
export async function persistently<T>(
  patience: Patience,
  signal: AbortSignal | undefined,
  about: { during: string; subject: string },
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    if (signal?.aborted) throw cancelled(about.during, about.subject, signal)
    try {
      return await work()
    } catch (err) {
      await patience.afterFailure(err, signal)
    }
  }
}
