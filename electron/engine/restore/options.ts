import { z } from 'zod'

/** What a restore is to do: kept in the run's record so that a resume needs nobody to repeat it. No secret in it. */
export const restoreOptions = z.object({
  /** `NAME@STAMP`; `latest` has been resolved. */
  point: z.string(),
  server: z.string(),
  /** Absolute folder; null restores to where it came from. */
  into: z.string().nullable(),
  /** GLOBs; empty for everything. */
  only: z.array(z.string()),
  overwrite: z.enum(['never', 'older', 'different', 'always']),
  fullPaths: z.boolean(),
  numericIds: z.boolean(),
  /** Also restore setuid and setgid bits of files, and device nodes; needs root. */
  special: z.boolean(),
  limit: z.int().positive().nullable(),
})

export type RestoreOptions = z.infer<typeof restoreOptions>

/** What is done, or would be done, with one entry: a line of the ledger. */
export type LedgerLine = {
  path?: string
  pathBase64?: string
  /**
   * `create` and `replace` end as restored; `same`: there already, equal; `leave`: something stands there and the
   * policy keeps it; `refuse`: writing it would be unsafe; `failed`: see the detail.
   */
  action: 'create' | 'replace' | 'same' | 'leave' | 'refuse' | 'failed'
  kind: string
  size: number
  detail?: string
}

/** `damaged` are those of `failed` whose content is not what it was; `bytes` are written and checked. */
export type RestoreCounts = {
  created: number
  replaced: number
  same: number
  left: number
  refused: number
  failed: number
  damaged: number
  files: number
  bytes: number
}
export type RestoreOutcome = {
  point: string
  server: string
  /** Folder that entry paths are relative to. */
  target: string
  counts: RestoreCounts
  /** A file of `LedgerLine`s, one per entry, in the run's folder. */
  ledger: string
}
