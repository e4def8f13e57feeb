import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { type FailureCode, failureCodes } from '../../../shared/failure.ts'
import { failureCopy } from '../../../shared/failure-copy.ts'
import { isBackup } from '../../../shared/run.ts'
import { isLive } from '../../app/run-words.ts'
import type { StatusWord, Tone } from '../../ui/index.ts'

/** What each server of a backup has of it, and whether that counts. Pure. */

export type ServerLine = {
  name: string
  bytes: number
  /** Of all servers, bytes. */
  most: number
  tone: Tone
  is: StatusWord
  says: string
  /** Why it is not in it. */
  reason?: string
}

type Run = Pick<
  RunSnapshot,
  'kind' | 'state' | 'progress' | 'outcome' | 'options' | 'firstProblems' | 'cancelledBy'
>
type Known = NonNullable<Run['progress']['servers']>[string]
type Said = Pick<ServerLine, 'is' | 'says' | 'tone'>

/** A line for each server that has got something or was refused, in the order in which they are told. */
export function serverLines(run: Run): ServerLine[] {
  if (!isBackup(run.kind)) return []
  const known = run.progress.servers ?? {}
  const why = new Map(
    run.firstProblems.flatMap(({ code, subject, detail }) =>
      code === 'server.failed' ? [[subject, detail] as const] : [],
    ),
  )
  const names = [...new Set([...Object.keys(known), ...why.keys()])]
  const most = Math.max(0, ...Object.values(known).map(({ bytes }) => bytes))
  return names.map(name => {
    const one = known[name]
    const about = { name, bytes: one?.bytes ?? 0, most }
    const said = saidOf(run, name, one, why.has(name))
    // What was taken off again is stored no more.
    if (said) return { ...about, ...said, ...(said === takenOff && { bytes: 0 }) }
    const told = why.get(name)
    return {
      ...about,
      tone: 'bad',
      is: 'Failed',
      ...(told === undefined ? { says: 'Failed' } : whyNot(told)),
    }
  })
}

/** @returns null for a server that is not in it any more */
function saidOf(run: Run, name: string, one: Known | undefined, hasFailed: boolean): Said | null {
  const { servers } = (run.outcome ?? {}) as { servers?: Readonly<Record<string, unknown>> }
  const end = run.state === 'succeeded' ? servers?.[name] : undefined
  if (end === 'done') return complete
  if (end !== undefined || !one || one.state === 'failed') return null
  // What an earlier process met is no news of a server that takes data now.
  const takes = isLive(run) && (one.state === 'active' || one.state === 'waiting')
  if (hasFailed && !takes) return null
  if (isLive(run)) return saidNow(run, one)
  if (run.state === 'succeeded') return one.state === 'done' ? complete : unfinished
  if (isWhole(run)) return complete
  return isTakenOff(run) ? takenOff : unfinished
}

const complete: Said = { is: 'Done', says: 'Complete', tone: 'ok' }
const takenOff: Said = { is: 'Cancelled', says: 'Taken off again', tone: 'idle' }
const unfinished: Said = { is: 'Stopped', says: 'Not completed', tone: 'idle' }

function saidNow(run: Run, { state }: Known): Said {
  if (run.state === 'cancelling') return { is: 'Cancelling', says: 'Cancelling', tone: 'run' }
  if (isWhole(run)) return complete
  // Of a Director’s backup that is the file of a component; of others the data without its manifest.
  const says = run.kind === 'backup' ? 'Stored whole' : 'Stored so far'
  if (state === 'done') return { is: run.state === 'paused' ? 'Paused' : 'Running', says, tone: 'run' }
  if (state === 'dropped') return { is: 'Interrupted', says: 'Copied afterwards', tone: 'warn' }
  if (run.state === 'paused') return { is: 'Paused', says: 'Paused', tone: 'run' }
  return state === 'active'
    ? { is: 'Running', says: 'Storing', tone: 'run' }
    : { is: 'Stalled', says: 'Waiting', tone: 'warn' }
}

/** A Director's point stands on its servers, manifest and all, once the latest copies are replaced. */
const isWhole = ({ kind, progress }: Run): boolean =>
  kind === 'director-backup' && progress.phase === 'replacing the latest copies'

/** Whether what was sent was taken off the servers again when the run ended. */
function isTakenOff({ kind, state, options, cancelledBy }: Run): boolean {
  if (state !== 'failed' && state !== 'cancelled') return false
  const { source } = (options ?? {}) as { source?: { kind?: unknown } }
  const beginsAnew = kind === 'director-backup' || (source?.kind !== undefined && source.kind !== 'files')
  return beginsAnew || (state === 'cancelled' && cancelledBy !== 'shutdown')
}

/** `remote.unsupported: it holds …`: a server that does not let in, or must not be written to, has refused. */
function whyNot(told: string): { says: string; reason: string } {
  const [, code = '', detail] = /^([a-z]+\.[a-z-]+)(?:: (.*))?$/s.exec(told) ?? []
  const known = failureCodes.find((one): one is FailureCode => one === code)
  const refused = /^(auth|trust)\.|^remote\.unsupported$/.test(code)
  return {
    says: refused ? 'Refused' : 'Failed',
    reason: known === undefined ? told : (detail ?? failureCopy[known].happened),
  }
}
