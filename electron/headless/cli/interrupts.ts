export type StopReason = 'operator' | 'shutdown'

/** Signals this close together are one: npm and our own launcher pass on what the terminal has sent already. */
const sameKeyMs = 200

const reasons = [
  ['SIGINT', 'operator'],
  ['SIGTERM', 'shutdown'],
  ['SIGHUP', 'shutdown'],
] as const

/**
 * Ctrl-C and the signals that end a process. The first asks what is under way to stop in good order (the innermost
 * handler, or `signal` when there is none); a second Ctrl-C ends the process at once, through `leave`.
 */
export class Interrupts {
  readonly #abort = new AbortController()
  readonly #handlers: ((reason: StopReason) => void)[] = []
  readonly #leave: () => void
  #asked = -Infinity
  /** Asked for while no handler was there. */
  #unheard: StopReason | null = null

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** Fires when a command that has no way of its own to stop is to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** From now on; whoever started this command and listened until it does is heard no more. */
  listen(): void {
    for (const [signal, reason] of reasons) {
      const earlier = process.listeners(signal)
      // Before those go: with no listener left for a moment, a signal on its way would be lost.
      process.on(signal, () => this.arrived(reason))
      for (const listener of earlier) process.off(signal, listener)
    }
  }

  /** @param now ms, monotonic */
  arrived(reason: StopReason, now = performance.now()): void {
    if (now - this.#asked < sameKeyMs) return
    if (this.#asked > 0 && reason === 'operator') return this.#leave()
    this.#asked = now
    const handler = this.#handlers.at(-1)
    if (handler) handler(reason)
    else {
      this.#unheard = reason
      this.#abort.abort(new DOMException('interrupted', 'AbortError'))
    }
  }

  /**
   * Lets signals that came while modules were loaded be delivered.
   * @throws DOMException AbortError when the command is to stop
   */
  async settled(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.signal.throwIfAborted()
  }

  /** While `work` goes on, `handler` is asked to stop it instead; at once, when the request came before. */
  async during<T>(handler: (reason: StopReason) => void, work: () => Promise<T>): Promise<T> {
    this.#handlers.push(handler)
    if (this.#unheard) handler(this.#unheard)
    this.#unheard = null
    try {
      return await work()
    } finally {
      this.#handlers.splice(this.#handlers.indexOf(handler), 1)
    }
  }
}
