import type { CancelledBy } from '../../../shared/run.ts'
import { EngineError } from '../engine-error.ts'

export type { CancelledBy }

const words = {
  operator: 'cancelled by the operator',
  shutdown: 'cancelled because Drydock was shutting down',
} as const

/** The reason of a run's abort signal: who asked. */
export class RunCancelled extends EngineError {
  readonly by: CancelledBy

  constructor(by: CancelledBy, run: string) {
    super('cancelled', 'run', { subject: run, detail: words[by] })
    this.by = by
  }
}
