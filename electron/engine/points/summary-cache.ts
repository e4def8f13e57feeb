import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { ObjectInfo } from '../store/object-store.ts'
import { makeFolders } from '../state/make-folders.ts'
import type { RemovedMarker } from './markers.ts'
import { removedMarker } from './markers.ts'

/** What a listing needs of a manifest. */
export type Summary = {
  files: number
  objects: { name: string; size: number }[]
  /** See `PointInfo`. */
  leftOut?: string[]
}

const seen = { size: z.number(), modified: z.number().nullable() }
const stored = z.object({
  manifests: z.record(
    z.string(),
    z.object({
      ...seen,
      files: z.number(),
      objects: z.array(z.object({ name: z.string(), size: z.number() })),
      leftOut: z.array(z.string()).exactOptional(),
    }),
  ),
  /** `marker` is null for one that cannot be understood. */
  removed: z.record(z.string(), z.object({ ...seen, marker: removedMarker.nullable() })),
})
type Stored = z.infer<typeof stored>

/**
 * What manifests and markers seen before say, per server, so that a listing of ten thousand points reads none of them
 * again. Known again by name, size and time; lost, it costs a slower listing and nothing else.
 */
export class SummaryCache {
  private readonly file: string
  private readonly manifests: Map<string, Stored['manifests'][string]>
  private readonly removed: Map<string, Stored['removed'][string]>
  private changed = false

  private constructor(file: string, { manifests, removed }: Stored) {
    this.file = file
    this.manifests = new Map(Object.entries(manifests))
    this.removed = new Map(Object.entries(removed))
  }

  static async open(home: string, server: string): Promise<SummaryCache> {
    const folder = join(home, 'cache')
    const file = join(folder, `points-${server}.json`)
    try {
      makeFolders(folder, 0o700)
      return new SummaryCache(file, stored.parse(JSON.parse(await readFile(file, 'utf8'))))
    } catch {
      return new SummaryCache(file, { manifests: {}, removed: {} }) // Absent or unreadable: it is made anew.
    }
  }

  get(object: ObjectInfo): Summary | null {
    const item = this.manifests.get(object.name)
    return item && isSame(item, object) ? item : null
  }

  set({ name, size, modified }: ObjectInfo, summary: Summary): void {
    this.manifests.set(name, { size, modified, ...summary })
    this.changed = true
  }

  /** @returns undefined when it has to be read */
  getRemoved(object: ObjectInfo): RemovedMarker | null | undefined {
    const item = this.removed.get(object.name)
    return item && isSame(item, object) ? item.marker : undefined
  }

  setRemoved({ name, size, modified }: ObjectInfo, marker: RemovedMarker | null): void {
    this.removed.set(name, { size, modified, marker })
    this.changed = true
  }

  /** Forgets what is no longer on the server. @param names all manifests and markers that a whole listing showed */
  keepOnly(names: ReadonlySet<string>): void {
    for (const map of [this.manifests, this.removed])
      for (const name of map.keys()) if (!names.has(name)) this.changed = map.delete(name) || this.changed
  }

  async save(): Promise<void> {
    if (!this.changed) return
    this.changed = false
    try {
      const { manifests, removed } = this
      const content = { manifests: Object.fromEntries(manifests), removed: Object.fromEntries(removed) }
      await writeFileAtomically(this.file, JSON.stringify(content), { durable: false })
    } catch {
      // A full disk here must not keep anyone from seeing what lies on the servers: the next listing is slower.
    }
  }
}

const isSame = (item: { size: number; modified: number | null }, { size, modified }: ObjectInfo): boolean =>
  item.size === size && item.modified === modified
