import { formatClock, formatMoment } from '../../app/format.ts'
import { stepsAt, type StepSight } from '../../app/parts/restore-steps.ts'
import { stampTime } from '../backups/index.ts'
import type { Answers, DirectorWizard } from './model.ts'

/** What the frame of the wizard says: the steps with the answers so far, and why Next is off. Pure. */
type Known = {
  now: number
  /** The hosts that are erased. */
  hosts: readonly string[]
  verdict: { says: string; at: number } | null
  /** There is a preflight, of other answers. */
  stale: boolean
}
export function stepsOf({ step }: DirectorWizard, answers: Answers, known: Known): StepSight[] {
  const hosts = known.hosts.length > 1 ? `${known.hosts.length} hosts` : known.hosts[0]
  return stepsAt(
    step,
    {
      system: 'Director (zWAN)',
      source: answers.server,
      point: answers.stamp && formatMoment(stampTime(answers.stamp), known.now),
      target: answers.deployment && (hosts ?? answers.deployment),
      preflight: known.verdict && `${known.verdict.says} at ${formatClock(known.verdict.at, true)}`,
      confirm: null,
    },
    known.stale,
  )
}

type Seen = {
  /** The server answered, and does not hold the chosen run any more. */
  pointGone: boolean
  pointWhole: boolean
  /** The deployment folder was not read yet. */
  unread: boolean
  editing: boolean
  /** Why the preflight does not let through; null: it does. */
  checkOff: string | null
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
      return seen.checkOff
    case 'confirm':
      return null
  }
}
