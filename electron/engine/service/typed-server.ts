import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { ServerRecord, ServerType } from '../store/server-record.ts'
import { azureSecrets, ftpSecrets, s3Secrets, serverRecord, sftpSecrets } from '../store/server-record.ts'

/** What an operator typed about a server, checked. A wrong field is named by its path in `subject`. */

const secretsOfType = {
  s3: s3Secrets,
  azure: azureSecrets,
  sftp: sftpSecrets,
  ftp: ftpSecrets,
  local: z.object({}),
} satisfies Record<ServerType, z.ZodType>

/** What tells one place from another: pinned keys and what a probe learned belong to the place. */
const placeKeys = ['type', 'host', 'port', 'endpoint', 'bucket', 'container', 'path', 'account'] as const

/** @param known the record that is being replaced; null for a new server */
export function typedServer(
  raw: Record<string, unknown>,
  known: ServerRecord | null,
  now: string,
  during: string,
): ServerRecord {
  // Those are Drydock's own, whatever a page sends back.
  const { added: _a, learned: _l, mediumId: _m, ...typed } = raw
  const parsed = serverRecord.safeParse({ ...blankless(typed), added: known?.added ?? now, learned: {} })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path.map(String).join('.') ?? ''
    throw wrong(during, path || 'type', wordsOf(issue?.message ?? 'unknown shape'))
  }
  const record = parsed.data
  if (record.type === 'local' && !isAbsolute(record.path))
    throw wrong(during, 'path', 'the whole path of a folder, from the root on')
  if ('ca' in record && record.ca !== undefined) checkCertificates(record.ca, during)
  if (!known || moved(known, record)) return record
  const medium = known.type === 'local' && known.mediumId !== undefined ? { mediumId: known.mediumId } : {}
  return { ...record, ...medium, learned: known.learned }
}

/** @returns null when none were typed: those that are kept stay */
export function typedSecrets(
  raw: Readonly<Record<string, string>> | null,
  type: ServerType,
  during: string,
): unknown {
  // A field left empty is no secret, save where the protocol has empty passwords.
  const given = Object.entries(raw ?? {}).filter(
    ([key, value]) => value !== '' || (type === 'ftp' && key === 'password'),
  )
  if (given.length === 0) return null
  const schema = secretsOfType[type]
  const known = Object.keys(schema.shape)
  const foreign = given.find(([key]) => !known.includes(key))
  if (foreign) throw wrong(during, `secrets.${foreign[0].slice(0, 40)}`, `no secret of type ${type}`)
  const parsed = schema.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = ['secrets', ...(issue?.path.map(String) ?? [])].join('.')
  // The message of a text that is missing names no value; ours do not either.
  throw wrong(during, path, issue?.code === 'custom' ? issue.message : 'it is missing')
}

/** Whether two records that are otherwise the same lie in different places. */
export function moved(before: ServerRecord, after: ServerRecord): boolean {
  const [a, b] = [before, after] as unknown as Record<string, unknown>[]
  return placeKeys.some(key => a?.[key] !== b?.[key])
}

/** A form sends empty texts for what was left out. */
function blankless(typed: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(typed).filter(([key, value]) => value !== null && (value !== '' || key === 'prefix')),
  )
}

function checkCertificates(ca: string, during: string): void {
  if (/PRIVATE KEY-----/.test(ca))
    throw wrong(during, 'ca', 'this holds a private key; only the certificate belongs here')
  if (ca.length > 1024 * 1024 || !/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.test(ca))
    throw wrong(during, 'ca', 'no certificate in PEM form')
}

const wordsOf = (message: string) => (/received undefined$/.test(message) ? 'it is missing' : message)

const wrong = (during: string, subject: string, detail: string) =>
  new EngineError('input.invalid', during, { subject, detail })
