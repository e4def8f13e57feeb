import type { RawPath } from '../../archive/raw-path.ts'
import type { ResumePoint, TarBlock } from './block-filler.ts'

/** What the worker that reads a source is started with. */
export type SourceJob = {
  task: 'read' | 'estimate'
  base: RawPath
  roots: RawPath[]
  excludes: string[]
  /** Raw absolute paths that are never entered: where the backup goes, and the state folder. */
  never: RawPath[]
  /** Memory that both sides see; the worker fills one at a time, and may again once it is told that it is free. */
  buffers: SharedArrayBuffer[]
  resume?: ResumePoint
}

/** `xattrs` comes once, before the first entry is read: they are collected while the worker starts. */
export type ToWorker =
  { is: 'free'; slot: number } | { is: 'xattrs'; xattrs: Map<RawPath, Record<string, string>> }

export type FromWorker =
  | ({ is: 'block'; slot: number; length: number } & Omit<TarBlock, 'bytes'>)
  | { is: 'end' }
  | { is: 'estimate'; bytes: number; files: number }
