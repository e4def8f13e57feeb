import { createHmac, randomBytes } from 'node:crypto'
import { directorComponents, directorFileName } from '../../../../../shared/director-files.ts'
import type { ReadDeployment } from '../deployment/index.ts'
import type { DirectorPreflightDeps, Request } from './deps.ts'

/** The texts hold passwords: without this nobody can try them out on what was seen. */
const salt = randomBytes(32)

/** Name, size and time of the five files as the server tells them one by one; null for one that is not there. */
export async function filesNow(
  { servers }: Pick<DirectorPreflightDeps, 'servers'>,
  { server, stamp }: Pick<Request, 'server' | 'stamp'>,
  signal: AbortSignal,
): Promise<unknown[]> {
  const store = await servers.open(server)
  return await Promise.all(
    directorComponents.map(async component => {
      const info = await store.stat(directorFileName(component, stamp), { signal })
      return info && [info.name, info.size, info.modified]
    }),
  )
}

export type Seen = {
  read: ReadDeployment | null
  setupSha256: string | null
  files: unknown
  /** Host keys by `ip:port`. */
  keys: ReadonlyMap<string, string>
}

/** All that a restore relies on, as a short text that changes when any of it does. Good in this process only. */
export function seenText({ read, setupSha256, files, keys }: Seen): string {
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1))
  return createHmac('sha256', salt)
    .update(JSON.stringify([read && [read.texts, read.setup], setupSha256, files, sorted]))
    .digest('base64')
}
