import type { StoredPart } from '../archive/part-assembler.ts'
import { EngineError } from '../engine-error.ts'
import type { Destination } from './destination.ts'
import type { Place } from './layout.ts'

/** Parts that wait for some server at once: what bounds the memory of a run, whatever the number of servers. */
export const windowParts = 3

/** A server without any progress for this long is taken out of the read while others go on, ms. */
const patienceMs = 60_000

/**
 * Gives every part to every destination, at the pace of the slowest that makes progress. One that stands still while
 * others wait is dropped, to be completed afterwards.
 */
export class FanOut {
  private readonly destinations: readonly Destination[]
  private readonly options: { monotonic: () => number; signal: AbortSignal; patienceMs?: number | undefined }
  private readonly outstanding = new Set<Promise<void>>()
  private readonly waitedFor = new Map<Promise<void>, Set<Destination>>()

  constructor(
    destinations: readonly Destination[],
    options: { monotonic: () => number; signal: AbortSignal; patienceMs?: number | undefined },
  ) {
    this.destinations = destinations
    this.options = options
  }

  /**
   * Takes a part, as soon as the window has room. Its memory is released when every destination is done with it.
   * @throws the first destination's failure when none is left
   */
  async push(part: StoredPart, place: Place): Promise<void> {
    this.throwIfNoneIsLeft()
    const waiting = new Set(this.destinations.filter(d => d.state === 'active'))
    const delivery = Promise.all(
      [...waiting].map(d => d.offer(part, place).then(() => waiting.delete(d))),
    ).then(() => {
      part.release()
      this.outstanding.delete(delivery)
      this.waitedFor.delete(delivery)
    })
    this.outstanding.add(delivery)
    this.waitedFor.set(delivery, waiting)
    while (this.outstanding.size >= windowParts) await this.untilOneIsDelivered(windowParts)
  }

  /** For a file without any part. */
  async beginEmpty(place: Place): Promise<void> {
    await Promise.all(this.destinations.map(d => d.beginEmpty(place)))
  }

  /** Waits for all parts, then completes every copy that is still in the read. */
  async finish(): Promise<void> {
    while (this.outstanding.size > 0) await this.untilOneIsDelivered(1)
    await Promise.all(this.destinations.map(d => d.finish()))
    this.throwIfNoneIsLeft()
  }

  /** @param least parts outstanding from which on a server that stands still holds others up */
  private async untilOneIsDelivered(least: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, 1000)
    try {
      await Promise.race([...this.outstanding, promise])
    } finally {
      clearTimeout(timer)
    }
    this.options.signal.throwIfAborted()
    this.throwIfNoneIsLeft()
    await this.dropTheStalled(least)
  }

  private async dropTheStalled(least: number): Promise<void> {
    const [oldest] = this.waitedFor.values()
    if (!oldest || this.outstanding.size < least) return
    const deadline = this.options.monotonic() - (this.options.patienceMs ?? patienceMs)
    const stalled = [...oldest].filter(d => d.state === 'active' && d.lastMove < deadline)
    // When all stand still there is nobody to hold up: retrying decides how long that may last.
    const others = this.destinations.some(d => d.state === 'active' && !oldest.has(d))
    if (others) await Promise.all(stalled.map(d => d.drop()))
  }

  private throwIfNoneIsLeft(): void {
    if (this.destinations.some(d => d.state === 'active' || d.state === 'done')) return
    throw (
      this.destinations.find(d => d.failure)?.failure ?? new EngineError('network.stalled', 'server.upload')
    )
  }
}
