/** Two rounds begin no closer to each other than this, ms: four in a second. */
const apart = 250

/**
 * Does the same work again and again when it is told that something changed: never twice at once, at most four times
 * a second, and always once more after the last time it was told.
 */
export class Pump {
  readonly #work: () => Promise<void>
  readonly #clock: { now: () => number; wait: (ms: number, then: () => void) => () => void }
  #busy = false
  #wanted = false
  #last = -Infinity
  #stopWaiting: (() => void) | null = null
  #over = false

  constructor(work: () => Promise<void>, clock = browserClock) {
    this.#work = work
    this.#clock = clock
  }

  poke(): void {
    this.#wanted = true
    if (!this.#busy && !this.#stopWaiting) this.#next()
  }

  stop(): void {
    this.#over = true
    this.#stopWaiting?.()
  }

  #next(): void {
    if (this.#over || !this.#wanted) return
    const wait = this.#last + apart - this.#clock.now()
    if (wait > 0) {
      this.#stopWaiting = this.#clock.wait(wait, () => {
        this.#stopWaiting = null
        this.#next()
      })
      return
    }
    this.#wanted = false
    this.#busy = true
    this.#last = this.#clock.now()
    void this.#work().finally(() => {
      this.#busy = false
      this.#next()
    })
  }
}

const browserClock = {
  now: () => performance.now(),
  wait: (ms: number, then: () => void) => {
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  },
}
