import { directorComponents, parseDirectorFile } from '../../../../../shared/director-files.ts'
import { decodeManifest, maxManifestBytes } from '../../../archive/manifest.ts'
import { parseName } from '../../../archive/names.ts'
import { EngineError } from '../../../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../../../store/object-store.ts'
import type { DirectorFile } from '../files/index.ts'

const during = 'adopt.start'
const bare = (stamp: string): string => stamp.replace(/Z$/, '')

/**
 * The files of a vendor's run, in the order of `restore.yml`. Reads only.
 * @throws EngineError `data.missing` when there are none, `input.invalid` when Drydock made them: these have a manifest
 */
export async function adoptableFiles(
  store: ObjectStore,
  stamp: string,
  signal: AbortSignal | undefined,
): Promise<DirectorFile[]> {
  const files: DirectorFile[] = []
  const manifests: ObjectInfo[] = []
  for await (const object of store.list('', { signal })) {
    const { name, size, modified } = object
    const parsed = parseDirectorFile(name)
    if (parsed?.stamp === stamp)
      files.push({ component: parsed.component, name, size, modified: timeText(modified) })
    const known = parseName(name)
    if (known?.kind === 'manifest' && bare(known.stamp) === bare(stamp)) manifests.push(object)
  }
  if (files.length === 0)
    throw new EngineError('data.missing', during, {
      subject: stamp,
      detail: `no backup file of ${stamp} is on ${store.about}`,
    })
  for (const manifest of manifests)
    if (await namesAny(store, manifest, files, signal))
      throw new EngineError('input.invalid', during, {
        subject: stamp,
        detail: `Drydock made these files: ${manifest.name} beside them holds their hashes already`,
      })
  return files.sort(
    (a, b) => directorComponents.indexOf(a.component) - directorComponents.indexOf(b.component),
  )
}

/** Another plan's manifest may be of the same second. One that cannot be read names nothing that could be relied on. */
async function namesAny(
  store: ObjectStore,
  { name, size }: ObjectInfo,
  files: readonly DirectorFile[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (size > maxManifestBytes || size === 0) return false
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(name, { offset: 0, length: size }, { signal })) pieces.push(piece)
  try {
    const named = new Set(decodeManifest(Buffer.concat(pieces), name).files.map(file => file.name))
    return files.some(file => named.has(file.name))
  } catch {
    return false
  }
}

const timeText = (ms: number | null): string | null =>
  ms === null || !(Math.abs(ms) <= 8.64e15) ? null : new Date(ms).toISOString()
