import type { ObjectStore } from '../store/object-store.ts'
import type { PartPlace } from './fetch-part.ts'
import { PartRooms, fetchPart } from './fetch-part.ts'

/** Parts being fetched, or fetched and not used up: what a kill costs, as all of them are fetched again. */
const most = 3
/** A part that shares a limited line with others should not take longer than this, s. */
const patience = 5

/**
 * How many parts are fetched at once. Under a low limit they only make each other late: the first bytes would count
 * after minutes, and a kill would lose all of them.
 * @param limit bytes per second, null for none
 */
export function partsAtOnce(partBytes: number, limit: number | null): number {
  if (limit === null) return most
  return Math.min(most, Math.max(1, Math.floor((limit * patience) / Math.max(1, partBytes))))
}

/**
 * The next parts of a backup file on their way. A part counts until it is forgotten, which may be later than its
 * memory is given back: what has been fetched and not put to use yet is lost with this process.
 */
export class PartsAhead {
  private readonly store: ObjectStore
  private readonly places: readonly PartPlace[]
  private readonly signal: AbortSignal
  private readonly limit: () => number | null
  private readonly usual: number
  /** How much of each part is there, bytes. */
  private readonly got = new Map<number, number>()
  private readonly fetched = new Map<number, Promise<Buffer>>()
  private readonly rooms = new PartRooms()
  /** Parts before this one have been given back. */
  private freed = 0
  private users: Promise<unknown> = Promise.resolve()

  /** @param limit what the store may take per second at this moment */
  constructor(
    store: ObjectStore,
    places: readonly PartPlace[],
    signal: AbortSignal,
    limit: () => number | null = () => null,
  ) {
    this.limit = limit
    this.usual = places.reduce((largest, { size }) => Math.max(largest, size), 0)
    this.store = store
    this.places = places
    this.signal = signal
  }

  get hasRoom(): boolean {
    return this.fetched.size < partsAtOnce(this.usual, this.limit())
  }

  /** Bytes that are there and not used up, of all that lies behind offset `usedTo` of the joined file. */
  received(usedTo: number): number {
    let bytes = 0
    for (const [part, got] of this.got)
      bytes += Math.max(0, got - Math.max(0, usedTo - this.places[part]!.start))
    return bytes
  }

  /** Begins to fetch what is not on its way yet, as far as there is room; `must` goes beyond it. */
  start(parts: readonly number[], must: boolean): void {
    for (const part of parts) {
      if (this.fetched.has(part)) continue
      if (!must && !this.hasRoom) return
      const place = this.places[part]!
      const task = fetchPart(this.store, place, this.signal, this.rooms.take(place.size), got =>
        this.got.set(part, got),
      )
      task.catch(() => {})
      this.fetched.set(part, task)
    }
  }

  /** The parts, or null when one of them has not been started. */
  get(parts: readonly number[]): Promise<Buffer>[] | null {
    const tasks = parts.map(part => this.fetched.get(part))
    return tasks.every(task => task !== undefined) ? tasks : null
  }

  /** Gives the memory of parts before `part` back once `user`, and all users named earlier, are done with it. */
  freeAfter(user: Promise<unknown>, part: number): void {
    this.users = Promise.allSettled([this.users, user]).then(async () => {
      for (const [index, task] of this.fetched)
        if (index >= this.freed && index < part)
          // The room of a part that failed is never used again: a call that hangs may still write to it.
          await task.then(
            bytes => this.rooms.give(bytes),
            () => {},
          )
      this.freed = Math.max(this.freed, part)
    })
  }

  /** Makes room: nobody will want the parts before `part` again, in this process or a later one. */
  forgetBefore(part: number): void {
    for (const index of this.fetched.keys())
      if (index < part) {
        this.fetched.delete(index)
        this.got.delete(index)
      }
  }

  /** Waits for the users and gives all back; to be called once the signal has stopped what is under way. */
  async close(): Promise<void> {
    this.freeAfter(Promise.resolve(), Infinity)
    await this.users
    this.rooms.release()
  }
}
