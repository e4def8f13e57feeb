import type { PlanInfo, PlanNote } from '../../../shared/contract/plan.ts'
import type { PlanSettings, Retention, Schedule } from '../../../shared/plan.ts'
import { formatClock, formatUtc, formatZone } from '../../app/format.ts'
import { limitText } from '../../app/limit-text.ts'
import type { PlanDraft } from './draft.ts'

/** A plan in words, for list and inspector. */

const two = (n: number) => String(n).padStart(2, '0')

/** The schedule as people say it; `words` is what the engine says of a pattern. */
export function whenOf(schedule: Schedule, words: string): string {
  if (schedule.kind === 'daily') return `Every day at ${schedule.at}`
  if (schedule.kind === 'cron') return words
  const past = schedule.minute === 0 ? 'on the hour' : `at ${schedule.minute} past`
  return schedule.every === 1
    ? `Every hour, ${past}`
    : `Every ${schedule.every} hours from 00:${two(schedule.minute)}`
}

/** The same of a plan: a Director's in the words of the vendor's portal. */
export const runsOf = (
  { source, schedule }: Pick<PlanSettings, 'source' | 'schedule'>,
  words: string,
): string => (source.kind === 'director' ? words : whenOf(schedule, words))

/** What a new plan is called before it has a name. */
export const newPlanTitle = ({ kind, part }: Pick<PlanDraft, 'kind' | 'part'>): string =>
  kind === 'director' ? `New ${part} backup` : 'New plan'

/** What it keeps, in one line: the folder, or how many. */
export function whatOf({ source }: Pick<PlanSettings, 'source'>): string {
  if (source.kind === 'director')
    return source.part === 'analytics'
      ? `analytics of ${source.deployment}, day before`
      : `configuration of ${source.deployment}, five files`
  if (source.kind === 'command') return `output of a command, as ${source.as}`
  const [first = '', ...others] = source.paths
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

export type PlanWord = 'Running' | 'Should have run' | 'Scheduled' | 'Created' | 'Stopped'

export function planWord({
  running,
  overdue,
  state,
}: Pick<PlanInfo, 'running' | 'overdue' | 'state'>): PlanWord {
  if (running !== null) return 'Running'
  if (overdue && state === 'scheduled') return 'Should have run'
  return state === 'scheduled' ? 'Scheduled' : state === 'created' ? 'Created' : 'Stopped'
}

/** Systems in alphabetical order, plans by name inside of one. */
export function bySystem(plans: readonly PlanInfo[]): PlanInfo[] {
  const compare = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
  return [...plans].sort(
    (a, b) => compare(a.settings.system, b.settings.system) || compare(a.settings.name, b.settings.name),
  )
}

const kinds = [
  ['last', 'newest'],
  ['daily', 'daily'],
  ['weekly', 'weekly'],
  ['monthly', 'monthly'],
  ['yearly', 'yearly'],
] as const satisfies readonly (readonly [keyof Retention, string])[]

/** `7 daily, 5 weekly, 12 monthly`; all zero: everything. */
export function keepWords(keep: Retention): string {
  const parts = kinds.flatMap(([key, word]) => (keep[key] > 0 ? [`${keep[key]} ${word}`] : []))
  return parts.length === 0 ? 'every restore point' : parts.join(', ')
}

/** The most restore points that retention leaves on one server; null: no end. */
export function mostKept(keep: Retention): number | null {
  const all = kinds.reduce((sum, [key]) => sum + keep[key], 0)
  return all === 0 ? null : all
}

/** How it is packed and locked: `zstd, level 3, encrypted with a passphrase`. */
export function packedWords({ compression, level, encryptTo }: PlanSettings): string {
  const packed = compression === 'none' ? 'not compressed' : `${compression}, level ${level}`
  const locked =
    encryptTo === null
      ? 'not encrypted'
      : encryptTo === 'passphrase'
        ? 'encrypted with a passphrase'
        : `encrypted to ${encryptTo.recipients.length === 1 ? 'a public key' : `${encryptTo.recipients.length} public keys`}`
  return `${packed}, ${locked}`
}

export const missedWords = {
  latest: 'the newest one is made up as soon as it can',
  skip: 'it is left out, and an alarm is raised',
} as const satisfies Record<PlanSettings['missed'], string>

export const limitWords = (limit: number | null) =>
  limit === null ? 'as fast as it goes' : `at most ${limitText(limit)}`

/** Why the deeds of a plan are off: one of its runs goes on. */
export const busyReason = ({ running }: Pick<PlanInfo, 'running'>) =>
  running === null ? null : 'a run of it goes on'

/** The other clock of a due time: UTC, or this machine's for a plan that runs in UTC. */
export const otherClock = (at: string, zone: string, here: string) =>
  zone !== 'UTC'
    ? formatUtc(at, false, zone)
    : here === 'UTC'
      ? ''
      : `${formatClock(at)} ${formatZone(at)} here`

/** A due time in another year than now says so: `Tue 28 Mar 2028 02:30 CEST`. */
export function withYear(local: string, at: string, now: number): string {
  const year = new Date(at).getUTCFullYear()
  return year === new Date(now).getUTCFullYear() ? local : local.replace(/ (\d\d:\d\d)/, ` ${year} $1`)
}

/** Servers of a plan on which nothing may be written, as the notes that stop it say: with what they say of each. */
export function stoppedServers(
  notes: readonly PlanNote[],
  servers: readonly string[],
): ReadonlyMap<string, string> {
  const stops = notes.filter(({ tone }) => tone === 'stop')
  return new Map(
    servers.flatMap(name => {
      const found = stops.find(({ text }) => text.startsWith(`${name} `))
      return found ? [[name, found.text.slice(name.length + 1)] as const] : []
    }),
  )
}

/** Why a plan with such notes is not to be saved; null: nothing stops it. */
export function stopReason(notes: readonly PlanNote[], servers: readonly string[]): string | null {
  const names = [...stoppedServers(notes, servers).keys()]
  if (names.length > 0)
    return `${names.join(', ')} ${names.length === 1 ? 'belongs' : 'belong'} to the vendor’s own snapshots`
  // Of a server that is not chosen any more nothing is left to say.
  const other = notes.find(({ tone, lines }) => tone === 'stop' && !lines.includes(vendorLine))
  return other ? other.text.replace(/\.$/, '') : null
}

/** Of the vendor's document: its repositories are its own. */
const vendorLine = 'S2.35'
