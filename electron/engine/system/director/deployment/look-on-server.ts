import { parseDirectorFile } from '../../../../../shared/director-files.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import { inspectPoint, listDirectorPoints } from '../files/index.ts'
import type { FilesOnServer } from './check-on-server.ts'
import { readYaml } from './read-yaml.ts'
import { namesOf } from './restore-yml.ts'

/**
 * Looks for the files that `restore.yml` names on a server, and into them. Reads only: nothing is written there.
 * @param restore the text of `restore.yml`; null when there is none
 * @throws EngineError as `listDirectorPoints`
 */
export async function lookOnServer(
  store: ObjectStore,
  restore: string | null,
  signal: AbortSignal,
): Promise<FilesOnServer> {
  const read = restore === null ? null : readYaml('restore.yml', restore)
  const names = read && 'root' in read ? Object.values(namesOf(read.root)) : []
  const parsed = names.map(parseDirectorFile).filter(name => name !== null)
  const latest = parsed.some(({ stamp }) => stamp === 'latest')
  const stamps = new Set(parsed.map(({ stamp }) => stamp).filter(stamp => stamp !== 'latest'))
  const [stamp] = stamps
  // What the latest copies are takes a look into them; runs with a stamp are looked into below.
  const found = await listDirectorPoints(store, { deep: latest, ...(stamp ? { stamp } : {}) }, signal)
  if (latest) for (const { equals } of found.latest) if (equals !== null) stamps.add(equals)
  for (const point of found.points) if (stamps.has(point.stamp)) await inspectPoint(store, point, signal)
  return { points: found.points, latest: found.latest }
}
