import { failureCopy } from '../../../shared/failure-copy.ts'
import { EngineError } from '../engine-error.ts'

/**
 * What went wrong, as one line for a log that people read: words first, the code behind them. A fault of Drydock
 * itself, or of nobody knows whom, keeps its stack.
 */
export function failureLine(err: unknown): string {
  if (!(err instanceof EngineError) || err.code === 'internal')
    return err instanceof Error ? (err.stack ?? err.message) : String(err)
  const { code, subject, cause } = err
  const detail = err.detail ?? (cause instanceof Error ? cause.message : undefined)
  const { happened } = failureCopy[code]
  return `${subject === undefined ? '' : `${subject}: `}${happened}${detail === undefined ? '' : `: ${detail}`} (${code})`
}
