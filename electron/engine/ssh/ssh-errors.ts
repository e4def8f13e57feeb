import type { FailureCode } from '../../../shared/failure.ts'
import { EngineError } from '../engine-error.ts'

/** What a socket says when a connection cannot be had. */
const byErrno: Readonly<Record<string, FailureCode>> = {
  ENOTFOUND: 'network.unknown-host',
  EAI_AGAIN: 'network.unknown-host',
  EAI_NODATA: 'network.unknown-host',
  EAI_NONAME: 'network.unknown-host',
  ECONNREFUSED: 'network.unreachable',
  EHOSTUNREACH: 'network.unreachable',
  EHOSTDOWN: 'network.unreachable',
  ENETUNREACH: 'network.unreachable',
  ENETDOWN: 'network.unreachable',
  ETIMEDOUT: 'network.unreachable',
  EADDRNOTAVAIL: 'network.unreachable',
  ECONNRESET: 'network.interrupted',
  ECONNABORTED: 'network.interrupted',
  EPIPE: 'network.interrupted',
}

/** `level` is how ssh2 tells where an error came from. */
type SshError = Error & { code?: string | number; level?: string; reason?: number }

/** Messages of ssh2 1.17, for failures that have neither a code nor a level of their own. */
const byMessage: readonly [pattern: RegExp, code: FailureCode, detail?: string][] = [
  [/^Timed out while waiting for handshake/, 'network.unreachable', 'no answer in time'],
  // Also what MaxStartups looks like from outside.
  [
    /^Connection lost before handshake/,
    'network.unreachable',
    'the server hung up before it said hello; it may have too many connections',
  ],
  [/^Keepalive timeout/, 'network.interrupted', 'the server stopped answering'],
  [/no matching/i, 'remote.unsupported', 'the server offers no algorithm that is safe enough'],
  [/^No response from server|^Not connected|Channel open failure: server closed/, 'network.interrupted'],
]

/** The one table from what ssh2 says while it connects, and of its connection, to a code. */
export function fromSshError(err: unknown, during: string, subject: string): EngineError {
  if (err instanceof EngineError) return err
  const error = (err instanceof Error ? err : new Error(String(err))) as SshError
  const make = (code: FailureCode, detail: string) =>
    new EngineError(code, during, { subject, detail, cause: err })
  const errno = typeof error.code === 'string' ? byErrno[error.code] : undefined
  if (errno) return make(errno, `${error.code}`)
  if (error.level === 'client-authentication') return make('auth.rejected', error.message)
  for (const [pattern, code, detail] of byMessage)
    if (pattern.test(error.message)) return make(code, detail ?? error.message)
  // A jump host that may not, or cannot, open the second leg (RFC 4254: 1 prohibited, 2 connect failed).
  if (error.reason === 1) return make('auth.denied', `the jump host refuses to forward: ${error.message}`)
  if (error.reason === 2) return make('network.unreachable', `from the jump host: ${error.message}`)
  if (error.level === 'protocol' || error.level === 'handshake')
    return make('remote.wrong-answer', error.message)
  return make('network.interrupted', error.message)
}
