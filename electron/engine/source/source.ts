import type { Problem } from '../../../shared/run.ts'
import type { Cursor } from './files/block-filler.ts'

/** What a backup reads: a stream cut into blocks of `blockBytes`, the last one shorter. */
export type Source = {
  /** `tar`: a tar stream with many entries; `stream`: the bytes of one entry. */
  readonly layout: 'tar' | 'stream'
  /**
   * Reads from the beginning, or from where `resume` says; `since` is when the run began, ms since 1970 UTC. Blocks come in order; a few are read ahead.
   * Throws EngineError `local.…`; what concerns a single entry is a problem of a block instead.
   */
  blocks(options: {
    signal: AbortSignal
    resume?: { block: number; cursor: Cursor; since: number }
  }): AsyncGenerator<SourceBlock>
  /** Bytes and files to expect, for progress; null when nobody can know or it was told to stop. May take as long as it likes. */
  estimate(signal: AbortSignal): Promise<{ bytes: number; files: number } | null>
  /** Ends whatever it has started, also when nothing was ever read. */
  close(): Promise<void>
}

export type SourceBlock = {
  index: number
  bytes: Uint8Array
  /** Of `bytes`, also after they have been released. */
  length: number
  /** Where the next block goes on; null where a source cannot be taken up again. */
  cursor: Cursor | null
  /** Lines of the entry list for what became complete, each with its line end, in UTF-8. */
  entries: Uint8Array
  counts: { entries: number; files: number; sockets: number }
  problems: Problem[]
  /** Gives the memory of `bytes` back; nobody may read them afterwards. */
  release(): void
}
