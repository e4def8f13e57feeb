import type { Progress } from '../../../shared/run.ts'

/** A change of progress: absolute values. What is left out stays. `stalled: null` says that it moves again. */
export type ProgressPatch = Partial<Omit<Progress, 'stalled' | 'received'>> & {
  stalled?: string | null
  /** null: nothing is under way. */
  received?: number | null
}

/** Whether it says only what is under way, which is worth nothing once the process is gone. */
export const isPassing = (patch: ProgressPatch): boolean =>
  Object.keys(patch).every(key => key === 'received')

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
  const received = patch.received === undefined ? now.received : patch.received
  if (received !== undefined && received !== null && received > 0) next.received = received
  const servers = { ...now.servers }
  for (const [name, after] of Object.entries(patch.servers ?? {})) {
    servers[name] = { bytes: grow(servers[name]?.bytes ?? 0, after.bytes), state: after.state }
  }
  if (Object.keys(servers).length > 0) next.servers = servers
  // What is acknowledged has moved.
  const moved = next.bytes > now.bytes && Object.keys(servers).length === 0
  const stalled = patch.stalled === undefined && !moved ? now.stalled : patch.stalled
  if (stalled !== undefined && stalled !== null) {
    next.stalled = stalled
    // Another reason is another matter: it asks only as long as that is why.
    if (patch.asks ?? (stalled === now.stalled && now.asks)) next.asks = true
  }
  return next
}
