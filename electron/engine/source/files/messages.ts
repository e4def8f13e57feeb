import type { RawPath } from '../../archive/raw-path.ts'
import type { ResumePoint, TarBlock } from './block-filler.ts'

/** What the worker that reads a source is started with. */
export type SourceJob = {
  base: RawPath
  roots: RawPath[]
  excludes: string[]
  /** Raw absolute paths that are never entered: where the backup goes, and the state folder. */
  never: RawPath[]
  /** Whether to find out what the whole comes to, in the time that reading leaves. */
  estimate: boolean
}

export type ToWorker =
  /**
   * Begin to read. `buffers` is memory that both sides see; the worker fills one at a time, and may again once it is
   * told that it is free.
   */
  | { is: 'read'; buffers: SharedArrayBuffer[]; resume: ResumePoint | null }
  /** Comes once; no entry is read before: attributes are collected while the worker starts. */
  | { is: 'xattrs'; xattrs: Map<RawPath, Record<string, string>> }
  | { is: 'free'; slot: number }

export type FromWorker =
  | ({ is: 'block'; slot: number; length: number } & Omit<TarBlock, 'bytes'>)
  | { is: 'end' }
  | ({ is: 'estimate' } & Estimate)

export type Estimate = { bytes: number; files: number }
