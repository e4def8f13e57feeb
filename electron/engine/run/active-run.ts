import type { Problem } from '../../../shared/run.ts'
import type { Journal } from './journal.ts'
import type { ProgressPatch } from './run-progress.ts'
import type { StoredRun } from './stored-run.ts'

/** What a person typed for a run that asked. It may be a secret: it is kept nowhere and never logged. */
export type RunAnswer = {
  /** The id of the question it was typed for: the run may ask another by now. */
  question: string
  text: string
  /** Whether it must not show anywhere. */
  hidden: boolean
}

/** A run as seen by the code that does its work. */
export type ActiveRun = {
  readonly id: string
  /** The run's own folder; the body may keep files of its own in it. */
  readonly folder: string
  /** A folder in there for what serves only to go on with it: removed once the run has succeeded. */
  readonly scratch: string
  /** Fires when the run is cancelled; its reason is a `RunCancelled` that says by whom. */
  readonly signal: AbortSignal
  /** Whether this goes on with a run that an earlier process began; its journal then holds what is durable. */
  readonly resumed: boolean
  readonly journal: Journal
  /** The record as it is now. */
  readonly record: StoredRun
  /** What the journal holds so far, from its beginning. */
  readJournal(): AsyncGenerator<unknown, void, undefined>
  /** To be called between two pieces of work: waits while the run is paused, throws the reason when it is cancelled. */
  checkpoint(): Promise<void>
  /** Notes something that did not go as asked; the run goes on and ends as succeeded with problems. */
  problem(problem: Problem): void
  /** One line for `log.txt`; secrets that the masker knows are masked. */
  log(line: string): void
  /** Absolute values; counters never go back unless `restart` says that the work begins again. */
  progress(patch: ProgressPatch, options?: { restart?: boolean }): void
  /** Calls `listener` with bytes per second (null: none) when the limit is changed from outside, and at once if it was. */
  onLimit(listener: (bytesPerSecond: number | null) => void): void
  /**
   * Calls `listener` with what a person answers to a question that the run has shown. Its failure is theirs to see.
   * Without a listener every answer is refused.
   */
  onAnswer(listener: (answer: RunAnswer) => Promise<void>): void
  /** A fresh signal for cleaning up after a cancel; fires when the time for that is over. */
  cleanupSignal(): AbortSignal
}
