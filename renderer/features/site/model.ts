import type { SiteCheck, SiteNote, SnapshotRepository } from '../../../shared/contract/site.ts'
import type { Failure } from '../../../shared/failure.ts'
import type {
  ComponentCommand,
  Deployment,
  DirectorCommands,
  PortalSettings,
} from '../../../shared/director.ts'
import { portalAtRule } from '../../../shared/address.ts'
import { type DirectorComponent, directorComponents, directorFiles } from '../../../shared/director-files.ts'
import { defaultCommands } from '../../../shared/director-commands.ts'

/** The words and the tone for what the last check found. */
const verdicts = {
  good: { word: 'Ready', tone: 'ok', answer: 'Yes.' },
  limited: { word: 'Limit', tone: 'warn', answer: 'Yes, with limits.' },
  failed: { word: 'Failed', tone: 'bad', answer: 'No.' },
} as const satisfies Record<SiteCheck['verdict'], unknown>
const never = { word: 'Not tested', tone: 'idle', answer: 'Not checked yet.' } as const

export const verdictOf = (check: Pick<SiteCheck, 'verdict'> | null) =>
  check ? verdicts[check.verdict] : never

/** A site in a few words: `DC, standalone`; null: it was never checked, or its master.yml does not say. */
export function siteWords(check: Pick<SiteCheck, 'site' | 'mode'> | null): string | null {
  const said = [check?.site, check?.mode].filter(Boolean).join(', ')
  return said === '' ? null : said
}

/** What a command is set for: the five, and the analytics data of a day. */
export const commandKeys = [...directorComponents, 'analytics'] as const
export type CommandKey = (typeof commandKeys)[number]

export const titleOf = (key: CommandKey): string =>
  key === 'analytics' ? 'Analytics data of the day before' : directorFiles[key].title

export type CommandDraft = { command: string; silence: string; longest: string }
export type CommandDrafts = Readonly<Record<CommandKey, CommandDraft>>

/** How it is done when nobody has said otherwise. */
export const usualCommand = (key: CommandKey): ComponentCommand =>
  key === 'analytics' ? { ...defaultCommands.mongo, command: null } : defaultCommands[key]

const units = { h: 3600, min: 60, s: 1 } as const

/** `4 h`, `10 min`, `90 s`: reads back without loss. */
export function spanText(seconds: number): string {
  const unit = seconds % 3600 === 0 ? 'h' : seconds % 60 === 0 ? 'min' : 's'
  return `${seconds / units[unit]} ${unit}`
}

/** Seconds; null when it is none, or more than `most`. A number alone is minutes. */
export function spanFrom(text: string, most: number): number | null {
  const [, amount, unit = 'min'] = /^(\d{1,6}) *(h|min|s)?$/.exec(text.trim()) ?? []
  const seconds = Number(amount) * units[unit as keyof typeof units]
  return seconds >= 1 && seconds <= most ? seconds : null
}

export const commandDraft = ({ command, silence, longest }: ComponentCommand): CommandDraft => ({
  command: command ?? '',
  silence: spanText(silence),
  longest: spanText(longest),
})

export const draftsOf = ({
  commands,
  analytics,
}: Pick<Deployment, 'commands' | 'analytics'>): CommandDrafts =>
  Object.fromEntries(
    commandKeys.map(key => [
      key,
      commandDraft((key === 'analytics' ? analytics : commands?.[key]) ?? usualCommand(key)),
    ]),
  ) as CommandDrafts

const most = { silence: 86_400, longest: 7 * 86_400 } as const
export const spanRule = {
  silence: 'A time up to 24 h, as 10 min.',
  longest: 'A time up to 168 h, as 4 h.',
} as const

/** Fields that need a change, as `mongo.silence`. */
export function wrongDrafts(drafts: CommandDrafts): Record<string, string> {
  const wrong: Record<string, string> = {}
  for (const key of commandKeys)
    for (const limit of ['silence', 'longest'] as const)
      if (spanFrom(drafts[key][limit], most[limit]) === null) wrong[`${key}.${limit}`] = spanRule[limit]
  return wrong
}

export const isUsual = (key: CommandKey, draft: CommandDraft): boolean =>
  JSON.stringify(commandDraft(commandOf(draft))) === JSON.stringify(commandDraft(usualCommand(key)))

function commandOf({ command, silence, longest }: CommandDraft): ComponentCommand {
  return {
    command: command.trim() === '' ? null : command,
    silence: spanFrom(silence, most.silence) ?? 1,
    longest: spanFrom(longest, most.longest) ?? 1,
  }
}

/** The record with these commands: only what is not as usual stands in it. @param drafts without a wrong field */
export function withCommands(record: Deployment, drafts: CommandDrafts): Deployment {
  const { commands: _, analytics: _analytics, ...rest } = record
  const said = directorComponents.filter(key => !isUsual(key, drafts[key]))
  const commands: DirectorCommands = Object.fromEntries(said.map(key => [key, commandOf(drafts[key])]))
  return {
    ...rest,
    ...(said.length > 0 && { commands }),
    ...(!isUsual('analytics', drafts.analytics) && { analytics: commandOf(drafts.analytics) }),
  }
}

/** Those of the five that no run would hold. */
export const leftOut = (drafts: CommandDrafts): DirectorComponent[] =>
  directorComponents.filter(key => drafts[key].command.trim() === '')

export const portalKinds = ['s3', 'azure', 'sftp', 'ftp'] as const
export type PortalDraft = {
  configuration: string
  analytics: string
  type: '' | (typeof portalKinds)[number]
  at: string
  place: string
}

export const portalDraft = (portal: PortalSettings | undefined): PortalDraft => ({
  configuration: portal?.configuration ?? '',
  analytics: portal?.analytics ?? '',
  type: portal?.server?.type ?? '',
  at: portal?.server?.at ?? '',
  place: portal?.server?.place ?? '',
})

const fiveFields = /^\S+(?:\s+\S+){4}$/

/** @param refused what the engine says of a pattern, by its field */
export function wrongPortal(
  { configuration, analytics, type, at }: PortalDraft,
  refused: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const wrong: Record<string, string> = { ...refused }
  for (const [field, cron] of Object.entries({ configuration, analytics }))
    if (cron.trim() !== '' && !fiveFields.test(cron.trim()))
      wrong[field] = 'Five fields, as 30 2 * * *; empty when the portal shows no such job.'
  if (type !== '' && at.trim() === '') wrong['at'] = 'What the portal shows.'
  if (type !== '' && /[@?]/.test(at))
    wrong['at'] = `${portalAtRule.charAt(0).toUpperCase()}${portalAtRule.slice(1)}.`
  return wrong
}

/** @param now ISO 8601 UTC: when it was read there */
export function portalOf(draft: PortalDraft, now: string): PortalSettings {
  const cron = (text: string) => (text.trim() === '' ? null : text.trim().replace(/\s+/g, ' '))
  const { type, at, place } = draft
  return {
    configuration: cron(draft.configuration),
    analytics: cron(draft.analytics),
    server: type === '' ? null : { type, at: at.trim(), place: place.trim() },
    noted: now,
  }
}

export type DayCell = {
  day: string
  /** `broken`: only snapshots hold it that are not whole. */
  is: 'held' | 'broken' | 'missing' | 'ahead'
  indices: number
  in: number
}
export type WeekRow = {
  week: string
  from: string
  days: number
  /** Whether it was looked at before it ended. */
  running: boolean
  cells: readonly DayCell[]
}

const day = 86_400_000
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/**
 * The days of a repository, a week to a row. A day that is not over when it is looked at is ahead: its data comes with
 * the next night.
 */
export function weekRows(
  { weeks, days }: Pick<SnapshotRepository, 'weeks' | 'days'>,
  asked: string,
): WeekRow[] {
  const held = new Map(days.map(one => [one.day, one]))
  const today = asked.slice(0, 10)
  return weeks.map(({ week, from, days: many }) => ({
    ...{ week, from, days: many },
    running: dateOf(Date.parse(from) + 6 * day) >= today && from <= today,
    cells: Array.from({ length: 7 }, (_, index) => {
      const date = dateOf(Date.parse(from) + index * day)
      const found = held.get(date)
      if (found)
        return {
          ...{ day: date, indices: found.indices, in: found.in },
          is: found.whole ? ('held' as const) : ('broken' as const),
        }
      return { day: date, is: date >= today ? 'ahead' : 'missing', indices: 0, in: 0 } as const
    }),
  }))
}

/** More weeks in a row without a day than this are told in one line. */
const mostEmpty = 3

/** The rows with a long time without any day folded into one: a site that has been passive for a year has none. */
export function foldedWeeks(
  rows: readonly WeekRow[],
): (WeekRow | { from: string; to: string; weeks: number })[] {
  const all: (WeekRow | { from: string; to: string; weeks: number })[] = []
  for (let at = 0; at < rows.length;) {
    let end = at
    while (rows[end]?.days === 0 && !rows[end]?.running) end += 1
    const [last, first] = [rows[at], rows[end - 1]]
    if (end - at > mostEmpty && last && first) {
      all.push({ from: first.week, to: last.week, weeks: end - at })
      at = end
    } else {
      all.push(...rows.slice(at, Math.max(end, at + 1)))
      at = Math.max(end, at + 1)
    }
  }
  return all
}

/** Why there is nothing to show, where that is a plain answer and no failure; null: it is one. */
export function noRepository({ code, during, detail = '' }: Failure): { title: string; says: string } | null {
  if (code !== 'remote.unsupported' || during !== 'site.snapshots') return null
  const title = detail.includes('cannot look into')
    ? 'Drydock cannot look into this server'
    : 'No snapshot repository is there'
  const says = detail === '' ? '' : `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`
  return { title, says }
}

/** The notes that deserve a look, each with its repository; `text` without its name in front. */
export function warningsOf(notes: readonly SiteNote[], folder: string): readonly SiteNote[] {
  const prefix = `${folder}/: `
  return notes.flatMap(one =>
    one.tone !== 'tell' && one.text.startsWith(prefix)
      ? [{ ...one, text: sentence(one.text.slice(prefix.length)) }]
      : [],
  )
}

const sentence = (text: string) =>
  /^[a-z]+ /.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text
