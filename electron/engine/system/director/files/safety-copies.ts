import { parseName } from '../../../archive/names.ts'

/** What the plan of every safety copy begins with. */
export const safetyPrefix = 'safety-'

/**
 * Finds out from the names on a server which runs are safety copies that were taken before a restore: what a broken
 * Director held, so never the run that is wanted when nobody says which. Reads no file: the manifest's name tells.
 */
export class SafetyCopies {
  /** By their point: plan and stamp. */
  readonly #noted = new Map<string, string>()
  readonly #ordinary = new Set<string>()

  take(name: string): void {
    if (!name.startsWith(safetyPrefix)) return
    const known = parseName(name)
    if (!known) return
    const point = `${known.plan}@${known.stamp}`
    if (known.kind === 'manifest' || known.kind === 'intent') this.#noted.set(point, bare(known.stamp))
    // A copy of a Director stores its files under the vendor's names: a plan with files of its own only sounds alike.
    else if (known.kind === 'file') this.#ordinary.add(point)
  }

  /** Stamps without their Z, as the vendor's names carry them. */
  get stamps(): ReadonlySet<string> {
    return new Set([...this.#noted].flatMap(([point, stamp]) => (this.#ordinary.has(point) ? [] : [stamp])))
  }
}

/** A stamp as the vendor's names carry it. */
export const bare = (stamp: string): string => stamp.replace(/Z$/, '')
