import { fingerprintPattern, serverNamePattern } from '../../../shared/address.ts'
import type { ServerRecord, ServerSite, ServerType } from '../../../shared/server.ts'

/**
 * A server as it is being typed: every field is a text under the path by which the engine names it when it is wrong
 * (`endpoint`, `jump.host`). Secrets stand apart: null keeps what the vault has.
 */
export type Draft = {
  type: ServerType
  site: ServerSite | null
  text: Readonly<Record<string, string>>
  login: Login
  secrets: Readonly<Record<string, string>> | null
}

/** How the operator signs in; decides which secrets are asked for. */
export type Login =
  | 'keys'
  | 'profile'
  | 'accountKey'
  | 'sas'
  | 'connectionString'
  | 'password'
  | 'privateKey'
  | 'agent'
  | 'none'

/** Wrong fields by their path, each with the fix. */
export type Wrong = Readonly<Record<string, string>>

const firstLogin = {
  s3: 'keys',
  azure: 'accountKey',
  sftp: 'password',
  ftp: 'password',
  local: 'none',
} as const satisfies Record<ServerType, Login>

const secretsOf: Partial<Record<Login, readonly string[]>> = {
  keys: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  accountKey: ['accountKey'],
  sas: ['sas'],
  connectionString: ['connectionString'],
  password: ['password'],
  privateKey: ['privateKey', 'keyPassphrase'],
}
const optionalSecrets = ['sessionToken', 'keyPassphrase']

/** Texts of each type; `port` and the like begin with what the engine would take. */
const begins: Record<ServerType, Readonly<Record<string, string>>> = {
  s3: { endpoint: '', bucket: '', region: 'us-east-1', prefix: '', pathStyle: 'auto', profile: '', ca: '' },
  azure: { endpoint: '', account: '', container: '', prefix: '', ca: '' },
  sftp: {
    host: '',
    port: '22',
    user: '',
    path: '',
    hostKey: '',
    jump: '',
    'jump.host': '',
    'jump.port': '22',
    'jump.user': '',
    'jump.hostKey': '',
  },
  ftp: { host: '', port: '', user: '', path: '', tls: 'explicit', ca: '' },
  local: { path: '' },
}

/** A new server: nothing typed. `from` keeps the name and the site when only the type changes. */
export function blankDraft(type: ServerType, from?: Draft): Draft {
  const text = { ...begins[type], name: from?.text['name'] ?? '' }
  return { type, site: from?.site ?? null, text, login: firstLogin[type], secrets: {} }
}

/** What is stored, as a form shows it. @param stored whether the vault holds secrets for it */
export function draftOf(record: ServerRecord, stored: boolean): Draft {
  const text: Record<string, string> = { ...begins[record.type] }
  const given = record as Record<string, unknown>
  for (const key of ['name', ...Object.keys(text)]) {
    const value = given[key]
    if (typeof value === 'string' || typeof value === 'number') text[key] = String(value)
  }
  if (record.type === 's3' && record.pathStyle !== undefined)
    text['pathStyle'] = record.pathStyle ? 'path' : 'host'
  if (record.type === 'sftp' || record.type === 'ftp') text['path'] = record.path === '.' ? '' : record.path
  if (record.type === 'sftp' && record.jump) {
    text['jump'] = 'on'
    for (const [key, value] of Object.entries(record.jump)) text[`jump.${key}`] = String(value ?? '')
  }
  const login: Login =
    record.type === 's3' && record.profile !== undefined
      ? 'profile'
      : record.type === 'sftp' && !stored
        ? 'agent'
        : firstLogin[record.type]
  return { type: record.type, site: record.site ?? null, text, login, secrets: stored ? null : {} }
}

/** What the engine takes; fields left empty are left out. */
export function recordOf({ type, site, text, login }: Draft): Record<string, unknown> {
  const { name = '', ...rest } = text
  const record: Record<string, unknown> = { type, name: name.trim() }
  if (site !== null) record['site'] = site
  for (const key of Object.keys(begins[type])) {
    const value = (rest[key] ?? '').trim()
    if (value === '' || key === 'jump' || key.startsWith('jump.')) continue
    record[key] = key === 'port' ? Number(value) : value
  }
  if (type === 's3') {
    const style = text['pathStyle']
    delete record['pathStyle']
    if (style === 'path' || style === 'host') record['pathStyle'] = style === 'path'
    if (login !== 'profile') delete record['profile']
  }
  if (type === 'sftp' && text['jump'] === 'on') {
    const { 'jump.host': host = '', 'jump.port': port = '', 'jump.user': user = '' } = text
    const hostKey = (text['jump.hostKey'] ?? '').trim()
    record['jump'] = {
      host: host.trim(),
      user: user.trim(),
      port: Number(port || '22'),
      ...(hostKey !== '' && { hostKey }),
    }
  }
  return record
}

/** The secrets to send: only those of the way one signs in. Null: what is stored stays. */
export function secretsToSend({ secrets, login }: Draft): Record<string, string> | null {
  if (secrets === null) return null
  const wanted = secretsOf[login] ?? []
  const given = Object.entries(secrets).filter(([key, value]) => wanted.includes(key) && value !== '')
  return given.length === 0 ? null : Object.fromEntries(given)
}

/** Whether a draft signs in without a secret of ours: what is stored is taken out of the vault then. */
export const needsNoSecret = ({ login }: Draft) => login === 'profile' || login === 'agent'

/** Whether both say the same, secrets that were typed included. */
export const isEqual = (a: Draft, b: Draft): boolean =>
  JSON.stringify([recordOf(a), secretsToSend(a)]) === JSON.stringify([recordOf(b), secretsToSend(b)])

/** Whether there is nothing in `a` to save over `b`; a typed secret always is. */
export const isSame = (a: Draft, b: Draft): boolean =>
  JSON.stringify(recordOf(a)) === JSON.stringify(recordOf(b)) &&
  secretsToSend(a) === null &&
  (a.secrets === null) === (b.secrets === null)

const required: Record<ServerType, Readonly<Record<string, string>>> = {
  s3: { bucket: 'Give the name of the bucket.' },
  azure: { container: 'Give the name of the container.' },
  sftp: { host: 'Give the name or address of the host.', user: 'Give the user to sign in as.' },
  ftp: { host: 'Give the name or address of the host.', user: 'Give the user to sign in as.' },
  local: { path: 'Give the whole path of a folder, or browse for it.' },
}
const secretWords: Readonly<Record<string, string>> = {
  accessKeyId: 'Give the access key.',
  secretAccessKey: 'Give the secret key that belongs to the access key.',
  accountKey: 'Give the account key.',
  sas: 'Give the shared access signature.',
  connectionString: 'Give the connection string.',
  password: 'Give the password.',
  privateKey: 'Paste the private key.',
}

/** What can be told to be wrong without asking anybody. Empty: it may be tried. */
export function wrongFields({ type, text, login, secrets }: Draft): Wrong {
  const wrong: Record<string, string> = {}
  const value = (key: string) => (text[key] ?? '').trim()
  const name = value('name')
  if (name === '') wrong['name'] = 'Give it a name.'
  else if (!serverNamePattern.test(name))
    wrong['name'] = 'Letters, digits, dots and dashes only, at most 63, beginning with a letter or digit.'
  for (const [key, words] of Object.entries(required[type])) if (value(key) === '') wrong[key] = words
  if (value('endpoint') !== '' && !isAddress(value('endpoint')))
    wrong['endpoint'] = 'Begin with https:// or http://, as in https://192.0.2.11:9000'
  for (const key of ['port', 'jump.port'])
    if (value(key) !== '' && !isPort(value(key))) wrong[key] = 'A number from 1 to 65535.'
  for (const key of ['hostKey', 'jump.hostKey'])
    if (value(key) !== '' && !fingerprintPattern.test(value(key)))
      wrong[key] = 'SHA256: and 43 characters, as ssh-keygen -l prints it.'
  if (type === 'sftp' && value('jump') === 'on') {
    if (value('jump.host') === '') wrong['jump.host'] = 'Give the jump host, or go there directly.'
    if (value('jump.user') === '') wrong['jump.user'] = 'Give the user on the jump host.'
  } else for (const key of ['jump.port', 'jump.hostKey']) delete wrong[key]
  if (type === 's3' && login === 'profile' && value('profile') === '')
    wrong['profile'] = 'Give the name of a profile in the AWS configuration files.'
  if (type === 'azure' && login !== 'connectionString' && value('account') === '' && value('endpoint') === '')
    wrong['account'] = 'Give the account, or an address that names it.'
  if (type === 'local' && value('path') !== '' && !isWholePath(value('path')))
    wrong['path'] = 'Give the whole path of the folder, from the root on.'
  if (secrets !== null)
    for (const key of secretsOf[login] ?? [])
      if (!optionalSecrets.includes(key) && (secrets[key] ?? '') === '' && type !== 'local')
        wrong[`secrets.${key}`] = secretWords[key] ?? 'It is missing.'
  return wrong
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol)
  } catch {
    return false
  }
}
const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535
const isWholePath = (text: string) => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(text)
