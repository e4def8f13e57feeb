import type { Progress } from '../../../shared/run.ts'

/** A change of progress: absolute values. What is left out stays. `stalled: null` says that it moves again. */
export type ProgressPatch = Partial<Omit<Progress, 'stalled'>> & { stalled?: string | null }

/**
 * Applies `patch`. Counters never go back: a smaller value leaves the larger one. `restart` lets them, for a run
 * that has to begin again.
 */
export function applyProgress(now: Progress, patch: ProgressPatch, restart = false): Progress {
  const grow = (before: number, after: number | undefined) => {
    if (after === undefined || !Number.isFinite(after) || after < 0) return before
    return restart ? after : Math.max(before, after)
  }
  const next: Progress = {
    phase: patch.phase ?? now.phase,
    bytes: grow(now.bytes, patch.bytes),
    total: patch.total === undefined || Number.isNaN(patch.total) ? now.total : patch.total,
    files: grow(now.files, patch.files),
  }
  const servers = { ...now.servers }
  for (const [name, after] of Object.entries(patch.servers ?? {})) {
    servers[name] = { bytes: grow(servers[name]?.bytes ?? 0, after.bytes), state: after.state }
  }
  if (Object.keys(servers).length > 0) next.servers = servers
  const stalled = patch.stalled === undefined ? now.stalled : patch.stalled
  if (stalled !== undefined && stalled !== null) next.stalled = stalled
  return next
}
