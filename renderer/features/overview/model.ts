import type { OutputOf } from '../../../shared/contract/index.ts'
import type { Readiness, SystemRow } from '../../../shared/contract/overview.ts'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import { counted } from '../../app/format.ts'

type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'idle'

export type OverviewValue = OutputOf<'overview.get'>

export const toneOf = {
  ready: 'ok',
  'not-proven': 'idle',
  'at-risk': 'warn',
  'cannot-recover': 'bad',
} as const satisfies Record<Readiness, Tone>

export const wordOf = {
  ready: 'Ready',
  'not-proven': 'Not proven',
  'at-risk': 'At risk',
  'cannot-recover': 'Cannot recover',
} as const satisfies Record<Readiness, string>

export const copyWord = {
  verified: 'Verified',
  unverified: 'Unverified',
  damaged: 'Damaged',
  none: 'None',
  'no-answer': 'No answer',
} as const satisfies Record<SystemRow['copies'][number]['state'], string>

export type VerdictWords = {
  tone: Tone
  answer: string
  /** Sentences, the worst first; the first is the strong one. */
  reasons: { strong: string; rest: string }[]
  /** What a good answer must not hide, one sentence. */
  caveat: string | null
}

/** The one answer of the page. `systems` come worst first. */
export function verdictOf(systems: readonly SystemRow[]): VerdictWords {
  const of = (readiness: Readiness) => systems.filter(row => row.readiness === readiness)
  const all = systems.length
  const [lost, risky, unproven, ready] = [
    of('cannot-recover').length,
    of('at-risk').length,
    of('not-proven').length,
    of('ready').length,
  ]
  const [only] = systems
  const proven = ready === 0 ? 'none of them proven' : `${ready} of them proven and within target`
  const answer = () => {
    if (all === 1 && only) return single[only.readiness](only.name)
    if (lost === all) return `No: none of ${all} systems.`
    if (lost > 0) return `Partly: ${all - lost} of ${all} systems, ${proven}.`
    if (ready === all) return `Yes: all ${all} systems, proven and within target.`
    if (risky > 0) return `Yes, but ${risky} of ${all} systems ${risky === 1 ? 'is' : 'are'} at risk.`
    return unproven === all
      ? `Probably: none of ${all} systems is proven.`
      : `Probably: ${unproven} of ${all} systems ${unproven === 1 ? 'is' : 'are'} not proven.`
  }
  const tone: Tone = lost > 0 ? 'bad' : risky > 0 ? 'warn' : unproven > 0 ? 'idle' : 'ok'
  const reasons = systems
    .filter(({ readiness }) => readiness !== 'ready')
    .slice(0, 3)
    .map(({ name, readiness, reason }) => ({ strong: `${name} ${verb[readiness]}`, rest: reason }))
  return { tone, answer: answer(), reasons, caveat: caveatOf(systems) }
}

/** Of systems that can be recovered: too few copies, or all in one place. */
function caveatOf(systems: readonly SystemRow[]): string | null {
  const back = systems.filter(({ readiness }) => readiness !== 'cannot-recover')
  const lacking = (lack: SystemRow['lacks'][number]) => back.filter(({ lacks }) => lacks.includes(lack))
  const about = (rows: readonly SystemRow[]) =>
    systems.length === 1 ? '' : `${rows.length} of ${systems.length} with `
  const lone = lacking('second-copy')
  if (lone.length > 0) return systems.length === 1 ? 'One copy only.' : `${about(lone)}one copy only.`
  const here = lacking('off-site')
  if (here.length === 0) return null
  return systems.length === 1 ? 'No copy off site.' : `${about(here)}no copy off site.`
}

/** The answer as long as there is no plan: nothing is told of servers that have not been heard. */
export function firstVerdict(
  { servers, points, asOf, asking, failed }: Omit<OverviewValue, 'systems'>,
  next: Step['key'] | undefined,
): { tone: Tone; answer: string; reason: string } {
  const names = (all: readonly string[]) => (all.length > 2 ? `${all.length} servers` : all.join(' and '))
  if (points > 0)
    return {
      tone: 'bad',
      answer: 'Only what is on the servers already.',
      reason: 'There are restore points on the servers. No plan adds to them.',
    }
  if (servers === 0 || next === 'server')
    return {
      tone: 'bad',
      answer: 'No: nothing is backed up yet.',
      reason:
        'Drydock knows no server. To get data back, add the one it lies on: nothing else has to be set up.',
    }
  if (failed.length > 0) {
    const silent = failed.map(({ server }) => server)
    return {
      tone: 'warn',
      answer: `Not known: ${names(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer.`,
      reason: 'What lies there is not known until it answers.',
    }
  }
  if (asOf === null)
    return {
      tone: 'idle',
      answer: 'Not known yet.',
      reason:
        asking.length > 0
          ? `${names(asking)} ${asking.length === 1 ? 'is' : 'are'} being asked what ${asking.length === 1 ? 'it holds' : 'they hold'}.`
          : 'Not every server has been asked yet.',
    }
  return {
    tone: 'bad',
    answer: 'No: nothing is backed up yet.',
    reason:
      next === 'plan'
        ? 'The servers hold no restore point, and there is no plan.'
        : 'The servers hold no restore point, and no plan has run.',
  }
}

const single = {
  ready: (name: string) => `Yes: ${name}, proven and within target.`,
  'not-proven': (name: string) => `Probably: ${name} is not proven.`,
  'at-risk': (name: string) => `Yes, but ${name} is at risk.`,
  'cannot-recover': (name: string) => `No: ${name} cannot be recovered.`,
} as const satisfies Record<Readiness, (name: string) => string>

const verb = {
  ready: 'is ready',
  'not-proven': 'is not proven',
  'at-risk': 'is at risk',
  'cannot-recover': 'cannot be recovered',
} as const satisfies Record<Readiness, string>

export type Step = { key: 'server' | 'plan' | 'start' | 'run'; title: string; detail: string; done: boolean }

/** What stands between a fresh console and a first backup; empty once systems are protected. */
export function firstSteps(facts: {
  servers: number
  systems: readonly SystemRow[]
  plans: readonly Pick<PlanInfo, 'state' | 'last' | 'running'>[]
}): Step[] {
  const { servers, systems, plans } = facts
  const started = plans.some(({ state }) => state === 'scheduled')
  const ran = plans.some(({ last, running }) => last !== null || running !== null)
  if (servers > 0 && plans.length > 0 && (started || ran)) return []
  if (systems.some(({ lastGood }) => lastGood !== null)) return []
  return [
    {
      key: 'server',
      title: 'Add a server',
      detail:
        'Where backups are kept: S3, Azure Blob, SFTP, FTPS or a local disk. Nothing can be backed up without one.',
      done: servers > 0,
    },
    {
      key: 'plan',
      title: 'Make a plan',
      detail: 'Which system, when, to which servers, kept how long. A system gets its targets here.',
      done: plans.length > 0,
    },
    {
      key: 'start',
      title: 'Start the plan',
      detail: 'Adding a plan never starts it. Start it, or run it once by hand.',
      done: started || ran,
    },
    {
      key: 'run',
      title: 'Prove it by a restore',
      detail:
        'Restore a point into an empty folder once: only then is it known that it works, and how long it takes.',
      done: false,
    },
  ]
}

export type Upcoming = { at: string; local: string; zone: string; plan: string; note: string | undefined }

/** The next due times of all plans together. */
export function upcoming(plans: readonly PlanInfo[], count: number): Upcoming[] {
  return plans
    .flatMap(({ settings, next }) =>
      next.map(({ at, local, note }) => ({ at, local, note, zone: settings.zone, plan: settings.name })),
    )
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .slice(0, count)
}

export const leadOf = ({ systems, servers, points }: Pick<OverviewValue, 'systems' | 'servers' | 'points'>) =>
  `${counted(systems.length, 'system')}, ${counted(servers, 'server')}, ${counted(points, 'restore point')}.`
