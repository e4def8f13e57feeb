import type { SwitchRecord, SwitchStep } from '../../../../../shared/contract/switch.ts'
import { EngineError } from '../../../engine-error.ts'
import type { RunRegistry, StoredRun } from '../../../run/index.ts'
import { readState } from '../script/state-file.ts'
import type { StoredSwitch } from './switch-book.ts'
import { stepOfRun } from './switch-run.ts'

/** All runs of steps, oldest first. */
export async function stepRuns(runs: Pick<RunRegistry, 'list'>): Promise<StoredRun[]> {
  return (await runs.list()).records.filter(({ kind }) => kind === 'director-switch')
}

/** A switch-over with each step as its newest run stands. @param all as `stepRuns` answers */
export async function recordOf(
  stored: StoredSwitch,
  all: readonly StoredRun[],
  runs: Pick<RunRegistry, 'folderOf'>,
): Promise<SwitchRecord> {
  const { id, direction, begun, by, server, address, givenUp } = stored
  const first = await stepOf(stored, 1, all, runs)
  const second = await stepOf(stored, 2, all, runs)
  return {
    ...{ id, direction, begun, by, server, address },
    steps: [first, second],
    state: address.done !== null ? 'finished' : givenUp !== null ? 'given-up' : 'open',
  }
}

async function stepOf(
  stored: StoredSwitch,
  step: 1 | 2,
  all: readonly StoredRun[],
  runs: Pick<RunRegistry, 'folderOf'>,
): Promise<SwitchStep> {
  const { deployment, mode, site, runs: noted } = stored.steps[step - 1]!
  const own = all.filter(run => {
    const of = stepOfRun(run)
    return of?.id === stored.id && of.step === step
  })
  // The record of a run is there before it is noted here: the registry may know more, never less, unless one was lost.
  const newest = own.at(-1)
  const last = noted.at(-1)
  const said = { deployment, mode, site }
  if (newest && (last === undefined || last <= newest.id))
    return { ...said, state: await stateOf(newest, runs), run: newest.id, ended: newest.ended }
  if (last !== undefined) return { ...said, state: 'failed', run: last, ended: null }
  return { ...said, state: 'waiting', run: null, ended: null }
}

async function stateOf(run: StoredRun, runs: Pick<RunRegistry, 'folderOf'>): Promise<SwitchStep['state']> {
  if (run.state === 'succeeded') return 'done'
  if (run.state !== 'failed' && run.state !== 'cancelled') return 'running'
  // A host that let nobody in any more fails the run; the script has heard nothing of that and may run on.
  return (await mayRunOn(run.id, runs)) ? 'running' : 'failed'
}

async function mayRunOn(id: string, runs: Pick<RunRegistry, 'folderOf'>): Promise<boolean> {
  try {
    const seen = await readState(runs.folderOf(id))
    return seen?.link === 'live' || seen?.link === 'lost'
  } catch (err) {
    // What cannot be read does not say that it has ended.
    if (err instanceof EngineError) return true
    throw err
  }
}
