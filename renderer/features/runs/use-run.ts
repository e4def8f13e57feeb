import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useAsk, useKnownNow, useStores } from '../../app/app-context.tsx'
import { waitsForOther } from '../../app/run-words.ts'
import type { RunHistory } from '../../../shared/run-rates.ts'
import { patienceWith, stalledFor } from '../../../shared/run-rates.ts'
import { expectedPhases } from './run-model.ts'

/**
 * A run as it stands: the newest of what events told and what was asked for. Lists leave out parts of large records,
 * so each run is asked for once as a whole, and again when it ends.
 */
export function useRun(id: string): { run: RunSnapshot | null; failure: Failure | null } {
  const { runs } = useStores()
  const listed = useStore(runs, ({ byId }) => byId.get(id))
  const asked = useAsk('run.get', { runId: id })
  const ended = listed?.ended ?? null
  const { again } = asked
  useEffect(() => {
    if (ended !== null) again()
  }, [ended, again])
  const whole = asked.value
  if (!listed) return { run: whole, failure: whole ? null : asked.failure }
  if (!whole || listed.seq > whole.seq) {
    // A slim one has no options: those it was started with stay.
    const run = listed.options === null && whole ? { ...listed, options: whole.options } : listed
    return { run, failure: null }
  }
  // A limit that was changed is told by an event alone.
  const { seq, limit } = listed
  return { run: seq === whole.seq && limit !== whole.limit ? { ...whole, limit } : whole, failure: null }
}

const noHistory: RunHistory = { samples: [], movedAt: 0 }

export function useHistory(id: string): RunHistory {
  const { runs } = useStores()
  return useStore(runs, ({ histories }) => histories.get(id)) ?? noHistory
}

/** Since how long nothing moves, ms; null while it moves, or while that is as it should be. */
export function useStall(run: RunSnapshot): number | null {
  const now = useKnownNow()
  const history = useHistory(run.id)
  if (waitsForOther(run)) return null
  const still = stalledFor(
    history.movedAt === 0 ? undefined : history,
    now,
    run.state === 'running',
    patienceWith(run),
  )
  if (still !== null) return still
  if (run.state !== 'running' || run.progress.stalled === undefined) return null
  return history.movedAt === 0 ? 0 : Math.max(0, now - history.movedAt)
}

/** How long the phases of a run took in earlier runs of the same thing. */
export function useExpected(run: RunSnapshot): ReturnType<typeof expectedPhases> {
  const { runs } = useStores()
  const list = useStore(runs, state => state.list)
  // What earlier runs took changes with none of the snapshots of this one.
  const earlier = useMemo(
    () => list.filter(({ kind, state }) => kind === run.kind && state === 'succeeded').slice(0, 100),
    [list, run.kind],
  )
  return expectedPhases(run, earlier)
}
