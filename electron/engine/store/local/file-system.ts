import { statfsSync } from 'node:fs'
import { link, open, rename, stat } from 'node:fs/promises'

/** Magic numbers of statfs(2), from linux/magic.h and the file systems' own headers. */
const types: Record<number, string> = {
  0x4d44: 'fat',
  0x2011bab0: 'exfat',
  0xef53: 'ext',
  0x9123683e: 'btrfs',
  0x58465342: 'xfs',
  0x01021994: 'tmpfs',
  0x6969: 'nfs',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x5346544e: 'ntfs',
  0x65735546: 'fuse',
  0x794c7630: 'overlay',
}

/** The kind of file system at `path` as far as Linux tells; null when it does not. */
export function fileSystemOf(path: string): string | null {
  try {
    return process.platform === 'linux' ? (types[statfsSync(path).type] ?? null) : null
  } catch {
    return null
  }
}

/** FAT of any width; FAT32 is the one met on sticks, and its 4 GiB limit holds for the smaller ones too. */
export const isFat32 = (path: string): boolean => fileSystemOf(path) === 'fat'

/**
 * Makes a name durable. Some file systems (exFAT, CIFS, all on Windows) cannot sync a folder and say so: there
 * the name is as durable as they make it.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'ENOTTY' && code !== 'EPERM') throw err
  } finally {
    await folder.close()
  }
}

/** File systems without hard links (exFAT) get a check and a rename instead: the window is ours alone to race. */
export async function linkInto(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw err
    const taken = await stat(to).then(
      () => true,
      () => false,
    )
    if (taken) throw Object.assign(new Error('exists'), { code: 'EEXIST' })
    await rename(from, to)
  }
}
