import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'

/** Codes of file systems without hard links. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/**
 * Gives a finished file its name; one that is taken is `EEXIST`. A link refuses a taken name in the same step; where
 * there are no links a look has to do.
 */
export function placeNew(from: Buffer, to: Buffer): void {
  try {
    linkSync(from, to)
  } catch (err) {
    if (!noLinks.includes((err as NodeJS.ErrnoException).code ?? '')) throw err
    if (lstatSync(to, { throwIfNoEntry: false })) throw Object.assign(new Error('exists'), { code: 'EEXIST' })
    return renameSync(from, to)
  }
  unlinkQuietly(from)
}

/** Gives a finished file its name; what stands there gives way in the same step, or stays when that fails. */
export function placeOver(from: Buffer, to: Buffer): void {
  renameSync(from, to)
  // Two names of one file: a rename from one to the other does nothing at all.
  unlinkQuietly(from)
}

export function unlinkQuietly(path: Buffer): void {
  try {
    unlinkSync(path)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
  }
}
