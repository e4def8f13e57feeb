import type { Failure, FailureCode } from '../../shared/failure.ts'
import { retryOf } from '../../shared/failure.ts'

/** The one error type of the engine. `detail` is a sentence people may read; it never holds a secret. */
export class EngineError extends Error {
  readonly code: FailureCode
  readonly during: string
  readonly subject: string | undefined
  readonly detail: string | undefined
  /** Least time in ms before a retry, when the server named one (`Retry-After`). */
  readonly retryAfterMs: number | undefined

  constructor(
    code: FailureCode,
    during: string,
    options: { subject?: string; detail?: string; cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(
      `${code} during ${during}${options.subject ? ` (${options.subject})` : ''}${options.detail ? `: ${options.detail}` : ''}`,
      {
        cause: options.cause,
      },
    )
    this.name = 'EngineError'
    this.code = code
    this.during = during
    this.subject = options.subject
    this.detail = options.detail
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Whether `err` is the abort of a signal rather than a fault. */
export function isAbort(err: unknown): boolean {
  if (err instanceof EngineError) return err.code === 'cancelled'
  return (
    err instanceof Error && (err.name === 'AbortError' || (err as { code?: string }).code === 'ABORT_ERR')
  )
}

/** Flattens any error to data for an edge. The original belongs in the log before this is called. */
export function toFailure(err: unknown, during: string): Failure {
  if (err instanceof EngineError) {
    return {
      code: err.code,
      during: err.during,
      ...(err.subject === undefined ? {} : { subject: err.subject }),
      ...(err.detail === undefined ? {} : { detail: err.detail }),
      retry: retryOf(err.code),
    }
  }
  if (isAbort(err)) return { code: 'cancelled', during, retry: 'never' }
  return {
    code: 'internal',
    during,
    detail: err instanceof Error ? `${err.name}: ${err.message}` : 'unknown error',
    retry: 'never',
  }
}

const localCodes: Record<string, FailureCode> = {
  ENOENT: 'local.not-found',
  ENOTDIR: 'local.not-found',
  EACCES: 'local.denied',
  EPERM: 'local.denied',
  EROFS: 'local.denied',
  ENOSPC: 'local.full',
  EDQUOT: 'local.full',
  EFBIG: 'local.full',
}

/** Maps an error of `node:fs` to a code of the `local.` family; anything that is not one becomes `local.io`. */
export function fromFsError(err: unknown, during: string, subject: string): EngineError {
  if (err instanceof EngineError) return err
  if (isAbort(err)) return new EngineError('cancelled', during, { subject, cause: err })
  const errno = (err as { code?: string }).code ?? ''
  return new EngineError(localCodes[errno] ?? 'local.io', during, {
    subject,
    detail: errno || String(err),
    cause: err,
  })
}
