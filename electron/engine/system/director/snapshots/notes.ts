import type { SiteNote, SnapshotRepository } from '../../../../../shared/contract/site.ts'
import { formatBytes } from '../../../../../shared/units.ts'
import { dayMs, dayText, mondayOf } from './days.ts'
import { generations } from './generation.ts'
import type { FolderListing } from './list-folder.ts'

/** A repository with what is needed to judge it and is not shown. */
export type Looked = {
  repository: SnapshotRepository
  listing: FolderListing
  /** What is odd about `index.latest` and `index-N`, as a sentence; null when nothing is. */
  odd: string | null
}

/** A day's snapshot is taken on the next one: until then, and while it is being taken, nothing is late. */
const lateMs = 2 * dayMs
/** Days, weeks or snapshots that a sentence names. */
const mostNamed = 6

const note = (tone: SiteNote['tone'], lines: string[], text: string): SiteNote => ({ tone, lines, text })

/** What was found in a repository that deserves a look. */
export function foundNotes(looked: Looked, now: number): SiteNote[] {
  const { repository, listing, odd } = looked
  const { folder, snapshots } = repository
  const notes: SiteNote[] = []
  const add = (tone: SiteNote['tone'], lines: string[], text: string) =>
    notes.push(note(tone, lines, `${folder}/: ${text}`))
  if (odd !== null) add('look', ['S2.36'], `${odd}. Nothing was changed; the vendor’s support can tell.`)
  if (listing.generations.length > 1)
    add(
      'tell',
      ['S2.36'],
      `${generations(listing)} are there: the newest is the list that counts, the others are earlier states of it.`,
    )
  if (listing.more)
    add('look', [], `more than ${listing.objects} objects: what comes after these was not counted.`)
  const newest = snapshots.find(({ at }) => at !== null)?.at ?? null
  if (newest !== null && now - Date.parse(newest) > lateMs)
    add(
      'look',
      ['S2.18'],
      `the newest snapshot is of ${newest.slice(0, 16).replace('T', ' ')} UTC, more than two days ago: a snapshot is expected every day.${lostSince(looked, now)}`,
    )
  else if (repository.generation !== null && snapshots.length === 0)
    add('look', ['S2.18'], 'its list names no snapshot.')
  const unfinished = snapshots.filter(({ state }) => state !== null && state !== 'SUCCESS')
  if (unfinished.length > 0)
    add(
      'look',
      ['S2.18'],
      `${unfinished.length === 1 ? 'a snapshot is' : `${unfinished.length} snapshots are`} not whole: ${named(unfinished.map(({ name, state }) => `${name} (${state})`))}.`,
    )
  const often = several(snapshots)
  if (often.length > 0)
    add(
      'look',
      ['S2.32'],
      `several snapshots were written on ${named(often)} (UTC): several schedule times within one day must be strictly avoided.`,
    )
  for (const text of gaps(looked, now)) add('look', ['S2.18', 'S2.25'], text)
  return notes
}

/** Days of the snapshots on which more than one was written, newest first. */
function several(snapshots: Looked['repository']['snapshots']): string[] {
  const days = new Map<string, number>()
  for (const { at } of snapshots)
    if (at !== null) days.set(at.slice(0, 10), (days.get(at.slice(0, 10)) ?? 0) + 1)
  return [...days].flatMap(([day, count]) => (count > 1 ? [day] : []))
}

/** The days after the last one that a snapshot should hold by now. */
function lostSince({ repository: { days } }: Looked, now: number): string {
  const last = days[0]?.day
  if (last === undefined) return ''
  const lost: string[] = []
  const until = dayText(now - lateMs)
  for (let at = Date.parse(last) + dayMs; dayText(at) <= until && lost.length < 366; at += dayMs)
    lost.push(dayText(at))
  if (lost.length === 0) return ''
  const past = lost.some(day => Date.parse(day) < mondayOf(now))
  return ` The days since ${last} are not there: ${named(lost)}.${past ? ' A DR restores a week that is over as it stands here.' : ''}`
}

/** Days that are missing between the first and the last, week by week. */
function gaps({ repository: { days } }: Looked, now: number): string[] {
  const there = new Set(days.map(({ day }) => day))
  const first = days.at(-1)?.day
  const last = days[0]?.day
  if (first === undefined || last === undefined) return []
  const missing: string[] = []
  // A name can lie: a year without a day tells enough.
  for (let at = Date.parse(last); at > Date.parse(first) && missing.length < 366; at -= dayMs)
    if (!there.has(dayText(at))) missing.push(dayText(at))
  if (missing.length === 0) return []
  const weeks = new Set(missing.map(day => mondayOf(Date.parse(day))))
  const past = [...weeks].filter(monday => monday < mondayOf(now))
  return [
    `no data of ${named(missing)} although there are days before and after.` +
      (past.length === 0
        ? ''
        : ` ${past.length === 1 ? 'The week that is over has' : `${past.length} weeks that are over have`} missing days (${past.length === 1 ? 'from' : 'of'} ${named(past.map(dayText))}): a DR restores a week as it stands here.`),
  ]
}

function named(all: readonly string[]): string {
  const rest = all.length - mostNamed
  return rest > 0 ? `${all.slice(0, mostNamed).join(', ')} and ${rest} more` : all.join(', ')
}

/** What the vendor says of such a bucket, in our words. */
export function vendorNotes(looked: readonly Looked[]): SiteNote[] {
  const bytes = looked.reduce((sum, { repository }) => sum + repository.bytes, 0)
  const both = looked.some(({ repository }) => repository.folder === 'drrepository')
  return [
    note(
      'tell',
      ['S2.30', 'S2.31', 'S2.35', 'S2.36'],
      'This place belongs to the Director’s backup and restore alone. Do not remove or change anything in it, and do not point the Director at another bucket without the vendor’s own procedure: either loses data. The vendor asks not even to look: Drydock listed names and read index.latest and index-N, opened nothing else, and never writes or removes anything here.',
    ),
    note(
      'tell',
      ['S2.18', 'S2.28', 'S2.29'],
      'Every day’s snapshot holds the day before, and only what changed since the last one. After a node of the DC cluster has failed, the next one holds the whole week again: it is larger then.',
    ),
    note(
      'tell',
      ['S2.19', 'S2.20', 'S2.25'],
      'The DR restores a week after it has ended, on Sunday: the days of this week are not there yet. A DR that is offline for more than a week misses that week’s data.',
    ),
    note(
      'tell',
      ['S2.33', 'S2.34'],
      `The snapshots take ${formatBytes(bytes)}. Once a week has been restored its snapshots are removed by the Director itself, so it is right that old days go. A full bucket that it cannot make room in needs the vendor’s clean-up by hand, or a larger bucket.`,
    ),
    note(
      'tell',
      ['S2.39'],
      'The vendor supports analytics data in MinIO only: not in Azure, AWS, SFTP or FTP.',
    ),
    ...(both
      ? [
          note(
            'tell',
            ['S2.22'],
            'drrepository/ is what the DR has written: sites were switched once, or are now. A switch takes the current day, and restores the current week.',
          ),
        ]
      : []),
  ]
}
