import { z } from 'zod'
import { cancellers, runKinds, runStates } from '../run.ts'
import { count, decryptWith, failure, nothing, runId, utc } from './common.ts'
import { event, method } from './method.ts'

const problem = z.object({ code: z.string(), subject: z.string(), detail: z.string() })

const progress = z.object({
  phase: z.string(),
  bytes: count,
  /** null is unknown, 0 is zero. */
  total: count.nullable(),
  files: count,
  /** Bytes taken from the server and not acknowledged yet; goes up and down, and only a live restore has it. */
  received: count.optional(),
  servers: z
    .record(
      z.string(),
      z.object({ bytes: count, state: z.enum(['active', 'waiting', 'dropped', 'done', 'failed']) }),
    )
    .optional(),
  stalled: z.string().optional(),
  /** It waits for an answer of a person; only beside `stalled`. */
  asks: z.literal(true).exactOptional(),
})

/** A run as it stands. `seq` rises with every change of one run: keep the newest. */
export const runSnapshot = z.object({
  id: runId,
  kind: z.enum(runKinds),
  state: z.enum(runStates),
  about: z.string(),
  started: utc,
  ended: utc.nullable(),
  problems: count,
  firstProblems: z.array(problem),
  progress,
  /** When each phase began, oldest first; each lasts until the next. Left out in long lists and by earlier versions. */
  phases: z.array(z.object({ name: z.string(), from: utc })).exactOptional(),
  /** Who started it, or took it up last. */
  origin: z.object({ user: z.string(), host: z.string(), version: z.string() }).exactOptional(),
  failure: failure.nullable(),
  /** Of a cancelled run: a person, or the end of the process that worked on it. */
  cancelledBy: z.enum(cancellers).exactOptional(),
  /** The command's options without secrets; shape belongs to the kind. */
  options: z.unknown(),
  outcome: z.unknown(),
  seq: count,
  /** The plan it executes, when it was started for one. */
  plan: z.string().nullable(),
  /** Whether it runs in the process that answers here. */
  here: z.boolean(),
  /** Bytes per second over all servers; null for no limit or when it is not known. */
  limit: z.int().positive().nullable(),
})
export type RunSnapshot = z.infer<typeof runSnapshot>

const ledgerLine = z.object({
  path: z.string(),
  action: z.enum(['create', 'replace', 'same', 'leave', 'refuse', 'failed']),
  kind: z.string(),
  size: count,
  detail: z.string().optional(),
})

export const runContract = {
  /**
   * All runs, newest first, from `from` on. May give fewer than `limit` when they are large, and those without options,
   * outcome and problems; ask on from `from` + runs + unreadable until `total`.
   */
  'run.list': method(
    z.object({ from: count.default(0), limit: z.int().min(1).max(10_000).default(2000) }),
    z.object({
      runs: z.array(runSnapshot),
      total: count,
      unreadable: z.array(z.object({ id: z.string(), detail: z.string() })),
    }),
  ),
  'run.get': method(z.object({ runId }), runSnapshot),
  'run.pause': method(z.object({ runId }), nothing),
  /** Lets a paused run go on. */
  'run.continue': method(z.object({ runId }), nothing),
  /** The run ends some time later; what is confirmed is kept. */
  'run.cancel': method(z.object({ runId }), nothing),
  'run.limit': method(z.object({ runId, bytesPerSecond: z.int().positive().nullable() }), nothing),
  /** Takes up an interrupted, failed or cancelled run in this process. */
  'run.resume': method(z.object({ runId, secret: decryptWith.optional() }), z.object({ runId })),
  /** Lines of the run's log from a byte offset on; `next` is where to ask again. At most 256 KiB at once. */
  'run.log': method(
    z.object({ runId, from: count.default(0) }),
    z.object({ text: z.string(), next: count, size: count }),
  ),
  'run.problems': method(
    z.object({ runId, from: count.default(0), limit: z.int().min(1).max(1000).default(200) }),
    z.object({ problems: z.array(problem), total: count }),
  ),
  /** The ledger of a restore, a page of it; `actions` filters. */
  'run.ledger': method(
    z.object({
      runId,
      from: count.default(0),
      limit: z.int().min(1).max(1000).default(200),
      actions: z.array(z.enum(['create', 'replace', 'same', 'leave', 'refuse', 'failed'])).default([]),
    }),
    z.object({ lines: z.array(ledgerLine), total: count }),
  ),
  /** At most four times a second per run, and once at its end. Runs of other processes too. */
  'run.changed': event(runSnapshot),
  /** Records of old runs were removed: who shows the list asks again. */
  'run.removed': event(nothing),
}
