import { z } from 'zod'
import { serverName } from '../server.ts'
import { count, decryptWith, localPath, pointName, runId } from './common.ts'
import { event, method } from './method.ts'

export const restoreRequest = z.object({
  point: pointName,
  server: serverName,
  /** Absolute folder on the engine's machine; null restores to where it came from. */
  into: localPath.nullable(),
  /** GLOBs over entry paths; empty for everything. */
  only: z.array(z.string().min(1).max(4096)).max(1000).default([]),
  overwrite: z.enum(['never', 'older', 'different', 'always']).default('never'),
  fullPaths: z.boolean().default(false),
  numericIds: z.boolean().default(false),
  special: z.boolean().default(false),
  limit: z.int().positive().nullable().default(null),
  secret: decryptWith.optional(),
})
export type RestoreRequest = z.input<typeof restoreRequest>

/** One line of a preflight: what was looked at, what was found, and how to mend it. */
const checkLine = z.object({
  id: z.enum([
    'server',
    'point',
    'proof',
    'secret',
    'target',
    'room',
    'conflicts',
    'names',
    'vault',
    'clock',
  ]),
  title: z.string(),
  state: z.enum(['pass', 'warn', 'stop', 'not-tried']),
  finding: z.string(),
  /** What to do about it; absent for what passes. */
  fix: z.string().optional(),
  /** Whole ms. */
  took: count,
})
export type PreflightLine = z.infer<typeof checkLine>

const preview = z.object({
  create: count,
  replace: count,
  same: count,
  leave: count,
  refuse: count,
  /** Of the entries that would be written. */
  bytes: count,
})

export const verdicts = ['GO', 'GO WITH WARNINGS', 'NO-GO'] as const
export type Verdict = (typeof verdicts)[number]

const preflight = z.object({
  verdict: z.enum(verdicts),
  lines: z.array(checkLine),
  /** What the restore would do; null when the entry list could not be read. */
  preview: preview.nullable(),
  /** Where the first entry lands. */
  lands: z.string().nullable(),
  /** The word the operator types to confirm: the target folder's own name. */
  confirm: z.string(),
  /** Stands for these very answers; `restore.start` takes it. Any change makes another. */
  token: z.string(),
})
export type Preflight = z.infer<typeof preflight>

export const restoreContract = {
  /** Checks everything a restore needs, within 30 s; each line also comes as `restore.checked` as soon as it is known. */
  'restore.preflight': method(z.object({ id: z.string().max(64), request: restoreRequest }), preflight),
  'restore.checked': event(z.object({ id: z.string(), line: checkLine })),
  /** The ledger a restore would write, a page of it. */
  'restore.preview': method(
    z.object({
      request: restoreRequest,
      from: count.default(0),
      limit: z.int().min(1).max(1000).default(200),
    }),
    z.object({
      lines: z.array(
        z.object({
          path: z.string(),
          action: z.string(),
          kind: z.string(),
          size: count,
          detail: z.string().optional(),
        }),
      ),
      more: z.boolean(),
    }),
  ),
  /**
   * Starts what the preflight found good. `run.conflict` when the token is not of a preflight of these answers with
   * a verdict other than NO-GO, `input.invalid` when the typed word is another.
   */
  'restore.start': method(
    z.object({ request: restoreRequest, token: z.string(), typed: z.string() }),
    z.object({ runId }),
  ),
}
