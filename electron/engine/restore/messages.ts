import type { DecryptWith } from '../archive/age/key.ts'
import type { BackupFile } from '../archive/manifest.ts'
import type { RawPath } from '../archive/raw-path.ts'
import type { RestoreCounts, RestoreOptions } from './options.ts'

/** What the worker that writes a restore is started with. */
export type RestoreJob = {
  /** Fetched entry list and the file it belongs to. */
  list: string
  file: BackupFile
  secret: DecryptWith | undefined
  options: RestoreOptions
  /** Raw absolute path of the target folder. */
  target: RawPath
  prefix: RawPath
  /** Bytes of content there are. */
  content: number
  /** The run's folder, for plan and ledger. */
  folder: string
  /** Part of the names of unfinished files. */
  runId: string
  /** Where an earlier process got to; absent when the plan is still to be made. */
  resume?: Reached
}

/** How far a restore has come: file number `ordinal` of the plan, `done` bytes of it, the ledger up to `ledgerBytes`. */
export type Reached = { ordinal: number; done: number; ledgerBytes: number; counts: RestoreCounts }

export type ToRestoreWorker =
  | { is: 'go' }
  | { is: 'block'; index: number; buffer: ArrayBuffer; length: number }
  | { is: 'damaged'; index: number; detail: string }
  | { is: 'no-more' }

export type FromRestoreWorker =
  /** The plan stands: `bytes` of content will be written, at least `room` of them take room; where the first entry lands. */
  | { is: 'planned'; bytes: number; room: number; first: string | null; counts: RestoreCounts }
  /** The worker wants the blocks of a plan file from here on, and then `no-more`. */
  | { is: 'start'; plan: string; ordinal: number; done: number }
  | ({ is: 'at' } & Reached)
  /** A block has been used up. */
  | { is: 'took' }
  | {
      is: 'problem'
      code: 'target.failed' | 'target.refused' | 'target.attribute' | 'data.damaged'
      path: RawPath
      detail: string
    }
  | { is: 'end'; counts: RestoreCounts }

export const noCounts = (): RestoreCounts => ({
  created: 0,
  replaced: 0,
  same: 0,
  left: 0,
  refused: 0,
  failed: 0,
  damaged: 0,
  files: 0,
  bytes: 0,
})

/** Files of a restore in the run's folder. */
export const planFile = 'plan.txt'
export const lateFile = 'late.txt'
export const foldersFile = 'folders.txt'
export const ledgerFile = 'ledger.jsonl'
/** Files that have to be restored once more. */
export const againFile = 'again.txt'
