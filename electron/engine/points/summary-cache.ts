import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { ObjectInfo } from '../store/object-store.ts'
import { makeFolders } from '../state/make-folders.ts'

/** What a listing needs of a manifest. */
export type Summary = { files: number; objects: { name: string; size: number }[] }

const stored = z.record(
  z.string(),
  z.object({
    size: z.number(),
    modified: z.number().nullable(),
    files: z.number(),
    objects: z.array(z.object({ name: z.string(), size: z.number() })),
  }),
)

/**
 * Summaries of manifests seen before, per server, so that a listing of ten thousand points reads none of them again.
 * Known again by name, size and time; lost, it costs a slower listing and nothing else.
 */
export class SummaryCache {
  private readonly file: string
  private readonly items: Map<string, z.infer<typeof stored>[string]>
  private changed = false

  private constructor(file: string, items: z.infer<typeof stored>) {
    this.file = file
    this.items = new Map(Object.entries(items))
  }

  static async open(home: string, server: string): Promise<SummaryCache> {
    const folder = join(home, 'cache')
    const file = join(folder, `points-${server}.json`)
    try {
      makeFolders(folder, 0o700)
      return new SummaryCache(file, stored.parse(JSON.parse(await readFile(file, 'utf8'))))
    } catch {
      return new SummaryCache(file, {}) // Absent or unreadable: it is made anew.
    }
  }

  get({ name, size, modified }: ObjectInfo): Summary | null {
    const item = this.items.get(name)
    return item && item.size === size && item.modified === modified ? item : null
  }

  set({ name, size, modified }: ObjectInfo, { files, objects }: Summary): void {
    this.items.set(name, { size, modified, files, objects })
    this.changed = true
  }

  async save(): Promise<void> {
    if (!this.changed) return
    this.changed = false
    try {
      await writeFileAtomically(this.file, JSON.stringify(Object.fromEntries(this.items)), { durable: false })
    } catch {
      // A full disk here must not keep anyone from seeing what lies on the servers: the next listing is slower.
    }
  }
}
