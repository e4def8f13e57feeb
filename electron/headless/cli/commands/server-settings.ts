import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EngineError, fromFsError } from '../../../engine/engine-error.ts'
import type { ServerRecord, ServerType } from '../../../engine/store/server-record.ts'
import { serverRecord } from '../../../engine/store/server-record.ts'

/** Settings as the command line has them. */
export type ServerSettings = {
  path?: string
  host?: string
  port?: number
  user?: string
  hostKey?: string
  jump?: string
  jumpHostKey?: string
  tls?: string
  ca?: string
  endpoint?: string
  bucket?: string
  region?: string
  prefix?: string
  pathStyle?: boolean
  profile?: string
  account?: string
  container?: string
  site?: string
}

/** Which settings each type takes, and which it cannot be without. */
const takes: Record<
  ServerType,
  { must: readonly (keyof ServerSettings)[]; may: readonly (keyof ServerSettings)[] }
> = {
  s3: { must: ['bucket'], may: ['endpoint', 'region', 'prefix', 'pathStyle', 'profile', 'ca'] },
  azure: { must: ['container'], may: ['endpoint', 'account', 'prefix', 'ca'] },
  sftp: { must: ['host', 'user'], may: ['port', 'path', 'hostKey', 'jump', 'jumpHostKey'] },
  ftp: { must: ['host', 'user'], may: ['port', 'path', 'tls', 'ca'] },
  local: { must: ['path'], may: [] },
}

const optionOf = (key: string) => `--${key.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`

/**
 * The record of a server: what is known already with the settings on top, checked.
 * @param folder what a relative path counts from
 * @throws EngineError `input.invalid` for a setting that the type does not take, lacks, or that is malformed
 */
export async function recordFrom(
  known: { name: string; type: ServerType; added: string } & Record<string, unknown>,
  settings: ServerSettings,
  folder: string,
  isNew: boolean,
): Promise<ServerRecord> {
  const { must, may } = takes[known.type]
  const given =
    Object.keys(takes).length > 0
      ? (Object.keys(settings) as (keyof ServerSettings)[]).filter(key => settings[key] !== undefined)
      : []
  const all = new Set<keyof ServerSettings>([
    'site',
    ...Object.values(takes).flatMap(t => [...t.must, ...t.may]),
  ])
  for (const key of given)
    if (key !== 'site' && all.has(key) && !must.includes(key) && !may.includes(key))
      throw invalid(
        known.name,
        `${optionOf(key)} is no setting of type ${known.type}; it takes ${[...must, ...may].map(optionOf).join(', ')}`,
      )
  for (const key of must)
    if (isNew && settings[key] === undefined)
      throw invalid(known.name, `${optionOf(key)} is needed for type ${known.type}`)

  const { ca, path, jump, jumpHostKey, ...plain } = settings
  const changes: Record<string, unknown> = Object.fromEntries(
    Object.entries(plain).filter(
      ([key, value]) => all.has(key as keyof ServerSettings) && value !== undefined,
    ),
  )
  if (path !== undefined) changes['path'] = known.type === 'local' ? resolve(folder, path) : path
  if (ca !== undefined) changes['ca'] = await readCa(resolve(folder, ca))
  if (jump !== undefined) changes['jump'] = parseJump(jump)
  if (jumpHostKey !== undefined) {
    const hop = (changes['jump'] ?? known['jump']) as object | undefined
    if (!hop) throw invalid(known.name, '--jump-host-key needs --jump')
    changes['jump'] = { ...hop, hostKey: jumpHostKey }
  }
  // What was learned, and whose key was pinned, belongs to the place; another place has none of it yet.
  const moved =
    !isNew &&
    ['host', 'port', 'endpoint', 'bucket', 'container', 'path', 'account'].some(
      key => key in changes && changes[key] !== known[key],
    )
  const { hostKey, mediumId, ...rest } = known
  const kept = moved
    ? {
        ...rest,
        learned: {},
        ...('host' in changes || 'port' in changes || hostKey === undefined ? {} : { hostKey }),
      }
    : known
  const parsed = serverRecord.safeParse({
    ...kept,
    ...changes,
    ...(moved || mediumId === undefined ? {} : { mediumId }),
  })
  if (parsed.success) return parsed.data
  const detail = parsed.error.issues
    .map(issue => `${issue.path.length > 0 ? optionOf(String(issue.path[0])) : 'settings'}: ${issue.message}`)
    .join('; ')
  throw invalid(known.name, detail.replace(/^--name:/, 'the name:'))
}

/** `USER@HOST[:PORT]`; an IPv6 address in brackets. */
export function parseJump(text: string): { user: string; host: string; port?: number } {
  const match = /^([^@\s]+)@(?:\[([0-9A-Fa-f:.]+)\]|([^@:\s]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[2] ?? match?.[3]
  if (!match?.[1] || !host) throw invalid('--jump', 'USER@HOST or USER@HOST:PORT is expected')
  return { user: match[1], host, ...(match[4] === undefined ? {} : { port: Number(match[4]) }) }
}

async function readCa(file: string): Promise<string> {
  let text
  try {
    text = await readFile(file, 'utf8')
  } catch (err) {
    throw fromFsError(err, 'server.add', file)
  }
  if (/PRIVATE KEY-----/.test(text))
    throw invalid(file, 'this file holds a private key; only the certificate belongs here')
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
  if (!certificates || text.length > 1024 * 1024) throw invalid(file, 'no certificate in PEM form in it')
  return `${certificates.join('\n')}\n`
}

const invalid = (subject: string, detail: string) =>
  new EngineError('input.invalid', 'server.settings', { subject, detail })
