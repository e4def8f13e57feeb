import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, rmdir } from 'node:fs/promises'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { EngineError } from '../engine-error.ts'
import { makeFolders } from '../state/make-folders.ts'

/** Unix socket addresses end at 104 bytes on macOS and 108 on Linux, the closing zero included. */
const longestPath = 100

const folderPrefix = 'drydock-run-'

/**
 * Makes `server` listen where only this user can reach it: in `home/sock` (0700), in a private folder of the
 * system's temporary folder when that path is too long or its file system has no sockets, or on a named pipe.
 */
export async function listenPrivately(server: Server, home: string, id: string): Promise<string> {
  const random = randomBytes(8).toString('hex')
  if (process.platform === 'win32') return await listen(server, `\\\\.\\pipe\\drydock-${id}-${random}`)

  const folder = join(home, 'sock')
  const path = join(folder, `${id}-${random.slice(0, 4)}`)
  if (Buffer.byteLength(path) <= longestPath) {
    try {
      makeFolders(folder, 0o700)
      await chmod(folder, 0o700)
      return await listen(server, path)
    } catch {
      // Shares and FAT have no sockets; below is a place that does.
    }
  }
  for (const base of [tmpdir(), '/tmp']) {
    if (Buffer.byteLength(join(base, `${folderPrefix}XXXXXX`, 'sock')) > longestPath) continue
    try {
      // mkdtemp makes it 0700 under a name nobody could have waited with.
      return await listen(server, join(await mkdtemp(join(base, folderPrefix)), 'sock'))
    } catch {
      // The next one may do.
    }
  }
  throw new EngineError('local.io', 'run.start', {
    subject: folder,
    detail: 'no folder to make a private socket in',
  })
}

/** Removes what the run `id` left of its socket, ended or killed. A path that is not like one is left alone. */
export async function removeControlPath(path: string, id: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = dirname(path)
  if (basename(path).startsWith(id)) await rm(path, { force: true }).catch(() => {})
  else if (basename(folder).startsWith(folderPrefix)) {
    await rm(path, { force: true }).catch(() => {})
    await rmdir(folder).catch(() => {})
  }
}

function listen(server: Server, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.removeListener('error', reject)
      resolve(path)
    })
  })
}
