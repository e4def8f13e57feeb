import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { ServeFile } from '../job/serve-files.ts'
import { listDirectorPoints } from './director-points.ts'

/**
 * The five files of a run as they are handed on to a host that serves them: read when they are sent, never staged here.
 * @param hashes SHA-256 by name, of those that were read before: one that is another by then is refused
 * @throws EngineError `data.missing` when the run is not on the server, or not whole
 */
export async function filesToServe(
  store: ObjectStore,
  stamp: string,
  hashes: ReadonlyMap<string, string | null>,
  signal: AbortSignal,
): Promise<ServeFile[]> {
  const { points } = await listDirectorPoints(store, { deep: false }, signal)
  const point = points.find(one => one.stamp === stamp)
  if (!point || point.flags.length > 0)
    throw new EngineError('data.missing', 'director.serve', {
      subject: stamp,
      detail: point?.flags[0]?.detail ?? 'no file of this stamp is on the server',
    })
  return point.files.map(({ name, size }) => ({
    name,
    size,
    sha256: hashes.get(name) ?? null,
    read: signal => store.read(name, { offset: 0, length: size }, { signal }),
  }))
}
