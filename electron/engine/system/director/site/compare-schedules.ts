import type { AnswerOf } from '../../../../../shared/contract/index.ts'
import type { SiteNote, SiteSchedule } from '../../../../../shared/contract/site.ts'
import type { PortalSettings } from '../../../../../shared/director.ts'
import type { Schedule } from '../../../../../shared/plan.ts'
import {
  checkSchedule,
  localTime,
  nextDue,
  sameDues,
  scheduleWords,
} from '../../../../../shared/schedule/index.ts'

type What = 'configuration' | 'analytics'

/** What is known of one site's schedules. */
export type SiteFacts = {
  deployment: string
  /** `DC` or `DR`, as `master.yml` said at the last check; null: not known. */
  site: string | null
  plans: readonly { name: string; part: What; schedule: Schedule; zone: string; started: boolean }[]
  portal: PortalSettings | undefined
}

/**
 * The schedules of two sites of a pair side by side, and what a configuration restore does to them. It carries those of
 * the DC's portal into the DR's; plans of Drydock stay as they are.
 * @param now ms since 1970 UTC
 */
export function compareSchedules(
  here: SiteFacts,
  there: SiteFacts | null,
  now: number,
): AnswerOf<'site.schedules'> {
  const sides = there ? [here, there] : [here]
  const rows = (['configuration', 'analytics'] as const).map(what => {
    const left = schedulesOf(here, what, now)
    const right = there ? schedulesOf(there, what, now) : []
    return { what, here: left, there: right, same: sameTimes(left, right, now) }
  })
  const notes = [
    ...sides.flatMap(side => unreadable(side, now)),
    ...(there ? ofPair(here, there, rows, now) : [alone(here)]),
    note('tell', ['S2.21'], 'At the DR the configuration changes only by a configuration restore.'),
    note(
      'tell',
      ['S2.25'],
      'A DR that is offline for more than a week misses the snapshot of that week: its data is not restored there.',
    ),
  ]
  return { other: there?.deployment ?? null, rows, notes }
}

const note = (tone: SiteNote['tone'], lines: string[], text: string): SiteNote => ({ tone, lines, text })

function schedulesOf({ plans, portal }: SiteFacts, what: What, now: number): SiteSchedule[] {
  const ofPlans = plans
    .filter(({ part }) => part === what)
    .map(({ name, schedule, zone, started }) =>
      shown({ from: 'plan', plan: name, schedule, zone, started }, now),
    )
  const noted = portalSchedule(portal, what)
  if (!noted || checkSchedule(noted, now) !== null) return ofPlans
  return [...ofPlans, shown({ from: 'portal', plan: null, schedule: noted, zone: 'UTC', started: true }, now)]
}

function shown(one: Omit<SiteSchedule, 'words' | 'utc' | 'next'>, now: number): SiteSchedule {
  const next = nextDue(one.schedule, one.zone, now)
  const at = next === null ? null : new Date(next).toISOString()
  const daily = one.schedule.kind === 'daily' || /^\d+ \d+ \* \* \*$/.test(textOf(one.schedule))
  return {
    ...one,
    words: scheduleWords(one.schedule),
    utc: next === null || at === null ? 'never' : daily ? `${at.slice(11, 16)} UTC` : localTime('UTC', next),
    next: at,
  }
}

const textOf = (schedule: Schedule): string => (schedule.kind === 'cron' ? schedule.expression : '')

function portalSchedule(portal: PortalSettings | undefined, what: What): Schedule | null {
  const expression = portal?.[what] ?? null
  return expression === null ? null : { kind: 'cron', expression }
}

/** Null when nothing runs at one side: a plan that is not started is neither the same nor different. */
function sameTimes(here: SiteSchedule[], there: SiteSchedule[], now: number): boolean | null {
  const [left = [], right = []] = [here, there].map(all => all.filter(({ started }) => started))
  if (left.length === 0 || right.length === 0) return null
  const within = (some: SiteSchedule[], all: SiteSchedule[]) =>
    some.every(one => all.some(other => sameDues(one, other, now)))
  return within(left, right) && within(right, left)
}

function unreadable({ deployment, portal }: SiteFacts, now: number): SiteNote[] {
  return (['configuration', 'analytics'] as const).flatMap(what => {
    const noted = portalSchedule(portal, what)
    const wrong = noted && checkSchedule(noted, now)
    const text = `What is noted of ${deployment}’s portal for ${what} is no schedule: ${wrong}.`
    return wrong === null ? [] : [note('look', [], text)]
  })
}

const alone = ({ deployment }: SiteFacts): SiteNote =>
  note(
    'tell',
    ['S2.26'],
    `No other site is set for ${deployment}: set it, and the schedules of DC and DR are compared here.`,
  )

function ofPair(
  here: SiteFacts,
  there: SiteFacts,
  rows: AnswerOf<'site.schedules'>['rows'],
  now: number,
): SiteNote[] {
  const notes: SiteNote[] = []
  for (const { what, here: left, there: right, same } of rows)
    if (same === false) {
      const [a, b] = [[here, left] as const, [there, right] as const].map(
        ([{ deployment }, all]) => `${deployment} ${all.map(timesOf).join(' and ')}`,
      )
      const text = `The ${what} backups run at other times: ${a}; ${b}. They should be the same in DC and DR.`
      notes.push(note('look', ['S2.26'], text))
    }
  const dr = [here, there].filter(({ site }) => site === 'DR')
  const dc = [here, there].filter(({ site }) => site === 'DC')
  const [active, passive] = [dc[0], dr[0]]
  if (active && passive) return [...notes, ...afterRestore(active, passive, now)]
  if (dr.length === 2 || dc.length === 2) {
    const site = dr.length === 2 ? 'DR' : 'DC'
    const text = `Both say director_site ${site} in master.yml: ${here.deployment} and ${there.deployment}.`
    notes.push(note('look', [], text))
  } else notes.push(note('tell', [], 'Which of the two is the DR is not known: check both sites.'))
  const text = 'A configuration restore puts the DC’s schedules into the DR, also where they differ.'
  return [...notes, note('tell', ['S2.27'], text)]
}

/** In the portal; what Drydock runs is its own. */
function afterRestore(dc: SiteFacts, dr: SiteFacts, now: number): SiteNote[] {
  const who = `${dr.deployment} is the DR, ${dc.deployment} the DC.`
  if (!dc.portal)
    return [
      note(
        'tell',
        ['S2.27'],
        `${who} After a configuration restore the DR’s portal has the schedules of the DC’s. What the DC’s portal shows is not noted: note it, and they are named here.`,
      ),
    ]
  const changes = (['configuration', 'analytics'] as const).flatMap(what => {
    const [from, to] = [dr, dc].map(({ portal }) => portal && portalSchedule(portal, what))
    if (to === undefined || (from && to && same(from, to, now)) || (from === null && to === null)) return []
    const instead = from === undefined ? '' : ` instead of ${wordsOf(from)}`
    return [`${what} ${wordsOf(to)}${to ? ' UTC' : ''}${instead}`]
  })
  const then = 'After a configuration restore the DR has the DC’s schedule'
  const kept = [...dc.plans, ...dr.plans].length > 0 ? ' Plans of Drydock stay as they are.' : ''
  return [
    changes.length === 0
      ? note('tell', ['S2.27'], `${who} ${then}, which is the same.${kept}`)
      : note('look', ['S2.27'], `${who} ${then}: ${changes.join('; ')}.${kept}`),
  ]
}

const wordsOf = (schedule: Schedule | null): string => (schedule ? scheduleWords(schedule) : 'no job')

function same(a: Schedule, b: Schedule, now: number): boolean {
  if (checkSchedule(a, now) !== null || checkSchedule(b, now) !== null) return false
  return sameDues({ schedule: a, zone: 'UTC' }, { schedule: b, zone: 'UTC' }, now)
}

/** `At 02:30 AM Europe/Zurich (01:30 UTC)`. */
const timesOf = ({ words, zone, utc, from, started }: SiteSchedule): string =>
  `${words} ${zone}${zone === 'UTC' ? '' : ` (${utc})`}${from === 'portal' ? ' in the portal' : started ? '' : ', not started'}`
