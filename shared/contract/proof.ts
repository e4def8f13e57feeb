import { z } from 'zod'
import { directorComponents, directorModes } from '../director-files.ts'
import { count, failure, pointName, runId, utc } from './common.ts'
import { fileDiff, playRecap } from './director.ts'
import { method } from './method.ts'

/** What the report of a Director restore has beside the others. */
const directorProof = z.object({
  /** Where `setup.sh` ran. */
  deployment: z.object({ name: z.string(), host: z.string(), folder: z.string() }),
  mode: z.enum(directorModes),
  /** The hosts of `master.yml`. */
  hosts: z.array(z.object({ name: z.string(), ip: z.string(), erased: z.boolean() })),
  files: z.array(
    z.object({
      component: z.enum(directorComponents),
      name: z.string(),
      bytes: count,
      /** Of the bytes on the server, as they were read for the preflight; null when they were not. */
      sha256: z.string().nullable(),
    }),
  ),
  /** What was changed in both YAML files before the script ran; secrets masked. */
  diffs: z.array(fileDiff),
  recap: z.array(playRecap),
  /** How the script ended; null when nobody saw it, or a signal ended it. */
  exit: z.int().nullable(),
  /** The script's output with secrets masked, `terminal.log` in the run's folder; null when there is none. */
  terminal: z.object({ bytes: count, sha256: z.string() }).nullable(),
  /** What the operator saw on the pages afterwards. */
  afterwards: z.array(z.object({ id: z.enum(['director', 'analytics']), ok: z.boolean(), note: z.string() })),
  /** From the start of the run to its end, or to its last sign of life; ms. */
  sinceStart: count,
  versions: z.object({ drydock: z.string(), host: z.string().nullable() }),
})
export type DirectorProof = z.infer<typeof directorProof>

/** The report of one restore: what an auditor gets. Version 1 of its shape; saved as JSON it is this. */
export const proofReport = z.object({
  format: z.literal('drydock-proof'),
  version: z.literal(1),
  runId,
  title: z.string(),
  result: z.enum(['restored', 'restored-with-problems', 'failed', 'cancelled', 'interrupted']),
  point: pointName,
  server: z.object({ name: z.string(), about: z.string() }),
  system: z.string().nullable(),
  plan: z.string().nullable(),
  target: z.object({ host: z.string(), folder: z.string() }),
  operator: z.string(),
  tool: z.string(),
  started: utc,
  ended: utc.nullable(),
  /** When the outage during which it ran was declared; null without one. */
  outage: utc.nullable(),
  measured: z.object({
    /** From the point's stamp to the outage's declaration, or to the start without an outage; ms. */
    dataLost: z.object({ ms: count, targetMs: count.nullable() }),
    /** From the outage's declaration, or from the start, to the end; ms. */
    recoveryTime: z.object({ ms: count, targetMs: count.nullable() }).nullable(),
  }),
  /** Parts of the time, in order; each begins where the one before ended. */
  phases: z.array(z.object({ name: z.string(), from: utc, to: utc })),
  counts: z.object({
    created: count,
    replaced: count,
    same: count,
    left: count,
    refused: count,
    failed: count,
    damaged: count,
    files: count,
    bytes: count,
  }),
  /**
   * Files that were asked for and do not stand there from the backup: left as they stood, refused or failed; `of…` are
   * all that were asked for, `names` the first of them. Absent when there are none, or nothing was restored.
   */
  missing: z
    .object({ files: count, bytes: count, ofFiles: count, ofBytes: count, names: z.array(z.string()) })
    .optional(),
  /** What was compared, in words, with the algorithm. */
  proven: z.array(z.string()),
  /** What nobody looked at: always at least one line. */
  notProven: z.array(z.string()),
  manifestSha256: z.string().nullable(),
  /** The first of them; `run.problems` has them all. */
  problems: z.array(z.object({ code: z.string(), subject: z.string(), detail: z.string() })),
  problemCount: count,
  failure: failure.nullable(),
  /** Of a Director restore only. Its ledger is empty: the vendor's script wrote, not Drydock. */
  director: directorProof.exactOptional(),
})
export type ProofReport = z.infer<typeof proofReport>

const proofSummary = z.object({
  runId,
  title: z.string(),
  point: z.string(),
  result: proofReport.shape.result,
  started: utc,
  ended: utc.nullable(),
  recoveryTime: z.object({ ms: count, targetMs: count.nullable() }).nullable(),
  bytes: count,
  /** Entries that were asked for and not written: left as they stood, refused or failed. */
  missing: count,
  system: z.string().nullable(),
  target: proofReport.shape.target,
})
export type ProofSummary = z.infer<typeof proofSummary>

export const proofContract = {
  /** The report of every restore that has ended, newest first. */
  'proof.list': method(z.undefined(), z.object({ proofs: z.array(proofSummary) })),
  'proof.show': method(z.object({ runId }), proofReport),
}
