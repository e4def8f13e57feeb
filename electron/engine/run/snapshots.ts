/**
 * The newest value, to any number of readers, each at its own pace: one that is slow misses values in between and
 * never the last. Holds one value, however many are published.
 */
export class Snapshots<T> {
  #value: T
  #version = 0
  #ended = false
  #changed = Promise.withResolvers<void>()

  constructor(first: T) {
    this.#value = first
  }

  get current(): T {
    return this.#value
  }

  /** @param last readers end after this one; later calls do nothing */
  publish(value: T, last = false): void {
    if (this.#ended) return
    this.#value = value
    this.#version++
    this.#ended = last
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers<void>()
    resolve()
  }

  /** The current value now, then newer ones, to the last. Ends early, without an error, when `signal` fires. */
  async *read(signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
    let seen = -1
    for (;;) {
      if (signal?.aborted) return
      if (seen !== this.#version) {
        seen = this.#version
        const ended = this.#ended
        yield this.#value
        if (ended) return
        continue
      }
      await unless(this.#changed.promise, signal)
    }
  }
}

/** Waits for `promise` or for `signal`, and leaves no listener behind: a signal may outlive many waits. */
async function unless(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return await promise
  const aborted = Promise.withResolvers<void>()
  const wake = () => aborted.resolve()
  signal.addEventListener('abort', wake, { once: true })
  try {
    if (!signal.aborted) await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', wake)
  }
}
