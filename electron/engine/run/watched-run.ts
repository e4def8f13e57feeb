import type { RunAnswer } from './active-run.ts'
import type { StoredRun } from './stored-run.ts'

/** A run as seen from outside: the same for one in this process and for one in another. */
export type WatchedRun = {
  readonly id: string
  /**
   * The record now, and again whenever it has changed, at most four times a second; the last has `ended` set or is
   * `interrupted`. A slow reader misses some in between. Stops early, without an error, when `signal` fires.
   */
  snapshots(signal?: AbortSignal): AsyncGenerator<StoredRun, void, undefined>
  /** Each of these throws `run.conflict` when the run is not under way; asking for what is so already is no error. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Resolves when the run knows; it ends some time later. */
  cancel(): Promise<void>
  /** Bytes per second over all servers; null lifts the limit. */
  setLimit(bytesPerSecond: number | null): Promise<void>
  /** Answers a question that the run has shown; also refused when it waits for another by now. */
  answer(answer: RunAnswer): Promise<void>
}
