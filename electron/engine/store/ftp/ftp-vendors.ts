import { randomBytes } from 'node:crypto'
import type { VendorFolder } from '../object-store.ts'
import { levelsOfFolder, vendorAmong } from '../vendor-levels.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { fromFtpError, isReply } from './ftp-errors.ts'
import { workingFolder } from './ftp-files.ts'
import { listsAnything } from './ftp-list.ts'

/**
 * One of the vendor's folders in the store's folder or above it; null when there is none. Told by going in, which every
 * server knows and which changes nothing. A server that goes into folders that do not exist is asked what lies in them.
 */
export async function vendorAround(connection: FtpConnection, path: string): Promise<VendorFolder | null> {
  const levels = levelsOfFolder(path)
  const relative = !path.startsWith('/')
  if (relative && !connection.inFolder) connection.home ??= await workingFolder(connection)
  const unknown = connection.inFolder ? '../'.repeat(levels.length - 1) : ''
  const base = relative ? (connection.home ?? unknown).replace(/[^/]$/, '$&/') : ''
  let moved = false
  const enters = async (target: string): Promise<boolean> => {
    try {
      await connection.send(`CWD ${target.startsWith(' ') ? './' : ''}${target}`)
      return (moved = true)
    } catch (err) {
      if (!isReply(err)) throw err
      // Refused to this login, which says that it is there: not what an absent one is refused with.
      if (isReply(err, 431, 450, 501, 550, 553) && !/permission|denied/i.test(err.message)) return false
      throw fromFtpError(err, 'server.list', target)
    }
  }
  const there = async (level: string, folder: VendorFolder): Promise<boolean> => {
    if (!(await enters(`${base}${level}${folder}`))) return false
    const nowhere = await enters(`drydock-none-${randomBytes(6).toString('hex')}`).catch(() => false)
    if (!nowhere) return true
    return (await enters(`${base}${level}${folder}`)) && (await listsAnything(connection))
  }
  try {
    const unseen = ['auth.denied', 'remote.failed', 'remote.unsupported', 'remote.wrong-answer'] as const
    return await vendorAmong(levels, { there, unseen, parallel: false })
  } finally {
    // It stands somewhere else now.
    if (moved) connection.close()
  }
}
