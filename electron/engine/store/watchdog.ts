import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import { systemClock } from '../ports.ts'
import type { Transfer } from './object-store.ts'
import type { Schedule } from './timing.ts'
import { systemSchedule } from './timing.ts'

export type WatchOptions = {
  /** Longest time in ms without a call of `gate`, while a call is under way. */
  stallMs: number
  /** How long in ms a call that was told to stop may take to do so before it is left to itself. */
  graceMs?: number
  clock?: Clock
  schedule?: Schedule
}

/**
 * Watches over calls of a store one after the other. Hands each a `transfer` whose gate it listens to; when
 * nothing passes the gate for `stallMs` while a call is under way, that call is aborted and fails with
 * `network.stalled`. A caller's own gate may hold a transfer as long as it likes (a paused run): that is no stall.
 *
 * A stopped call is awaited for `graceMs`, because the caller may reuse the buffer it passed in; one that does not
 * even stop then is left behind.
 */
export class Watchdog {
  /** What the watched calls take as their options. */
  readonly transfer: { signal: AbortSignal; gate: (bytes: number) => Promise<void> | void }
  readonly #outer: Transfer
  readonly #inner = new AbortController()
  readonly #during: string
  readonly #subject: string
  readonly #stallMs: number
  readonly #graceMs: number
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #onAbort: () => void
  #moved = 0
  #held = 0
  #left = false
  #stopped: EngineError | null = null
  #leave: (() => void) | null = null
  #cancelTimer: (() => void) | null = null

  constructor(during: string, subject: string, outer: Transfer, options: WatchOptions) {
    this.#during = during
    this.#subject = subject
    this.#outer = outer
    this.#stallMs = options.stallMs
    this.#graceMs = options.graceMs ?? 5_000
    this.#clock = options.clock ?? systemClock
    this.#schedule = options.schedule ?? systemSchedule
    this.transfer = { signal: this.#inner.signal, gate: bytes => this.#gate(bytes) }
    // By hand instead of AbortSignal.any: a run's signal outlives a hundred thousand calls, and each link to it
    // must be gone when its call is.
    this.#onAbort = () => this.#stop(cancelled(during, subject, outer.signal))
    if (outer.signal?.aborted) this.#onAbort()
    else outer.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Runs one call. Never starts it when the signal has fired. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(this.#stopped)
    this.#moved = this.#clock.monotonic()
    return new Promise<T>((resolve, reject) => {
      this.#leave = () => {
        this.#left = true
        reject(this.#stopped ?? cancelled(this.#during, this.#subject, this.#outer.signal))
      }
      // One timer serves many calls: a read makes a call for every 64 KiB.
      if (!this.#cancelTimer) this.#watch(this.#stallMs)
      const settle = () => {
        this.#leave = null
        if (this.#stopped) this.#cancelTimer?.()
      }
      work().then(
        value => {
          settle()
          // It came through all the same: the answer is good, whatever the clock said.
          resolve(value)
        },
        (err: unknown) => {
          settle()
          reject(this.#stopped ?? (err as Error))
        },
      )
    })
  }

  /** Whether a call was told to stop, did not, and may still be at work. */
  get leftBehind(): boolean {
    return this.#left
  }

  /** Lets go of the outer signal and of the timer. What has ended well is not told to stop afterwards. */
  dispose(): void {
    this.#cancelTimer?.()
    this.#outer.signal?.removeEventListener('abort', this.#onAbort)
  }

  /** Tells what is half done, and will not be asked to go on, to stop. */
  abandon(): void {
    if (this.#inner.signal.aborted) return
    this.#inner.abort(new EngineError('cancelled', this.#during, { subject: this.#subject }))
  }

  #gate(bytes: number): Promise<void> | void {
    this.#moved = this.#clock.monotonic()
    if (!this.#outer.gate) return
    this.#held++
    const passed = () => {
      this.#held--
      this.#moved = this.#clock.monotonic()
    }
    let wait: Promise<void> | void
    try {
      wait = this.#outer.gate(bytes)
    } catch (err) {
      passed()
      throw err
    }
    if (wait instanceof Promise) return wait.finally(passed)
    passed()
  }

  #watch(ms: number): void {
    this.#cancelTimer = this.#schedule(ms, () => {
      const idle = this.#clock.monotonic() - this.#moved
      // Between two calls the caller looks at what it got, for as long as it likes.
      if (!this.#leave) this.#cancelTimer = null
      else if (this.#held > 0) this.#watch(this.#stallMs)
      else if (idle < this.#stallMs) this.#watch(this.#stallMs - idle)
      else this.#stop(this.#stalled())
    })
  }

  #stalled(): EngineError {
    const seconds = Math.round(this.#stallMs / 1000)
    return new EngineError('network.stalled', this.#during, {
      subject: this.#subject,
      detail: `nothing moved for ${seconds >= 1 ? `${seconds} s` : `${this.#stallMs} ms`}`,
    })
  }

  #stop(error: EngineError): void {
    if (this.#stopped) return
    this.#stopped = error
    this.#cancelTimer?.()
    const leave = this.#leave
    if (leave) this.#cancelTimer = this.#schedule(this.#graceMs, leave)
    this.#inner.abort(error.code === 'cancelled' ? (this.#outer.signal?.reason ?? error) : error)
  }
}

/** The error of a call that was asked to stop; its cause says who asked. */
export function cancelled(during: string, subject: string, signal: AbortSignal | undefined): EngineError {
  const reason: unknown = signal?.reason
  if (reason instanceof EngineError && reason.code === 'cancelled') return reason
  return new EngineError('cancelled', during, { subject, cause: reason })
}

/** One watched call. */
export async function watched<T>(
  during: string,
  subject: string,
  outer: Transfer,
  options: WatchOptions,
  call: (transfer: Watchdog['transfer']) => Promise<T>,
): Promise<T> {
  const dog = new Watchdog(during, subject, outer, options)
  try {
    return await dog.run(() => call(dog.transfer))
  } finally {
    dog.dispose()
  }
}
