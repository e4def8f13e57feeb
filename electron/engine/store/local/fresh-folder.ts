import { opendir, stat } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'
import type { ProbeCheck } from '../object-store.ts'

export type FolderBefore = 'absent' | 'empty' | 'in-use'

/** Where removable disks are mounted: what lies there is expected on a disk of its own. */
const mountBases = ['/media', '/mnt', '/run/media', '/Volumes']
/** What a disk that was just formatted holds. */
const bare = new Set(['lost+found', 'System Volume Information', '.Trashes', '.fseventsd', '.Spotlight-V100'])

/** What is at `path` before anything is made there. Errors other than "not there" come through. */
export async function folderBefore(path: string): Promise<FolderBefore> {
  try {
    for await (const { name } of await opendir(path)) if (!bare.has(name)) return 'in-use'
    return 'empty'
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return 'absent'
    throw err
  }
}

/**
 * The line for a folder with nothing on it: a typing error, or a disk that is not mounted, looks the same as a new
 * place for backups. Null when there is something on it. @param path exists by now
 */
export async function freshFolderCheck(
  path: string,
  before: FolderBefore,
  bases: readonly string[] = mountBases,
): Promise<ProbeCheck | null> {
  if (before === 'in-use') return null
  const words =
    before === 'absent'
      ? 'This folder is new: nothing is on it yet, and it was made just now.'
      : 'This folder is new: nothing is on it yet.'
  const unmounted = await liesOnSystemDisk(path, bases)
  const hint = unmounted
    ? 'It lies on the disk of the system itself. Is the disk plugged in?'
    : 'If it should hold backups already, correct the path.'
  return { name: freshFolder, ok: false, level: 'warn', detail: `${words} ${hint}` }
}

/** Name of the check. */
export const freshFolder = 'folder'

/** Whether a path of the kind that disks are mounted at has no disk of its own under it. */
async function liesOnSystemDisk(path: string, bases: readonly string[]): Promise<boolean> {
  const base = bases.find(one => {
    const inside = relative(one, path)
    return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !inside.startsWith(sep)
  })
  if (base === undefined) return false
  const deviceOf = async (at: string) => (await stat(at)).dev
  const device = await deviceOf(path)
  if (device === (await deviceOf(sep))) return true
  // The base may be a file system of its own, as /run is; or the disk may be mounted right there.
  const own = await deviceOf(base)
  return device === own && own === (await deviceOf(dirname(base)))
}
