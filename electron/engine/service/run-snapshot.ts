import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { isBackup } from '../../../shared/run.ts'
import type { StoredRun } from '../run/index.ts'
import { isUnderWay } from '../run/index.ts'
import { isSameProcess, thisProcess } from '../state/process-identity.ts'

/** A stored record as pages see it. @param limit as it was changed under way; undefined when it was not, here */
export function snapshotOf(record: StoredRun, limit: number | null | undefined): RunSnapshot {
  const { control, progress, ...rest } = record
  const { servers, stalled, asks, received, ...counters } = progress
  return {
    ...rest,
    progress: {
      ...counters,
      bytes: Math.floor(counters.bytes),
      total: counters.total === null || !Number.isFinite(counters.total) ? null : Math.floor(counters.total),
      files: Math.floor(counters.files),
      ...(received !== undefined && isUnderWay(record) ? { received: Math.floor(received) } : {}),
      ...(servers
        ? {
            servers: Object.fromEntries(
              Object.entries(servers).map(([name, { bytes, state }]) => [
                name,
                { bytes: Math.floor(bytes), state },
              ]),
            ),
          }
        : {}),
      ...(stalled === undefined ? {} : { stalled }),
      ...(asks && isUnderWay(record) ? { asks } : {}),
    },
    plan: planOf(record),
    here: isUnderWay(record) && control !== null && isHere(control),
    limit: limit === undefined ? limitOf(record.options) : limit,
  }
}

/** Without what only the page of one run shows: a list of thousands must stay small. */
export const slim = ({ phases: _, ...snapshot }: RunSnapshot): RunSnapshot => ({
  ...snapshot,
  options: null,
  outcome: null,
  firstProblems: [],
})

function planOf({ kind, options }: StoredRun): string | null {
  if (!isBackup(kind) || typeof options !== 'object' || options === null) return null
  const { plan, ofPlan } = options as { plan?: unknown; ofPlan?: unknown }
  // An ad-hoc backup bears a name of the same kind and belongs to no plan.
  return typeof plan === 'string' && ofPlan ? plan : null
}

function limitOf(options: unknown): number | null {
  if (typeof options !== 'object' || options === null) return null
  const { limit } = options as { limit?: unknown }
  return typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : null
}

const isHere = (control: NonNullable<StoredRun['control']>): boolean =>
  control.pid === thisProcess().pid && isSameProcess(control)
