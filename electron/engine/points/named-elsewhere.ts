import { parseName } from '../archive/names.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { FoundPoint } from './found-points.ts'
import { vendorName, vendorStamp } from './vendor-point.ts'

/**
 * Files of a point whose names a vendor dictates: they stand under no name of ours, so a listing finds them apart from
 * their manifest. Asks the server only when a manifest names any.
 */
export class NamedElsewhere {
  readonly #store: ObjectStore
  readonly #signal: AbortSignal | undefined
  #sizes: Promise<ReadonlyMap<string, number>> | null = null
  /** Such names that a manifest on this server tells. */
  readonly claimed = new Set<string>()

  /** @param points a listing of all names; null when only some were listed */
  constructor(
    store: ObjectStore,
    points: ReadonlyMap<string, FoundPoint> | null,
    signal: AbortSignal | undefined,
  ) {
    this.#store = store
    this.#signal = signal
    if (points) this.#sizes = Promise.resolve(vendorSizes(points))
  }

  /** @returns null when it is not there, or is no such name */
  async sizeOf(name: string): Promise<number | null> {
    if (vendorStamp(name) === null) return null
    this.claimed.add(name)
    this.#sizes ??= this.#list()
    return (await this.#sizes).get(name) ?? null
  }

  /** Whether all that is there of a vendor's point belongs to points of ours: then it is none of its own. */
  isAllClaimed({ name, objects }: FoundPoint): boolean {
    return name === vendorName && objects.size > 0 && [...objects.keys()].every(one => this.claimed.has(one))
  }

  async #list(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>()
    for await (const { name, size } of this.#store.list('', { signal: this.#signal }))
      if (parseName(name) === null && vendorStamp(name) !== null) sizes.set(name, size)
    return sizes
  }
}

function vendorSizes(points: ReadonlyMap<string, FoundPoint>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { objects } of points.values())
    for (const { name, size } of objects.values()) if (parseName(name) === null) sizes.set(name, size)
  return sizes
}
