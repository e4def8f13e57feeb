import { z } from 'zod'
import { failureCodes } from '../../../shared/failure.ts'
import type { Problem, RunRecord } from '../../../shared/run.ts'
import { cancellers, runKinds, runStates } from '../../../shared/run.ts'
import { processIdentity } from '../state/process-identity.ts'

/** Where a run listens while it is under way, and who it is. `path` is a Unix socket or a named pipe. */
export const controlAddress = processIdentity.extend({ path: z.string().min(1).max(400) })
export type ControlAddress = z.infer<typeof controlAddress>

/**
 * What `run.json` holds: the record, and how to reach the run. `control` is null once it has ended; an interrupted
 * run still names where it listened.
 */
export type StoredRun = RunRecord & { control: ControlAddress | null }

/** How many problems a record carries itself; all of them are in `problems.jsonl`. */
export const firstProblemCount = 20

/**
 * How far `seq` jumps when a run is found interrupted, and again when it is resumed: further than watchers can be
 * ahead of the last record that reached the disk, so that what they see next is newer to them.
 */
export const seqGap = 1000

/** Largest `run.json` that is read, bytes. */
export const maxRecordBytes = 4 * 1024 * 1024

const text = z.string().max(64 * 1024)
const counter = z.number().nonnegative()

const problem = z.object({
  // Codes of a newer version are no reason to hide a run.
  code: text.transform(code => code as Problem['code']),
  subject: text,
  detail: text,
})

const failure = z.object({
  code: z.enum(failureCodes).catch('internal'),
  during: text,
  subject: text.exactOptional(),
  detail: text.exactOptional(),
  retry: z.enum(['now', 'after-fix', 'never']),
})

const progress = z.object({
  phase: text,
  bytes: counter,
  total: counter.nullable(),
  files: counter,
  received: counter.exactOptional(),
  servers: z
    .record(
      z.string(),
      z.object({ bytes: counter, state: z.enum(['active', 'waiting', 'dropped', 'done', 'failed']) }),
    )
    .exactOptional(),
  stalled: text.exactOptional(),
  asks: z.literal(true).exactOptional(),
})

const phase = z.object({ name: text, from: z.iso.datetime() })
const origin = z.object({ user: text, host: text, version: text })

export const storedRun = z.object({
  id: z.string().max(100),
  kind: z.enum(runKinds),
  state: z.enum(runStates),
  about: text,
  started: z.iso.datetime(),
  ended: z.iso.datetime().nullable(),
  problems: z.number().int().nonnegative(),
  firstProblems: z.array(problem).max(firstProblemCount),
  progress,
  phases: z.array(phase).exactOptional(),
  origin: origin.exactOptional(),
  failure: failure.nullable(),
  cancelledBy: z.enum(cancellers).exactOptional(),
  options: z.unknown(),
  outcome: z.unknown(),
  seq: z.number().int().nonnegative(),
  control: controlAddress.nullable(),
}) satisfies z.ZodType<StoredRun>

/** Whether a record says that a process works on it. */
export function isUnderWay(record: Pick<StoredRun, 'state'>): boolean {
  return record.state === 'running' || record.state === 'paused' || record.state === 'cancelling'
}

/** How a record reads when nobody works on it any more though it says so. */
export function asInterrupted(record: StoredRun): StoredRun {
  return { ...record, state: 'interrupted', seq: record.seq + seqGap }
}
