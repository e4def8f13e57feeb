import type { PlanNote } from './contract/plan.ts'
import type { PortalSettings } from './director.ts'
import type { PlanSource, Schedule } from './plan.ts'
import { nextDue, runsADay, scheduleWords, utcEqual } from './schedule/index.ts'
import type { ServerType } from './server.ts'

type DirectorSource = Extract<PlanSource, { kind: 'director' }>

/** The day that an analytics backup takes: the UTC day before the one in which `due` (ms since 1970 UTC) lies. */
export const analyticsDay = (due: number): string => new Date(due - 86_400_000).toISOString().slice(0, 10)

/** Another plan of the same Director. */
export type OtherPlan = { name: string; part: DirectorSource['part']; runsADay: number }

export type PlanNoteFacts = {
  source: DirectorSource
  schedule: Schedule
  zone: string
  /** ms since 1970 UTC. */
  now: number
  /** `folder`: of the vendor's continuous backup, where one is known to lie there. */
  servers: readonly { name: string; type: ServerType; folder: string | null }[]
  others: readonly OtherPlan[]
  portal: PortalSettings | undefined
  /** Whether the deployment has a command for analytics data. */
  analyticsSet: boolean
}

/** What holds for a plan of a Director and what the vendor warns of; what deserves a look first. */
export function directorPlanNotes(facts: PlanNoteFacts): PlanNote[] {
  const notes = [
    ...facts.servers.flatMap(vendorPlace),
    ...(facts.source.part === 'analytics' ? ofAnalytics(facts) : ofConfiguration(facts)),
    ...ofTimes(facts),
  ]
  const rank = { stop: 0, look: 1, tell: 2 }
  return notes.sort((a, b) => rank[a.tone] - rank[b.tone])
}

const note = (tone: PlanNote['tone'], lines: string[], text: string): PlanNote => ({ tone, lines, text })

function vendorPlace({ name, folder }: PlanNoteFacts['servers'][number]): PlanNote[] {
  if (folder === null) return []
  const text = `${name} holds the vendor’s own snapshots (${folder}). Drydock writes nothing there: choose another server.`
  return [note('stop', ['S2.35', 'S2.36'], text)]
}

function ofConfiguration(facts: PlanNoteFacts): PlanNote[] {
  const { schedule, zone, now, servers, others, portal } = facts
  const notes: PlanNote[] = []
  const runs = runsADay(schedule, zone, now)
  const reasons = [
    ...others.flatMap(({ name, part }) =>
      part === 'analytics' ? [`plan ${name} backs up analytics data`] : [],
    ),
    ...(portal && portal.analytics !== null ? ['the portal has an analytics job'] : []),
    ...servers.flatMap(({ name, folder }) =>
      folder === null ? [] : [`${name} holds the vendor’s snapshots`],
    ),
  ]
  if (runs > 1 && reasons.length > 0) notes.push(note('look', ['S2.32'], tooOften('It', runs, reasons)))
  if (servers.some(({ type }) => type === 'sftp' || type === 'ftp'))
    notes.push(
      note(
        'tell',
        ['S2.38'],
        'The portal leaves the analytics configuration (elk) out over SFTP and FTP. Drydock writes it there too.',
      ),
    )
  return notes
}

function ofAnalytics(facts: PlanNoteFacts): PlanNote[] {
  const { source, schedule, zone, now, others, analyticsSet } = facts
  const notes: PlanNote[] = []
  if (!analyticsSet)
    notes.push(
      note(
        'look',
        ['S2.9'],
        `No analytics command is set for ${source.deployment}: the plan cannot start before one is.`,
      ),
    )
  for (const { name, part, runsADay: runs } of others)
    if (part === 'configuration' && runs > 1)
      notes.push(
        note('look', ['S2.32'], tooOften(`Plan ${name}`, runs, ['this plan backs up analytics data'])),
      )
  const due = nextDue(schedule, zone, now)
  if (due !== null) {
    const at = new Date(due).toISOString()
    const example = `the one at ${at.slice(0, 10)} ${at.slice(11, 16)} UTC takes ${analyticsDay(due)}`
    notes.push(note('tell', ['S2.18'], `Each run takes the day before, in UTC: ${example}.`))
  }
  notes.push(
    note(
      'tell',
      ['S2.39'],
      'It does not replace the vendor’s own snapshots, and setup.sh does not load it. Those go to MinIO only; this file goes to any server.',
    ),
  )
  return notes
}

function ofTimes({ schedule, zone, now }: PlanNoteFacts): PlanNote[] {
  const { text } = utcEqual(schedule, zone, now)
  const equal =
    zone === 'UTC' ? [] : [note('tell', ['S2.37'], `${scheduleWords(schedule)}, ${zone}: ${text}.`)]
  return [
    ...equal,
    note(
      'tell',
      ['S2.37', 'S2.40'],
      'The portal takes one server and UTC. Drydock takes any number and any zone.',
    ),
    note(
      'tell',
      ['S2.23', 'S2.24'],
      'A run may start a little after its time: the one before it must have ended.',
    ),
  ]
}

const tooOften = (who: string, runs: number, reasons: readonly string[]): string =>
  `${who} runs ${runs >= 100 ? 'very many' : `up to ${runs}`} times a day. The vendor warns against several backups in one day beside analytics snapshots: ${reasons.join(', ')}.`
