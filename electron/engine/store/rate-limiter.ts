import type { Clock } from '../ports.ts'
import { systemClock } from '../ports.ts'
import type { Schedule } from './timing.ts'
import { systemSchedule } from './timing.ts'

type Waiter = { left: number; resolve: () => void; beat: (() => void) | undefined }

/** Most bytes that may pass at once after a pause. */
const largestBurst = 256 * 1024
/** How often those who wait hear that they still do, in ms. */
const beatMs = 1_000

/**
 * A token bucket that many transfers share, first come first served. Smooth: after a pause at most a tenth of a
 * second's worth, and never more than 256 KiB, passes at once. A change of the rate holds from that moment on,
 * also for those who already wait.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #waiters: Waiter[] = []
  #rate: number | null = null
  #tokens = 0
  #at: number
  #cancelTimer: (() => void) | null = null
  #beatAt = 0

  constructor(bytesPerSecond: number | null = null, options: { clock?: Clock; schedule?: Schedule } = {}) {
    this.#clock = options.clock ?? systemClock
    this.#schedule = options.schedule ?? systemSchedule
    this.#at = this.#clock.monotonic()
    this.set(bytesPerSecond)
  }

  /** @param bytesPerSecond more than 0, or null for no limit. */
  set(bytesPerSecond: number | null): void {
    if (bytesPerSecond !== null && !(bytesPerSecond > 0))
      throw new RangeError('a rate is more than 0 bytes per second')
    // What came in at the old rate goes to those who wait before it is cut to the new rate's burst.
    this.#pump()
    this.#rate = bytesPerSecond === Infinity ? null : bytesPerSecond
    this.#tokens = Math.min(this.#tokens, this.#burst())
    this.#pump()
  }

  get bytesPerSecond(): number | null {
    return this.#rate
  }

  /**
   * Resolves when `bytes` may pass; answers nothing when they may at once.
   * @param onWait called once a second while waiting.
   * @throws the signal's reason, when it fires first; what was not used goes to the next.
   */
  take(bytes: number, signal?: AbortSignal, onWait?: () => void): Promise<void> | undefined {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#rate === null) return undefined
    this.#refill()
    if (this.#waiters.length === 0 && this.#tokens >= bytes) {
      this.#tokens -= bytes
      return undefined
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        this.#pump()
        reject(signal?.reason as Error)
      }
      const pass = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const waiter: Waiter = { left: bytes, resolve: pass, beat: onWait }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiters.push(waiter)
      this.#pump()
    })
  }

  #burst(): number {
    return this.#rate === null ? 0 : Math.min(largestBurst, this.#rate / 10)
  }

  /** Adds what has come in since the last look; a machine that slept does not catch up in one burst. */
  #refill(): void {
    const now = this.#clock.monotonic()
    const came = this.#rate === null ? 0 : ((now - this.#at) / 1000) * this.#rate
    this.#at = now
    this.#tokens = Math.min(this.#tokens + came, (this.#waiters[0]?.left ?? 0) + this.#burst())
  }

  #pump(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#refill()
    for (let head = this.#waiters[0]; head; head = this.#waiters[0]) {
      if (this.#rate !== null) {
        const used = Math.min(head.left, this.#tokens)
        head.left -= used
        this.#tokens -= used
        // Clocks count in fractions: the last millionth of a byte is not worth another timer.
        if (head.left > 1e-6) break
      }
      this.#waiters.shift()
      head.resolve()
    }
    const head = this.#waiters[0]
    if (!head || this.#rate === null) return
    const now = this.#clock.monotonic()
    if (this.#beatAt < now) this.#beatAt = now + beatMs
    const wait = Math.min(Math.ceil((head.left / this.#rate) * 1000), this.#beatAt - now)
    this.#cancelTimer = this.#schedule(Math.max(1, wait), () => {
      if (this.#clock.monotonic() >= this.#beatAt) {
        this.#beatAt = this.#clock.monotonic() + beatMs
        for (const waiter of this.#waiters) waiter.beat?.()
      }
      this.#pump()
    })
  }
}
