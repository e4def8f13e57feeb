import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { EngineError } from '../engine-error.ts'
import { readHostKey } from './host-key.ts'
import type { HostKey } from './host-key.ts'

/** One line of a `known_hosts` file. */
export type KnownHost = {
  marker: 'revoked' | 'cert-authority' | null
  /** The first field as it stands: patterns with commas, or one hashed name. */
  hosts: string
  key: HostKey
  /** `file:line`, for messages. */
  at: string
}

/** The system's file. A parameter of `loadKnownHosts` so that tests need not touch the machine's own. */
const systemFile = '/etc/ssh/ssh_known_hosts'

/**
 * Reads the user's and the system's file. A file that is not there holds nothing; one that is there and cannot be
 * read is `trust.known-hosts-unreadable`: going on could take a revoked or changed key for a new one.
 */
export async function loadKnownHosts(
  env: Readonly<Record<string, string | undefined>>,
  during: string,
  globalFile: string = systemFile,
): Promise<KnownHost[]> {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir()
  const lists = await Promise.all(
    [join(home, '.ssh', 'known_hosts'), globalFile].map(async file => {
      try {
        return parseKnownHosts(await readFile(file, 'utf8'), file)
      } catch (err) {
        const errno = (err as NodeJS.ErrnoException).code
        if (errno === 'ENOENT' || errno === 'ENOTDIR') return []
        throw new EngineError('trust.known-hosts-unreadable', during, {
          subject: file,
          detail: `${file} cannot be read${errno ? ` (${errno})` : ''}, so no host key can be checked`,
          cause: err,
        })
      }
    }),
  )
  return lists.flat()
}

/** Lines that are no entry (comments, SSH-1 keys, damaged base64) are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const found: KnownHost[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const fields = line.trim().split(/[ \t]+/)
    const first = fields[0] ?? ''
    if (first === '' || first.startsWith('#')) continue
    const marked = first.startsWith('@')
    if (marked && first !== '@revoked' && first !== '@cert-authority') continue
    const [hosts, type, base64] = marked ? fields.slice(1) : fields
    if (!hosts || !type || !base64 || !/^[A-Za-z0-9+/]+=*$/.test(base64)) continue
    const key = readHostKey(Buffer.from(base64, 'base64'))
    if (key.type !== type) continue
    const marker = first === '@revoked' ? 'revoked' : first === '@cert-authority' ? 'cert-authority' : null
    found.push({ marker, hosts, key, at: `${file}:${index + 1}` })
  }
  return found
}

/** What a host is called in `known_hosts`. */
export function knownHostName(host: string, port: number): string {
  const lower = host.toLowerCase()
  return port === 22 ? lower : `[${lower}]:${port}`
}

/** Whether the first field of an entry speaks of `name` (as `knownHostName` gives it). */
export function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHashed(hosts, name)
  let matched = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue
    // One negated match takes the whole line out, wherever it stands.
    if (negated) return false
    matched = true
  }
  return matched
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt. */
function matchesHashed(field: string, name: string): boolean {
  const [, version, salt, hash] = field.split('|')
  if (version !== '1' || !salt || !hash) return false
  const want = Buffer.from(hash, 'base64')
  const is = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return want.length === is.length && timingSafeEqual(want, is)
}

/** `*` stands for any run of characters, `?` for one. Walks with one place to fall back to, so no input is slow. */
function matchesPattern(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p
      p += 1
      resume = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p += 1
      n += 1
    } else if (star >= 0) {
      p = star + 1
      resume += 1
      n = resume
    } else return false
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}
