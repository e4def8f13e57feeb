import type { RawPath } from '../../archive/raw-path.ts'
import type { Cursor, TarBlock } from './block-filler.ts'

/** What the worker that reads a source is started with. */
export type SourceJob = {
  task: 'read' | 'estimate'
  base: RawPath
  roots: RawPath[]
  excludes: string[]
  /** Raw absolute paths that are never entered: where the backup goes, and the state folder. */
  never: RawPath[]
  xattrs: Map<RawPath, Record<string, string>>
  resume?: { block: number; cursor: Cursor }
}

export type ToWorker = { buffer: ArrayBuffer }

export type FromWorker =
  | ({ is: 'block'; buffer: ArrayBuffer; length: number } & Omit<TarBlock, 'bytes'>)
  | { is: 'end' }
  | { is: 'estimate'; bytes: number; files: number }
