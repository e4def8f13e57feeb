import type { RunSnapshot } from '../../shared/contract/run.ts'
import { drivesScript, type RunKind } from '../../shared/run.ts'

const kinds = {
  backup: 'Backup',
  restore: 'Restore',
  verify: 'Verification',
  copy: 'Copy',
  'director-restore': 'Director restore',
  'director-backup': 'Director backup',
  'director-adopt': 'Adoption',
  'director-switch': 'Switch-over step',
} as const satisfies Record<RunKind, string>

/** How people call a run: `Backup of docs`, `Restore of docs`. Which point, and from where, its `about` says. */
export function runTitle({ kind, about, plan }: Pick<RunSnapshot, 'kind' | 'about' | 'plan'>): string {
  // `Director 20260326T131502 from nas → director-dr`: which files they are, the page says.
  const hosts = kind === 'director-restore' ? about.split(' → ')[1] : undefined
  if (hosts !== undefined) return `Director restore to ${hosts}`
  // `dc-to-dr step 1: DC (director-dc)`: a cluster has three hosts.
  const step = kind === 'director-switch' ? /^(dc|dr)-to-(dc|dr) step (\d)/.exec(about) : null
  if (step) return `Switch-over ${step[1]?.toUpperCase()} to ${step[2]?.toUpperCase()}, step ${step[3]}`
  if (kind === 'director-switch') return `Switch-over ${about.replace(/ \(.*\)$/, '')}`
  // `vendor@20261119T020003 on minio → nas`: all such points have one name.
  if (kind === 'director-adopt') return `${kinds[kind]} of ${about.replace(/^vendor@(\S+) .*/, '$1')}`
  const what = plan ?? (about.split(' → ')[0] ?? about).replace(/@\d{8}T\d{6}Z?(?: (?:from|on) .*)?$/, '')
  return `${kinds[kind]} of ${what}`
}

export const isLive = ({ state }: Pick<RunSnapshot, 'state'>) =>
  state === 'running' || state === 'paused' || state === 'cancelling'

/** Can be taken up again where it ended. */
export function isResumable({
  state,
  kind,
  failure,
}: Pick<RunSnapshot, 'state' | 'kind'> & { failure?: RunSnapshot['failure'] }): boolean {
  if (kind === 'verify' || (state !== 'interrupted' && state !== 'failed' && state !== 'cancelled'))
    return false
  if (!drivesScript(kind) || state === 'interrupted') return true
  // A script that has ended is never started a second time by going on: only a restore that did not get to its end,
  // because the host let nobody in or Drydock was shut down, can be attached to again.
  if (state === 'cancelled') return /shut/.test(failure?.detail ?? '')
  return failure !== undefined && failure !== null && !/^(local\.command|remote\.failed)$/.test(failure.code)
}

/** Whether it waits for an answer of a person. */
export const asksYou = ({ state, progress }: Pick<RunSnapshot, 'state' | 'progress'>): boolean =>
  state === 'running' && progress.asks === true

/** It waits until another run of the same Director has ended: that is no stall. */
export const waitsForOther = ({ progress }: Pick<RunSnapshot, 'progress'>): boolean =>
  progress.phase === 'waiting'

/** The status word of a run. `stalled` is told by the caller, which knows the time. */
export function runStatus(
  {
    state,
    problems,
    kind,
    options,
    progress,
  }: Pick<RunSnapshot, 'state' | 'problems' | 'kind'> & {
    options?: unknown
    progress?: Pick<RunSnapshot['progress'], 'asks'>
  },
  stalled = false,
) {
  switch (state) {
    case 'running':
      return progress?.asks ? 'Asks you' : stalled ? 'Stalled' : 'Running'
    case 'paused':
      return 'Paused'
    case 'cancelling':
      return 'Cancelling'
    case 'interrupted':
      return 'Interrupted'
    case 'failed':
      return 'Failed'
    case 'cancelled':
      return 'Cancelled'
    case 'succeeded':
      if (kind === 'restore' || kind === 'director-restore')
        return problems > 0 ? 'Restored with problems' : 'Restored'
      if (problems > 0) return 'Done with problems'
      return kind === 'verify' && readsBack(options) ? 'Verified' : 'Done'
  }
}

/** Sizes alone prove nothing: only what was read back as a whole is verified. */
const readsBack = (options: unknown) =>
  typeof options === 'object' && options !== null && 'deep' in options && options.deep === true
