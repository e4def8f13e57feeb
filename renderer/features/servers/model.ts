import type { ServerCheck, ServerInfo, ServerTest } from '../../../shared/contract/server.ts'
import { type Failure, failureCodes } from '../../../shared/failure.ts'
import { failureCopy } from '../../../shared/failure-copy.ts'
import type { ServerRecord, ServerSite, ServerType } from '../../../shared/server.ts'

export const typeNames = {
  s3: 'S3',
  azure: 'Azure',
  sftp: 'SFTP',
  ftp: 'FTPS',
  local: 'Local disk',
} as const satisfies Record<ServerType, string>

/** The kinds of a new server, the usual one first. */
export const serverKinds = [
  {
    type: 's3',
    title: 'S3',
    icon: 'cloud',
    needs: 'MinIO, AWS or any S3 store',
  },
  {
    type: 'azure',
    title: 'Azure',
    icon: 'cloud',
    needs: 'A Blob container',
  },
  {
    type: 'sftp',
    title: 'SFTP',
    icon: 'key-round',
    needs: 'An SSH host with a folder',
  },
  {
    type: 'ftp',
    title: 'FTPS or FTP',
    icon: 'folder-sync',
    needs: 'FTP sends passwords in clear',
  },
  {
    type: 'local',
    title: 'Local or removable disk',
    icon: 'hard-drive',
    needs: 'A folder; works with no network',
  },
] as const satisfies readonly { type: ServerType; title: string; icon: string; needs: string }[]

export const kindOf = (type: string | undefined) =>
  serverKinds.find(kind => kind.type === type) ?? serverKinds[0]

const siteNames = { 'on-site': 'On site', 'off-site': 'Off site', 'air-gap': 'Air gap' } as const
export const siteName = (site: ServerSite | undefined | null) => (site ? siteNames[site] : 'Site not said')
const siteOrder = ['On site', 'Off site', 'Air gap', 'Site not said']

/** Servers as the list shows them: by site, by name inside of one. */
export function bySite(servers: readonly ServerInfo[]): ServerInfo[] {
  const rank = ({ record }: ServerInfo) => siteOrder.indexOf(siteName(record.site))
  return [...servers].sort(
    (a, b) => rank(a) - rank(b) || a.record.name.localeCompare(b.record.name, 'en', { numeric: true }),
  )
}

/** Where a server is, in a few words: its bucket, host or folder. */
export function placeOf(record: ServerRecord): string {
  switch (record.type) {
    case 's3':
      return `${record.bucket}${record.prefix ? `/${record.prefix}` : ''}`
    case 'azure':
      return `${record.account ? `${record.account}/` : ''}${record.container}`
    case 'sftp':
    case 'ftp':
      return record.host
    case 'local':
      return record.path
  }
}

/** FTP without TLS is called what it is. */
export const typeOf = (record: ServerRecord): string =>
  record.type === 'ftp' && record.tls === 'none' ? 'FTP, not encrypted' : typeNames[record.type]

/** Names of the plans that store on a server. */
export const usersOf = (
  server: string,
  plans: readonly { settings: { name: string; servers: readonly string[] } }[],
) => plans.filter(({ settings }) => settings.servers.includes(server)).map(({ settings }) => settings.name)

export type ServerWord = 'Ready' | 'Not tested' | 'Blocked' | 'No answer' | 'Not connected' | 'Failed'

/** The one word for a server, from its last check. */
export function serverWord({ record, lastTest }: Pick<ServerInfo, 'record' | 'lastTest'>): ServerWord {
  if (!lastTest) return 'Not tested'
  const { failure } = lastTest
  if (!failure) return 'Ready'
  const { code } = failure
  const away: readonly string[] = ['trust.wrong-medium', 'local.not-found', 'remote.no-container']
  if (record.type === 'local' && away.includes(code)) return 'Not connected'
  if (code.startsWith('trust.')) return 'Blocked'
  return code.startsWith('network.') ? 'No answer' : 'Failed'
}

export type CheckLine = {
  key: string
  name: string
  state: 'pass' | 'learned' | 'look' | 'limit' | 'failed' | 'not-tried'
  finding: string
}

/** Checks whose answer the engine keeps and works by later on. */
const learnedBy =
  /^(?:addressing|checksums?|if-none-match|conditions|multipart|block lists|rename|replace|requests|resume|mlsd|ranges|file system|fsync)$/i
const names: Readonly<Record<string, string>> = {
  'if-none-match': 'No overwriting',
  list: 'List',
  write: 'Write and read',
  remove: 'Clean-up',
  tls: 'TLS',
  mlsd: 'Listing',
  fsync: 'Safe on disk',
}
const order = ['failed', 'look', 'limit', 'learned', 'pass']

/** What must be seen before a server is added although its check passed; null when there is nothing of the kind. */
export function doubtOf(test: ServerTest | null, type: ServerType): string | null {
  if (!test || test.failure || type !== 'local') return null
  return (
    test.checks.find(({ name, ok, level }) => name === 'folder' && !ok && level === 'warn')?.detail ?? null
  )
}

/** The lines of a check, worst first; what the engine learned comes before what merely passed. */
export function checkLines(checks: readonly ServerCheck[]): CheckLine[] {
  return checks
    .map(({ name, ok, level, detail }, index) => ({
      key: `${name}-${index}`,
      name: names[name] ?? capital(name),
      state: stateOf(name, ok, level),
      finding: capital(plain(detail)),
    }))
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
}

/** Some probes put the code of what went wrong in front of its words. */
function plain(detail: string): string {
  const [, said, words = ''] = /^([a-z]+(?:\.[a-z-]+)?)(?:: (.*))?$/s.exec(detail) ?? []
  const code = failureCodes.find(known => known === said)
  if (code === undefined) return detail
  return `${failureCopy[code].happened}${words === '' ? '' : ` (${words})`}`
}

function stateOf(name: string, ok: boolean, level: ServerCheck['level']): CheckLine['state'] {
  if (!ok && level === 'stop') return 'failed'
  if (level === 'warn') return ok ? 'limit' : 'look'
  if (!ok) return 'limit'
  return learnedBy.test(name) ? 'learned' : 'pass'
}

/** `10 passed, 3 learned, 2 to look at` */
export function checkSummary(lines: readonly CheckLine[]): string {
  const count = (...states: CheckLine['state'][]) =>
    lines.filter(({ state }) => states.includes(state)).length
  const parts: [number, string][] = [
    [count('failed'), 'failed'],
    [count('pass'), 'passed'],
    [count('learned'), 'learned'],
    [count('look', 'limit'), count('look', 'limit') === 1 ? 'limit' : 'limits'],
  ]
  return parts
    .filter(([many]) => many > 0)
    .map(([many, word]) => `${many} ${word}`)
    .join(', ')
}

/** `Where backups are kept. 5 of 7 servers are ready.` */
export function leadOf(servers: readonly ServerInfo[]): string {
  if (servers.length === 0) return 'Where backups are kept. None yet.'
  const ready = servers.filter(server => serverWord(server) === 'Ready').length
  const all = servers.length === 1 ? '1 server is' : `${servers.length} servers are`
  return ready === servers.length
    ? `Where backups are kept. ${servers.length === 1 ? 'The one server is' : `All ${all}`} ready.`
    : `Where backups are kept. ${ready} of ${servers.length} ${servers.length === 1 ? 'server is' : 'servers are'} ready.`
}

const steps = {
  s3: ['Name', 'Answer', 'TLS', 'Sign-in', 'List', 'Write and read'],
  azure: ['Name', 'Answer', 'TLS', 'Sign-in', 'List', 'Write and read'],
  sftp: ['Name', 'Answer', 'Host key', 'Sign-in', 'List', 'Write and read'],
  ftp: ['Name', 'Answer', 'TLS', 'Sign-in', 'List', 'Write and read'],
  local: [],
} as const satisfies Record<ServerType, readonly string[]>

/** Where a check stopped that could not even begin to probe: what must have gone well, what failed, what was not tried. */
export function stoppedLines(failure: Failure, type: ServerType): CheckLine[] {
  const at = stepOf(failure)
  const names: readonly string[] = steps[type]
  const failed = at === null ? -1 : names.indexOf(at)
  if (failed < 0) return []
  const asks = failure.code === 'trust.host-key-unknown'
  return names.map((name, index) => ({
    key: name,
    name,
    state: index < failed ? 'pass' : index > failed ? 'not-tried' : asks ? 'look' : 'failed',
    finding: index < failed ? 'Passed' : index > failed ? 'Not tried' : stopWords(failure),
  }))
}

function stepOf({ code }: Failure): string | null {
  if (code === 'network.unknown-host') return 'Name'
  if (code === 'network.unreachable') return 'Answer'
  if (code.startsWith('trust.host-key')) return 'Host key'
  if (code === 'trust.certificate' || code === 'trust.plaintext') return 'TLS'
  if (code === 'auth.rejected' || code === 'auth.secret-missing' || code === 'auth.passphrase')
    return 'Sign-in'
  return code === 'remote.no-container' ? 'List' : null
}

function stopWords({ code }: Failure): string {
  switch (code) {
    case 'network.unknown-host':
      return 'Cannot be resolved'
    case 'network.unreachable':
      return 'None'
    case 'trust.host-key-unknown':
      return 'Not known yet: the question stands beside the field'
    case 'trust.host-key-changed':
      return 'Not the one it is known by'
    case 'trust.host-key-revoked':
      return 'Marked as revoked'
    case 'trust.certificate':
      return 'Not trusted'
    case 'trust.plaintext':
      return 'Not offered'
    case 'remote.no-container':
      return 'Not there'
    default:
      return 'Refused'
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
