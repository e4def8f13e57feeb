import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorComponents, directorFileName } from '../../../../../shared/director-files.ts'
import type { BackupFile, Manifest } from '../../../archive/manifest.ts'
import { volumesOf } from '../../../archive/manifest.ts'
import { pointId, timeOf } from '../../../archive/names.ts'
import { EngineError } from '../../../engine-error.ts'
import type { FoundPoint } from '../../../points/found-points.ts'
import { findPoints } from '../../../points/found-points.ts'
import { readManifest } from '../../../points/list-points.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { ComponentServer, ComponentsOutcome } from '../components/index.ts'
import type { LockNote } from './backup-lock.ts'
import { machineOf } from './backup-lock.ts'

/** `madeBy`: another run has made it while this one waited for it. */
export type DirectorBackupOutcome = ComponentsOutcome & { madeBy?: { host: string; run: string } }
type MadeMeanwhile = Required<DirectorBackupOutcome>

export type LookMeanwhile = {
  plan: string
  /** Those that were waited for. */
  others: readonly LockNote[]
  /** Older points do not count, ms since 1970 UTC. */
  since: number
  /** All servers of this run. */
  stores: readonly ComponentServer[]
  /** What this run would back up. */
  components: readonly DirectorComponent[]
  /** Whether the `latest` copies are wanted too. */
  latest: boolean
  signal: AbortSignal
}

/**
 * A whole restore point of this plan that one of the others has just put on every server of this run, so that nobody
 * needs a second one; null when there is none, or when that cannot be told.
 */
export async function madeMeanwhile(look: LookMeanwhile): Promise<MadeMeanwhile | null> {
  const { plan, others, since, stores, latest, signal } = look
  const byRun = new Map(others.filter(other => other.plan === plan).map(other => [other.run, other]))
  if (byRun.size === 0) return null
  try {
    const seen = await Promise.all(
      stores.map(async ({ store }) => ({ store, found: await findPoints(store, plan, signal) })),
    )
    const first = seen[0]?.found.points.values() ?? []
    const points = [...first].filter(one => counts(one) && timeOf(one.stamp) >= since)
    // The newest first.
    for (const { point, stamp } of points.sort((a, b) => (a.stamp < b.stamp ? 1 : -1))) {
      let manifest: Manifest | null = null
      for (const { store, found } of seen) {
        const own = found.points.get(point)
        manifest = own && counts(own) ? await readManifest(store, plan, stamp, signal) : null
        const whole =
          manifest && byRun.has(manifest.run) && (await isWhole(store, { manifest, point: own, look }))
        if (!whole) manifest = null
        if (!manifest) break
      }
      const by = manifest && byRun.get(manifest.run)
      if (manifest && by) return outcomeOf(manifest, by, { stores, latest })
    }
    return null
  } catch (err) {
    signal.throwIfAborted()
    // What cannot be read is no reason to do without a backup: this run makes its own.
    if (err instanceof EngineError) return null
    throw err
  }
}

const counts = ({ manifest, removed }: FoundPoint): boolean => manifest !== null && removed === null

/** Whether all that this run would have made stands there in full size. */
async function isWhole(
  store: ObjectStore,
  { manifest, point, look }: { manifest: Manifest; point: FoundPoint | undefined; look: LookMeanwhile },
): Promise<boolean> {
  const { components, latest, signal } = look
  const made = new Map(manifest.files.map(file => [file.component, file]))
  const since = point?.manifest?.modified ?? null
  const there = async (name: string, size: number) => {
    const object = await store.stat(name, { signal })
    return object?.size === size ? object : null
  }
  for (const component of components) {
    const file = made.get(component)
    if (!file) return false
    for (const { name, size } of [...volumesOf(file), file.entries])
      if (!(await there(name, size))) return false
    if (!latest) continue
    // The copies are written after the manifest: an older one is of a run before.
    const copy = await there(directorFileName(component, 'latest'), file.size)
    if (!copy || (since !== null && copy.modified !== null && copy.modified < since)) return false
  }
  return true
}

function outcomeOf(
  { plan, stamp, run, files }: Manifest,
  by: LockNote,
  { stores, latest }: Pick<LookMeanwhile, 'stores' | 'latest'>,
): MadeMeanwhile {
  const all = <T>(value: T) => Object.fromEntries(stores.map(({ name }) => [name, value]))
  const made = new Set(files.map(({ component }) => component))
  return {
    point: pointId(plan, stamp),
    stamp: stamp.slice(0, -1),
    servers: all('done' as const),
    latest: latest ? all('replaced' as const) : {},
    components: files.map(({ component, name, size, sha256 }: BackupFile) => ({
      ...{ component: component as DirectorComponent, name, size, sha256 },
    })),
    notSet: directorComponents.filter(one => !made.has(one)),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    madeBy: { host: machineOf(by), run },
  }
}
