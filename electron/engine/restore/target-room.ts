import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EngineError, fromFsError } from '../engine-error.ts'

/** The target may be a link to a folder, and need not be there yet. @throws EngineError when it can be no folder */
export async function checkFolder(target: string): Promise<void> {
  const there = await stat(target).catch((err: unknown) => {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromFsError(err, 'restore.start', target)
  })
  if (there && !there.isDirectory())
    throw new EngineError('input.invalid', 'restore.start', {
      subject: target,
      detail: 'this is no folder to restore into',
    })
}

/** Free space where the target is, or will be made. */
export async function freeBytes(target: string): Promise<number> {
  for (let folder = target; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder)
        throw fromFsError(err, 'restore.start', target)
    }
  }
}
