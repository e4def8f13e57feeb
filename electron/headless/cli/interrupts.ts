export type StopReason = 'operator' | 'shutdown'

/** Signals this close together are one: npm and our own launcher pass on what the terminal has sent already. */
const sameKeyMs = 200

/**
 * Ctrl-C and the signals that end a process. The first asks what is under way to stop in good order (the innermost
 * handler, or `signal` when there is none); a second Ctrl-C ends the process at once, through `leave`.
 */
export class Interrupts {
  readonly #abort = new AbortController()
  readonly #handlers: ((reason: StopReason) => void)[] = []
  readonly #leave: () => void
  #asked = -Infinity

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** Fires when a command that has no way of its own to stop is to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  listen(): void {
    process.on('SIGINT', () => this.arrived('operator'))
    process.on('SIGTERM', () => this.arrived('shutdown'))
    process.on('SIGHUP', () => this.arrived('shutdown'))
  }

  /** @param now ms, monotonic */
  arrived(reason: StopReason, now = performance.now()): void {
    if (now - this.#asked < sameKeyMs) return
    if (this.#asked > 0 && reason === 'operator') return this.#leave()
    this.#asked = now
    const handler = this.#handlers.at(-1)
    if (handler) handler(reason)
    else this.#abort.abort(new DOMException('interrupted', 'AbortError'))
  }

  /** While `work` goes on, `handler` is asked to stop it instead. */
  async during<T>(handler: (reason: StopReason) => void, work: () => Promise<T>): Promise<T> {
    this.#handlers.push(handler)
    try {
      return await work()
    } finally {
      this.#handlers.splice(this.#handlers.indexOf(handler), 1)
    }
  }
}
