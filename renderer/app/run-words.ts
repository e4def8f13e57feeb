import type { RunSnapshot } from '../../shared/contract/run.ts'

const kinds = { backup: 'Backup', restore: 'Restore', verify: 'Verification', copy: 'Copy' } as const

/** How people call a run: `Backup of docs`, `Restore of docs@…`. */
export function runTitle({ kind, about, plan }: Pick<RunSnapshot, 'kind' | 'about' | 'plan'>): string {
  // Where it is read from is said elsewhere: the point names it.
  const what = plan ?? (about.split(' → ')[0] ?? about).replace(/(@\d{8}T\d{6}Z?) (?:from|on) .*$/, '$1')
  return `${kinds[kind]} of ${what}`
}

export const isLive = ({ state }: Pick<RunSnapshot, 'state'>) =>
  state === 'running' || state === 'paused' || state === 'cancelling'

/** Can be taken up again where it ended. */
export const isResumable = ({ state, kind }: Pick<RunSnapshot, 'state' | 'kind'>) =>
  kind !== 'verify' && (state === 'interrupted' || state === 'failed' || state === 'cancelled')

/** The status word of a run. `stalled` is told by the caller, which knows the time. */
export function runStatus(
  {
    state,
    problems,
    kind,
    options,
  }: Pick<RunSnapshot, 'state' | 'problems' | 'kind'> & { options?: unknown },
  stalled = false,
) {
  switch (state) {
    case 'running':
      return stalled ? 'Stalled' : 'Running'
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
      if (kind === 'restore') return problems > 0 ? 'Restored with problems' : 'Restored'
      if (problems > 0) return 'Done with problems'
      return kind === 'verify' && readsBack(options) ? 'Verified' : 'Done'
  }
}

/** Sizes alone prove nothing: only what was read back as a whole is verified. */
const readsBack = (options: unknown) =>
  typeof options === 'object' && options !== null && 'deep' in options && options.deep === true
