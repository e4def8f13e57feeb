import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and the parents it lacks; one that is there is no error. Throws errors of `node:fs`.
 *
 * Not the runtime's `recursive`: where a file system says that the parent of a new folder is missing although it is
 * there (`/proc`), that one tries for ever.
 * @param toPath turns the path into what the calls take, for paths that are bytes
 */
export function makeFolders(
  path: string,
  mode: number,
  toPath: (path: string) => string | Buffer = same,
): void {
  try {
    mkdirSync(toPath(path), { mode })
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw err
    makeFolders(dirname(path), mode, toPath)
    try {
      mkdirSync(toPath(path), { mode })
    } catch (again) {
      if ((again as NodeJS.ErrnoException).code !== 'EEXIST') throw again
    }
  }
}

const same = (path: string): string => path
