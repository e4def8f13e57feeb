import type { VendorObject } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { status, statusOf } from './sftp-errors.ts'
import type { SftpSession } from './sftp-session.ts'

const during = 'server.list'
/** Deeper than any repository goes. */
const deepest = 16

/** The files below a folder at any depth, links left out and not followed; nothing when it is not there. */
export async function* filesBelow(
  session: SftpSession,
  root: string,
  { about, signal }: { about: string; signal: AbortSignal | undefined },
): AsyncGenerator<VendorObject> {
  const folders: string[][] = [[]]
  for (let at = folders.pop(); at; at = folders.pop()) {
    const path = [root, ...at].join('/')
    // It may be gone by now: the vendor's tool writes and removes while we look.
    const handle = await abortable(session.opendir(path, during), signal, during, about).catch(
      (err: unknown) => {
        if (statusOf(err) === status.noSuchFile) return null
        throw err
      },
    )
    if (!handle) continue
    try {
      for (;;) {
        const entries = await abortable(session.readdir(handle, during, path), signal, during, about)
        if (!entries) break
        for (const { filename, attrs } of entries) {
          if (filename === '.' || filename === '..' || filename.includes('/')) continue
          const own = [...at, filename]
          if (attrs.mode !== undefined && attrs.isDirectory()) {
            if (own.length < deepest) folders.push(own)
          } else if (attrs.mode === undefined || attrs.isFile())
            yield {
              path: own.join('/'),
              size: attrs.size,
              modified: attrs.mtime === undefined ? null : attrs.mtime * 1000,
            }
        }
      }
    } finally {
      session.close(handle, during).catch(() => {})
    }
  }
}
