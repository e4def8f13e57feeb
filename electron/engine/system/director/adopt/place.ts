import { createHash } from 'node:crypto'
import { z } from 'zod'
import { azureSecrets } from '../../../store/server-record.ts'
import type { ServerRecord } from '../../../store/server-record.ts'

const text = z.string().max(4096)

/**
 * Where files are, without secrets and without the name that one laptop gave the server: what a second laptop knows
 * the same place by.
 */
export const place = z.discriminatedUnion('type', [
  /** `endpoint` null: AWS itself, where names of buckets are the world’s. */
  z.object({ type: z.literal('s3'), endpoint: text.nullable(), bucket: text, prefix: text }),
  z.object({
    type: z.literal('azure'),
    account: text,
    endpoint: text.nullable(),
    container: text,
    prefix: text,
  }),
  z.object({
    type: z.literal('sftp'),
    host: text,
    port: z.int(),
    /** Pinned; one host has many addresses and one key. Null: none was. */
    hostKey: text.nullable(),
    user: text,
    path: text,
  }),
  z.object({ type: z.literal('ftp'), host: text, port: z.int(), user: text, path: text }),
  /** `medium`: what identifies the folder wherever it is plugged in. */
  z.object({ type: z.literal('local'), medium: text.nullable(), path: text }),
])
export type Place = z.infer<typeof place>

const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '')
const origin = (url: string | undefined): string | null =>
  url === undefined || !URL.canParse(url)
    ? null
    : `${new URL(url).origin.toLowerCase()}${new URL(url).pathname.replace(/\/+$/, '')}`

/**
 * @param secretsOf asked only of an Azure server whose account stands in its connection string
 * @returns null when it cannot be told where it is
 */
export async function placeOf(
  record: ServerRecord,
  secretsOf: (record: ServerRecord) => Promise<unknown>,
): Promise<Place | null> {
  switch (record.type) {
    case 's3': {
      const { endpoint, bucket, prefix } = record
      return { type: 's3', endpoint: origin(endpoint), bucket, prefix: trimmed(prefix) }
    }
    case 'azure': {
      const { container, prefix } = record
      const endpoint = origin(record.endpoint)
      const account =
        record.account ?? (endpoint === null ? accountIn(await secretsOf(record).catch(() => null)) : '')
      if (account === null) return null
      return { type: 'azure', account, endpoint, container, prefix: trimmed(prefix) }
    }
    case 'sftp': {
      const { port, user, hostKey = null } = record
      return { type: 'sftp', host: record.host.toLowerCase(), port, hostKey, user, path: folder(record.path) }
    }
    case 'ftp': {
      const { user, tls } = record
      const port = record.port ?? (tls === 'implicit' ? 990 : 21)
      return { type: 'ftp', host: record.host.toLowerCase(), port, user, path: folder(record.path) }
    }
    case 'local':
      return { type: 'local', medium: record.mediumId ?? null, path: folder(record.path) }
  }
}

const folder = (path: string): string => (path === '/' ? path : path.replace(/\/+$/, '') || '.')

function accountIn(secrets: unknown): string | null {
  const { connectionString } = azureSecrets.safeParse(secrets).data ?? {}
  return /(?:^|;)\s*AccountName\s*=\s*([a-z0-9]{3,24})\s*(?:;|$)/.exec(connectionString ?? '')?.[1] ?? null
}

/** What tells a place from every other; what may differ between two laptops is left out. */
function identity(of: Place): (string | number | null)[] {
  switch (of.type) {
    case 's3':
      return [of.type, of.endpoint, of.bucket, of.prefix]
    case 'azure':
      return [of.type, of.endpoint === null ? of.account : null, of.endpoint, of.container, of.prefix]
    case 'sftp':
      // A path from the root is the same for every login.
      return [of.type, of.host, of.port, of.path.startsWith('/') ? null : of.user, of.path]
    case 'ftp':
      // Many servers show each login a root of its own.
      return [of.type, of.host, of.port, of.user, of.path]
    case 'local':
      return [of.type, of.medium, of.medium === null ? of.path : null]
  }
}

/** The same for the same place, on any laptop: goes into an object's name. */
export const placeId = (of: Place): string =>
  createHash('sha256')
    .update(JSON.stringify(identity(of)))
    .digest('hex')
    .slice(0, 12)

/** An SFTP server is the same under another address when its pinned key is. */
export function isSamePlace(a: Place, b: Place): boolean {
  if (placeId(a) === placeId(b)) return true
  if (a.type !== 'sftp' || b.type !== 'sftp' || a.hostKey === null || a.hostKey !== b.hostKey) return false
  return placeId({ ...a, host: b.host, port: b.port }) === placeId(b)
}

/** For people. */
export function placeWords(of: Place): string {
  switch (of.type) {
    case 's3':
      return `s3://${[of.bucket, of.prefix].filter(Boolean).join('/')}${of.endpoint === null ? '' : ` at ${of.endpoint}`}`
    case 'azure':
      return `${[of.container, of.prefix].filter(Boolean).join('/')} of ${of.endpoint ?? of.account}`
    case 'sftp':
      return `sftp://${of.user}@${of.host}:${of.port}/${of.path.replace(/^\//, '')}`
    case 'ftp':
      return `ftp://${of.user}@${of.host}:${of.port}/${of.path.replace(/^\//, '')}`
    case 'local':
      return `the folder ${of.path}`
  }
}
