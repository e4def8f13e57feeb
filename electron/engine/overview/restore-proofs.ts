import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { RunKind } from '../../../shared/run.ts'
import { parsePoint } from '../archive/names.ts'
import { fromFsError } from '../engine-error.ts'
import type { RunRegistry, StoredRun } from '../run/index.ts'
import { isRunId } from '../run/index.ts'

/** A restore that proved that a whole point can be restored. */
export type Proof = { name: string; at: string; ms: number; runId: string }

const options = z.object({ point: z.string(), only: z.array(z.string()) })
const counts = z.object({
  counts: z.object({ left: z.number(), refused: z.number(), failed: z.number(), damaged: z.number() }),
})

/** Of a Director restore: the points that the five files were, none for the vendor's own. */
const directorOutcome = z.object({
  points: z.array(z.string()),
  recap: z.array(z.object({ failed: z.number(), unreachable: z.number() })),
})

/** Kinds of run that can prove something. */
const restores: readonly string[] = ['restore', 'director-restore'] satisfies RunKind[]

/**
 * What a restore proved: one proof for each name that what it restored has. It proves something when it succeeded, took
 * all of the point, and left, refused or failed nothing of it. A Director restore takes all five files or none; it
 * proves something when none of its hosts had a task that failed.
 */
export function proofsOf({ id, kind, state, started, ended, options: raw, outcome }: StoredRun): Proof[] {
  if (state !== 'succeeded' || ended === null) return []
  const points =
    kind === 'restore' ? pointOf(raw, outcome) : kind === 'director-restore' ? pointsOf(outcome) : []
  const ms = Math.max(0, Date.parse(ended) - Date.parse(started))
  return points.map(point => ({ name: parsePoint(point).plan, at: ended, ms, runId: id }))
}

function pointOf(raw: unknown, outcome: unknown): string[] {
  const asked = options.safeParse(raw)
  const done = counts.safeParse(outcome)
  if (!asked.success || asked.data.only.length > 0 || !done.success) return []
  return Object.values(done.data.counts).some(count => count > 0) ? [] : [asked.data.point]
}

function pointsOf(outcome: unknown): string[] {
  const done = directorOutcome.safeParse(outcome)
  if (!done.success || done.data.recap.some(({ failed, unreachable }) => failed + unreachable > 0)) return []
  return done.data.points
}

/** The newest proof for each name. A run is read once: a year of them is looked through when the first page opens. */
export class RestoreProofs {
  private readonly runs: RunRegistry
  private readonly proofs = new Map<string, Proof>()
  /** Runs that say nothing new any more. */
  private readonly done = new Set<string>()

  constructor(runs: RunRegistry) {
    this.runs = runs
  }

  async read(): Promise<ReadonlyMap<string, Proof>> {
    for (const id of await this.ids()) {
      if (this.done.has(id)) continue
      const record = await this.runs.get(id).catch(() => null)
      if (!record) continue
      // One that failed, or was cancelled, may be taken up again and succeed.
      if (!restores.includes(record.kind) || record.state === 'succeeded') this.done.add(id)
      for (const proof of proofsOf(record))
        if ((this.proofs.get(proof.name)?.at ?? '') < proof.at) this.proofs.set(proof.name, proof)
    }
    return this.proofs
  }

  private async ids(): Promise<string[]> {
    const folder = join(this.runs.home, 'runs')
    try {
      return (await readdir(folder)).filter(isRunId)
    } catch (err) {
      // No run yet. Anything else is told: else it would read as if nothing had ever been proven.
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw fromFsError(err, 'overview', folder)
    }
  }
}
