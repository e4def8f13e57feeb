/**
 * Hands on the items of another sequence and shows each to `tap` first, which may hold it back by a promise. By
 * hand instead of as an async generator: a read passes several of these with every 64 KiB, and a generator costs
 * three turns of the microtask queue each time.
 */
export class Tapped<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: AsyncIterator<T>
  readonly #tap: (item: T) => Promise<void> | undefined
  readonly #failed: ((err: unknown) => void) | undefined

  /** @param failed hears of errors of the sequence, not of those of `tap`. */
  constructor(
    items: AsyncIterable<T>,
    tap: (item: T) => Promise<void> | undefined,
    failed?: (err: unknown) => void,
  ) {
    this.#items = items[Symbol.asyncIterator]()
    this.#tap = tap
    this.#failed = failed
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#items.next().then(
      result => {
        if (result.done) return { done: true, value: undefined }
        const wait = this.#tap(result.value)
        return wait ? this.#held(result, wait) : result
      },
      (err: unknown) => {
        this.#failed?.(err)
        throw err
      },
    )
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#items.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #held(result: IteratorYieldResult<T>, wait: Promise<void>): Promise<IteratorYieldResult<T>> {
    try {
      await wait
      return result
    } catch (err) {
      await this.#items.return?.()
      throw err
    }
  }
}
