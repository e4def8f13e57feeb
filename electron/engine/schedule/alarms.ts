import type { Alarm, PlanInfo } from '../../../shared/contract/plan.ts'
import type { Failure } from '../../../shared/failure.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import type { RunKind, RunState } from '../../../shared/run.ts'
import { isBackup, runDeeds } from '../../../shared/run.ts'
import { localTime } from '../../../shared/schedule/index.ts'
import { windowAdvice } from '../../../shared/window-advice.ts'

/** A run, as far as alarms are concerned. */
export type AlarmRun = {
  id: string
  kind: RunKind
  state: RunState
  about: string
  started: string
  ended: string | null
  failure: Failure | null
  /** The plan it belongs to. */
  plan: string | null
}

/** All that alarms follow from. */
export type AlarmFacts = {
  plans: readonly PlanInfo[]
  /** In any order; all that may matter. */
  runs: readonly AlarmRun[]
  /** Points whose last read-back found damage. */
  damaged: readonly { point: string; server: string; since: string }[]
  /** Null when it is open. */
  vault: { since: string; waiting: readonly string[] } | null
  /** The disk of the state folder takes nothing more; absent when it does. */
  stateDisk?: { since: string; home: string; outageHeld: boolean }
}

/** What should have happened and did not, or is wrong and waits for a person: the worst first, then the oldest. */
export function alarmsOf({ plans, runs, damaged, vault, stateDisk }: AlarmFacts): Alarm[] {
  const alarms = [
    ...fullDisk(stateDisk),
    ...damaged.map(damage),
    ...plans.flatMap(plan => overdue(plan)),
    ...lastRuns(plans, runs),
    ...interrupted(runs),
    ...locked(vault),
  ]
  return alarms.sort((a, b) => weight(b) - weight(a) || compare(a.since, b.since) || compare(a.id, b.id))
}

const damage = ({ point, server, since }: AlarmFacts['damaged'][number]): Alarm => ({
  id: `damaged:${server}:${point}`,
  tone: 'stop',
  title: `${point} on ${server} is damaged`,
  detail:
    'Its last read-back found bytes that are not those that were written. Copies on other servers are not affected.',
  since,
  about: { kind: 'point', point, server },
})

function overdue({ settings, overdue: late, missed }: PlanInfo): Alarm[] {
  if (!late) return []
  const { name, zone } = settings
  const more = missed > 1 ? ` ${missed} runs were missed since the last one.` : ''
  return [
    {
      id: `overdue:${name}`,
      tone: 'look',
      title: `${name} should have run at ${localTime(zone, Date.parse(late.since))}`,
      detail: `${sentence(late.reason)}${more}`,
      since: late.since,
      about: { kind: 'plan', name },
    },
  ]
}

/** A plan whose newest run failed, or was stopped by somebody, has not made a restore point. */
function lastRuns(plans: readonly PlanInfo[], runs: readonly AlarmRun[]): Alarm[] {
  return plans.flatMap(({ settings: { name }, last }): Alarm[] => {
    const run = last && runs.find(({ id }) => id === last.runId)
    if (!run || run.state !== 'failed' || !run.failure) return []
    const around = { run: run.id, anew: run.kind === 'director-backup' }
    const words = describeFailure(run.failure, around)
    const advice = windowAdvice(run.failure, words.todo, around)
    return [
      {
        id: `failed:${name}`,
        tone: 'stop',
        title: `${name}: the last run failed`,
        detail: `${sentence(words.title)}${advice === '' ? '' : ` ${advice}`}`,
        since: run.ended ?? run.started,
        about: { kind: 'run', runId: run.id },
      },
    ]
  })
}

/** Runs that nobody works on any more, unless a later one of the same thing went well or is under way. */
function interrupted(runs: readonly AlarmRun[]): Alarm[] {
  return runs.filter(isInterrupted).flatMap((run): Alarm[] => {
    const superseded = runs.some(
      other =>
        other.kind === run.kind &&
        thingOf(other) === thingOf(run) &&
        other.started > run.started &&
        (other.state === 'succeeded' || other.state === 'running' || other.state === 'paused'),
    )
    if (superseded) return []
    return [
      {
        id: `interrupted:${run.id}`,
        tone: 'look',
        title: `A ${runDeeds[run.kind]} was interrupted: ${run.about}`,
        detail:
          run.kind === 'director-backup'
            ? 'Nobody works on it any more. A resume begins it anew.'
            : 'Nobody works on it any more. What was confirmed is kept, and a resume goes on there.',
        since: run.ended ?? run.started,
        about: { kind: 'run', runId: run.id },
      },
    ]
  })
}

/** A process that ended in good order says so; one that was killed does not. */
const isInterrupted = ({ state, failure }: AlarmRun): boolean =>
  state === 'interrupted' || (state === 'cancelled' && /shutting down/.test(failure?.detail ?? ''))

const thingOf = ({ kind, plan, about }: AlarmRun): string => (isBackup(kind) && plan !== null ? plan : about)

function fullDisk(disk: AlarmFacts['stateDisk']): Alarm[] {
  if (!disk) return []
  const { since, home, outageHeld } = disk
  const outage = outageHeld
    ? ' The declared outage is kept in memory only: its clock stops when Drydock ends before there is room.'
    : ''
  return [
    {
      id: 'state-disk',
      tone: 'stop',
      title: "The disk of Drydock's own folder is full",
      detail: `No run can be recorded and no change is kept. Make room on the disk of ${home}.${outage}`,
      since,
      about: { kind: 'state' },
    },
  ]
}

function locked(vault: AlarmFacts['vault']): Alarm[] {
  if (!vault || vault.waiting.length === 0) return []
  const { waiting, since } = vault
  return [
    {
      id: 'vault',
      tone: 'look',
      title: `The vault is locked and ${waiting.length === 1 ? 'a plan waits' : `${waiting.length} plans wait`} for it`,
      detail: `Unlock it, and ${waiting.join(', ')} can run.`,
      since,
      about: { kind: 'vault' },
    },
  ]
}

const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
const weight = ({ tone }: Alarm): number => (tone === 'stop' ? 1 : 0)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
