import { isBackup } from '../../../shared/run.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock, Log } from '../ports.ts'
import type { RunRegistry } from './run-registry.ts'
import type { StoredRun } from './stored-run.ts'

const dayMs = 24 * 3_600_000
/** The newest runs stay whatever their age, so that a clock which jumps ahead by years costs little. */
const newestKept = 200
/** Most runs removed in one go: a start must not wait for a year of them. */
const atOnce = 200

/**
 * Removes the folders of backups, verifications and copies that went well and ended more than `days` ago; the oldest
 * first, `atOnce` of them at most. Restores stay for ever, for they are proofs, and so does whatever failed, was
 * cancelled, or was interrupted: somebody may still want to know, or to resume it.
 * @returns the ids of those that are gone
 */
export async function pruneRuns(
  registry: RunRegistry,
  { days, now, signal }: { days: number; now: number; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const before = now - days * dayMs
  await registry.clearAway()
  const ids = await registry.ids()
  const gone: string[] = []
  // An id begins with when it started: only what is old enough is read at all.
  const stamp = new Date(before).toISOString().slice(0, 19).replace(/[-:]/g, '')
  for (const id of ids.slice(0, Math.max(0, ids.length - newestKept))) {
    if (gone.length >= atOnce || id.slice(0, stamp.length) >= stamp || signal?.aborted) break
    const record = await registry.get(id).catch((err: unknown) => {
      if (err instanceof EngineError) return null
      throw err
    })
    if (!record || !mayGo(record, before)) continue
    await registry.remove(id)
    gone.push(id)
  }
  return gone
}

const mayGo = ({ kind, state, ended }: StoredRun, before: number): boolean =>
  (isBackup(kind) || kind === 'verify' || kind === 'copy') &&
  state === 'succeeded' &&
  ended !== null &&
  Date.parse(ended) < before

/**
 * Prunes now and once a day.
 * @param deps.days asked each time: settings change
 * @param deps.gone hears of each time that some went
 * @returns ends that
 */
export function pruneDaily(
  registry: RunRegistry,
  deps: { days: () => Promise<number>; clock: Clock; log: Log; gone?: () => void },
): () => Promise<void> {
  const over = new AbortController()
  const prune = async () => {
    try {
      const days = await deps.days()
      const gone = await pruneRuns(registry, { days, now: deps.clock.now(), signal: over.signal })
      if (gone.length === 0) return
      deps.log('info', 'records of old runs were removed', { runs: gone.length, days })
      deps.gone?.()
    } catch (err) {
      deps.log('warn', 'records of old runs could not be removed', { err })
    }
  }
  let pruning = prune()
  const timer = setInterval(() => {
    pruning = pruning.then(prune)
  }, dayMs).unref()
  return async () => {
    over.abort()
    clearInterval(timer)
    await pruning
  }
}
