import { formatClock, formatMoment } from '../../app/format.ts'
import { type RestoreStep, restoreSteps } from '../../app/router.ts'
import { stampTime } from '../backups/index.ts'
import type { Answers, DirectorWizard } from './model.ts'

/** What the frame of the wizard says: the steps with the answers so far, and why Next is off. Pure. */
export const stepNames = {
  system: 'System',
  source: 'Source',
  point: 'Restore point',
  target: 'Target',
  preflight: 'Preflight',
  confirm: 'Confirm',
} as const satisfies Record<RestoreStep, string>

/** The words of *Next* name what comes. */
export const nextWords = {
  source: 'Next: restore point',
  point: 'Next: target',
  target: 'Next: preflight',
  preflight: 'Next: confirm',
  confirm: '',
} as const satisfies Record<DirectorWizard['step'], string>

export const stepAfter = (step: RestoreStep): RestoreStep =>
  restoreSteps[restoreSteps.indexOf(step) + 1] ?? step
export const stepBefore = (step: RestoreStep): RestoreStep =>
  restoreSteps[restoreSteps.indexOf(step) - 1] ?? step

type Known = {
  now: number
  /** The hosts that are erased. */
  hosts: readonly string[]
  verdict: { says: string; at: number } | null
  /** There is a preflight, of other answers. */
  stale: boolean
}
export type StepSight = {
  key: RestoreStep
  name: string
  state: 'done' | 'now' | 'later' | 'stale'
  answer?: string
}

export function stepsOf({ step }: DirectorWizard, answers: Answers, known: Known): StepSight[] {
  const at = restoreSteps.indexOf(step)
  const hosts = known.hosts.length > 1 ? `${known.hosts.length} hosts` : known.hosts[0]
  const said: Record<RestoreStep, string | undefined> = {
    system: 'Director (zWAN)',
    source: answers.server,
    point: answers.stamp && formatMoment(stampTime(answers.stamp), known.now),
    target: answers.deployment && (hosts ?? answers.deployment),
    preflight: known.verdict ? `${known.verdict.says} at ${formatClock(known.verdict.at, true)}` : undefined,
    confirm: undefined,
  }
  return restoreSteps.map((key, index) => {
    const answer = index === at && key !== 'preflight' ? undefined : said[key]
    const stale = key === 'preflight' && known.stale && index > at
    return {
      key,
      name: stepNames[key],
      state: index < at ? 'done' : index === at ? 'now' : stale ? 'stale' : 'later',
      ...(answer && { answer }),
    }
  })
}

type Seen = {
  /** The server answered, and does not hold the chosen run any more. */
  pointGone: boolean
  pointWhole: boolean
  /** The deployment folder was not read yet. */
  unread: boolean
  editing: boolean
  asking: boolean
  verdict: string | null
  stops: number
}

/** Why the next step cannot be gone to; null: it can. */
export function nextOff(wizard: DirectorWizard, seen: Seen): string | null {
  switch (wizard.step) {
    case 'source':
      return wizard.server === undefined ? 'no server is chosen' : null
    case 'point':
      if (wizard.stamp === undefined) return 'no run is chosen'
      if (seen.pointGone) return 'the server does not hold it any more'
      return seen.pointWhole ? null : 'a file of it is not whole'
    case 'target':
      if (wizard.deployment === undefined) return 'no deployment folder is chosen'
      if (seen.editing) return 'the form is open'
      if (seen.unread) return 'the folder is not read yet'
      return wizard.mode === undefined ? 'standalone or cluster is not said' : null
    case 'preflight':
      if (seen.asking) return 'it is being checked'
      if (seen.verdict === null) return 'it is unchecked'
      if (seen.verdict !== 'NO-GO') return null
      return seen.stops === 1 ? '1 line says NO-GO' : `${seen.stops} lines say NO-GO`
    case 'confirm':
      return null
  }
}
