import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
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

/**
 * What a restore proved. It proves something when it succeeded, took all of the point, and left, refused or failed
 * nothing of it; null else.
 */
export function proofOf({ id, kind, state, started, ended, options: raw, outcome }: StoredRun): Proof | null {
  if (kind !== 'restore' || state !== 'succeeded' || ended === null) return null
  const asked = options.safeParse(raw)
  const done = counts.safeParse(outcome)
  if (!asked.success || asked.data.only.length > 0 || !done.success) return null
  if (Object.values(done.data.counts).some(count => count > 0)) return null
  const ms = Math.max(0, Date.parse(ended) - Date.parse(started))
  return { name: parsePoint(asked.data.point).plan, at: ended, ms, runId: id }
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
      if (record.kind !== 'restore' || record.state === 'succeeded') this.done.add(id)
      const proof = proofOf(record)
      if (proof && (this.proofs.get(proof.name)?.at ?? '') < proof.at) this.proofs.set(proof.name, proof)
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
