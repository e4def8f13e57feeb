import type { FailureCode } from '../../../../shared/failure.ts'
import { EngineError } from '../../engine-error.ts'

/** Status codes of SFTP version 3. */
export const status = {
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const

const byStatus: Readonly<Record<number, FailureCode>> = {
  [status.eof]: 'network.interrupted',
  [status.noSuchFile]: 'remote.not-found',
  [status.permissionDenied]: 'auth.denied',
  [status.failure]: 'remote.failed',
  [status.badMessage]: 'remote.wrong-answer',
  [status.noConnection]: 'network.interrupted',
  [status.connectionLost]: 'network.interrupted',
  [status.unsupported]: 'remote.unsupported',
}

/** The status a server answered with; null for errors that are none. */
export function statusOf(err: unknown): number | null {
  if (err instanceof EngineError) return statusOf(err.cause)
  const code = (err as { code?: unknown } | null | undefined)?.code
  return typeof code === 'number' ? code : null
}

/** The one table from an SFTP status to a code. `remote.failed` may still mean a full disk: see `SftpSession.explain`. */
export function fromSftpError(err: unknown, during: string, subject: string): EngineError {
  if (err instanceof EngineError) return err
  const code = statusOf(err)
  const detail = err instanceof Error ? err.message : String(err)
  if (code !== null)
    return new EngineError(byStatus[code] ?? 'remote.failed', during, { subject, detail, cause: err })
  // What ssh2 answers outstanding requests with when the channel or the connection ends.
  if (/^No response from server|^Not connected/.test(detail))
    return new EngineError('network.interrupted', during, {
      subject,
      detail: 'the connection ended',
      cause: err,
    })
  return new EngineError('remote.wrong-answer', during, { subject, detail, cause: err })
}
