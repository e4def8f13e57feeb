import type { DirectorPoint, DirectorPointFlag } from '../../../shared/contract/director.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { type DirectorComponent, directorFiles } from '../../../shared/director-files.ts'
import type { ServerRecord } from '../../../shared/server.ts'
import type { StatusWord } from '../../ui/index.ts'

/** What servers hold of a Director, in words and in order. Pure. */
export type Holding = OutputOf<'director.points'>
type Latest = Holding['latest']

/** Flags that make a run useless for a restore: one of its files is not what it has to be. */
const fatal = ['missing', 'empty', 'half-uploaded', 'unreadable-head', 'unreadable-tail', 'wrong-component']

export const isWhole = ({ flags }: DirectorPoint): boolean => !flags.some(({ code }) => fatal.includes(code))

/**
 * The newest run all of whose files are there; null without one. A safety copy holds what was wanted no more: it can be
 * chosen, and is never what is proposed.
 */
export const newestWhole = (points: readonly DirectorPoint[]): DirectorPoint | null =>
  points.find(point => isWhole(point) && !point.safetyCopy) ?? null

export const safetyWords = 'Safety copy before a restore'

/** What a run is, as a status word. */
export function stateOf({ flags }: DirectorPoint): StatusWord {
  if (flags.length === 0) return 'Unverified'
  const has = (...codes: string[]) => flags.some(({ code }) => codes.includes(code))
  if (has('empty', 'unreadable-head', 'unreadable-tail', 'wrong-component')) return 'Damaged'
  return has('missing', 'half-uploaded') ? 'Incomplete' : 'At risk'
}

const flagWords: Record<DirectorPointFlag['code'], string> = {
  missing: 'is missing',
  empty: 'is empty',
  mixed: 'is of another run',
  'wrong-component': 'holds another component',
  'unreadable-head': 'cannot be read',
  'unreadable-tail': 'ends too early',
  'half-uploaded': 'is half uploaded',
}

/** Why a run cannot be chosen, in few words; null: it can. */
export function whyNotPoint(point: DirectorPoint): string | null {
  if (isWhole(point)) return null
  const [flag, ...more] = point.flags.filter(({ code }) => fatal.includes(code))
  if (!flag) return null
  const what = flag.component === null ? 'a file' : componentName(flag.component)
  return `${what} ${flagWords[flag.code]}${more.length > 0 ? `, and ${more.length} more` : ''}`
}

/** The server to begin with: the newest whole run, and of equals one that `setup.sh` can fetch from. */
export function bestSource(answers: Iterable<readonly [server: string, holding: Holding]>): string | null {
  let best: { server: string; at: number; direct: boolean } | null = null
  for (const [server, { points, notDirect }] of answers) {
    const newest = newestWhole(points)
    if (!newest) continue
    const at = Date.parse(newest.at)
    const direct = notDirect === null
    if (!best || at > best.at || (at === best.at && direct && !best.direct)) best = { server, at, direct }
  }
  return best?.server ?? null
}

/** What the copies that end in `latest` are: of one run, of several, of none that is there, or not looked into. */
export function latestWords(latest: Latest): { tone: 'ok' | 'warn' | 'idle'; text: string } | null {
  if (latest.length === 0) return null
  const runs = new Set(latest.map(({ equals }) => equals))
  const [only] = runs
  if (runs.size === 1 && only)
    return { tone: 'ok', text: `The copies named latest are the files of ${only}.` }
  const instead = 'Drydock writes the names of one run instead.'
  const parts = [...runs].filter(run => run !== null)
  if (parts.length > 1)
    return { tone: 'warn', text: `The copies named latest are of ${parts.length} different runs. ${instead}` }
  const none = latest.filter(({ equals }) => equals === null)
  const names = (copies: Latest) => copies.map(({ component }) => directorFiles[component].latest).join(', ')
  const others = none.filter(({ looked }) => looked)
  if (others.length > 0)
    return {
      tone: 'warn',
      text: `${names(others)} equal${others.length === 1 ? 's' : ''} no run that is there. ${instead}`,
    }
  return {
    tone: 'idle',
    text: `Which run ${names(none)} ${none.length === 1 ? 'is' : 'are'} of was not looked into. ${instead}`,
  }
}

/** Short names of the five, as the vendor's files begin. */
export const componentName = (component: DirectorComponent): string =>
  directorFiles[component].prefix.replace(/_$/, '')

/** What `setup.sh` will be told when it asks where to fetch from: names and values, in the order of its questions. */
export function toldOf(record: ServerRecord): (readonly [name: string, value: string])[] {
  switch (record.type) {
    case 's3':
      return [
        ['Restore type', 'S3'],
        ['Bucket', record.bucket],
        ['URL', record.endpoint ?? 'https://s3.amazonaws.com'],
      ]
    case 'azure':
      return [
        ['Restore type', 'AZURE'],
        ['Account', record.account ?? 'of the connection string'],
        ['Container', record.container],
        ['Blob name', record.prefix],
      ]
    case 'sftp':
    case 'ftp':
      return [
        ['Restore type', 'FTP'],
        ['FTP type', record.type],
        ['Host', `${record.host}:${record.port ?? 21}`],
        ['User', record.user],
        ['Folder', record.path],
      ]
    case 'local':
      return []
  }
}
