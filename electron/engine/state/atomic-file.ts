import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fromFsError } from '../engine-error.ts'

/**
 * Replaces `file` by `content` as a whole. The new file is on the disk before it gets its name, and the name is on
 * the disk when this resolves. Readable by its owner only.
 * @param options.durable false leaves out waiting for the disk: still whole, but a power failure may bring the old one back
 */
export async function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  options: { durable?: boolean; mode?: number } = {},
): Promise<void> {
  const durable = options.durable ?? true
  const temp = join(dirname(file), `.${basename(file)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`)
  try {
    const handle = await open(temp, 'wx', options.mode ?? 0o600)
    try {
      await handle.writeFile(content)
      if (durable) await handle.sync()
    } finally {
      await handle.close()
    }
    await renameOver(temp, file)
    if (durable) await syncFolder(dirname(file))
  } catch (err) {
    await rm(temp, { force: true }).catch(() => {})
    throw fromFsError(err, 'state.write', file)
  }
}

/** Windows refuses to replace a file in the moment in which another process reads it. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to)
    } catch (err) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes((err as { code?: string }).code ?? '')
      if (process.platform !== 'win32' || !busy || attempt === 20) throw err
      await sleep(10 * attempt)
    }
  }
}

/** Makes names created in or removed from `folder` durable, where the platform has such a thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r').catch(() => null)
  if (!handle) return
  // exFAT, CIFS and FUSE answer EINVAL or ENOTSUP to fsync of a folder: there is nothing more that could be done.
  await handle.sync().catch(() => {})
  await handle.close().catch(() => {})
}
