import type { ObjectStore } from '../store/object-store.ts'
import type { PartPlace } from './fetch-part.ts'
import { PartRooms, fetchPart } from './fetch-part.ts'

/** Parts being fetched, or fetched and not used up: what a kill costs, as all of them are fetched again. */
const most = 3

/**
 * The next parts of a backup file on their way. A part counts until it is forgotten, which may be later than its
 * memory is given back: what has been fetched and not put to use yet is lost with this process.
 */
export class PartsAhead {
  private readonly store: ObjectStore
  private readonly places: readonly PartPlace[]
  private readonly signal: AbortSignal
  private readonly fetched = new Map<number, Promise<Buffer>>()
  private readonly rooms = new PartRooms()
  /** Parts before this one have been given back. */
  private freed = 0
  private users: Promise<unknown> = Promise.resolve()

  constructor(store: ObjectStore, places: readonly PartPlace[], signal: AbortSignal) {
    this.store = store
    this.places = places
    this.signal = signal
  }

  get hasRoom(): boolean {
    return this.fetched.size < most
  }

  /** Begins to fetch what is not on its way yet, as far as there is room; `must` goes beyond it. */
  start(parts: readonly number[], must: boolean): void {
    for (const part of parts) {
      if (this.fetched.has(part)) continue
      if (!must && !this.hasRoom) return
      const place = this.places[part]!
      const task = fetchPart(this.store, place, this.signal, this.rooms.take(place.size))
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
    for (const index of this.fetched.keys()) if (index < part) this.fetched.delete(index)
  }

  /** Waits for the users and gives all back; to be called once the signal has stopped what is under way. */
  async close(): Promise<void> {
    this.freeAfter(Promise.resolve(), Infinity)
    await this.users
    this.rooms.release()
  }
}
