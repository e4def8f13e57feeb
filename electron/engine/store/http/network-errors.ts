import type { FailureCode } from '../../../../shared/failure.ts'
import { EngineError, isAbort } from '../../engine-error.ts'
import { ProxyError } from './proxy-error.ts'

const byErrno: Record<string, FailureCode> = {
  ENOTFOUND: 'network.unknown-host',
  EAI_AGAIN: 'network.unknown-host',
  EAI_FAIL: 'network.unknown-host',
  EAI_NODATA: 'network.unknown-host',
  EAI_NONAME: 'network.unknown-host',
  ECONNREFUSED: 'network.unreachable',
  EHOSTUNREACH: 'network.unreachable',
  EHOSTDOWN: 'network.unreachable',
  ENETUNREACH: 'network.unreachable',
  ENETDOWN: 'network.unreachable',
  EADDRNOTAVAIL: 'network.unreachable',
  ECONNRESET: 'network.interrupted',
  ECONNABORTED: 'network.interrupted',
  ENETRESET: 'network.interrupted',
  EPIPE: 'network.interrupted',
  ERR_STREAM_PREMATURE_CLOSE: 'network.interrupted',
  ERR_STREAM_DESTROYED: 'network.interrupted',
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'network.interrupted',
  ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC: 'network.interrupted',
}

/** What OpenSSL says of a certificate, in words. Codes that are not here begin with one of `certificateFamilies`. */
const certificateReasons: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the authority behind its certificate is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority behind its certificate is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the authority behind its certificate is not known here',
  CERT_HAS_EXPIRED: 'its certificate has expired (or the clock here is wrong)',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (or the clock here is wrong)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  HOSTNAME_MISMATCH: 'its certificate is for another name',
}
const certificateFamilies =
  /^(CERT_|CRL_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT)/

/**
 * What an error of a socket, of DNS, of TLS or of a proxy means; null when it is none of these. Wrapped errors are
 * looked into. `subject` is the server without secrets.
 */
export function fromNetworkError(err: unknown, during: string, subject: string): EngineError | null {
  if (err instanceof EngineError) return err
  if (isAbort(err)) return new EngineError('cancelled', during, { subject, cause: err })
  for (const each of unwrapped(err)) {
    const found = look(each)
    if (found) return new EngineError(found.code, during, { subject, detail: found.detail, cause: err })
  }
  return null
}

function look(err: {
  code?: unknown
  syscall?: unknown
  message?: unknown
}): { code: FailureCode; detail: string } | null {
  if (err instanceof ProxyError) return { code: 'network.proxy', detail: err.message }
  const code = typeof err.code === 'string' ? err.code : ''
  const reason = certificateReasons[code]
  if (reason !== undefined) return { code: 'trust.certificate', detail: `${reason} (${code})` }
  if (certificateFamilies.test(code)) return { code: 'trust.certificate', detail: code }
  // Made while connecting, or reported much later on a connection that had stood: two different things.
  if (code === 'ETIMEDOUT') {
    return { code: err.syscall === 'connect' ? 'network.unreachable' : 'network.interrupted', detail: code }
  }
  const known = byErrno[code]
  if (known !== undefined) return { code: known, detail: code }
  if (code.startsWith('HPE_'))
    return { code: 'remote.wrong-answer', detail: `what answers there is no HTTP (${code})` }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return { code: 'remote.unsupported', detail: `no TLS connection could be agreed on (${code})` }
  }
  return err.message === 'socket hang up' ? { code: 'network.interrupted', detail: 'socket hang up' } : null
}

/** The error, its causes and, for several addresses of one host, the error of each. */
function* unwrapped(err: unknown): Generator<{ code?: unknown; syscall?: unknown; message?: unknown }> {
  let at = err
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    yield at
    if (at instanceof AggregateError)
      for (const one of at.errors) if (typeof one === 'object' && one) yield one as object
    at = (at as { cause?: unknown }).cause
  }
}
