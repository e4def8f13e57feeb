import type { FailureCode } from '../../../../shared/failure.ts'
import { EngineError, isAbort } from '../../engine-error.ts'
import { fromNetworkError } from '../http/network-errors.ts'

/** What the service's error codes mean here. Those that are not listed go by their status. */
const byErrorCode: Record<string, FailureCode> = {
  AuthenticationFailed: 'auth.rejected',
  InvalidAuthenticationInfo: 'auth.rejected',
  NoAuthenticationInformation: 'auth.rejected',
  AccountIsDisabled: 'auth.denied',
  AuthorizationFailure: 'auth.denied',
  AuthorizationPermissionMismatch: 'auth.denied',
  AuthorizationProtocolMismatch: 'auth.denied',
  AuthorizationResourceTypeMismatch: 'auth.denied',
  AuthorizationServiceMismatch: 'auth.denied',
  AuthorizationSourceIPMismatch: 'auth.denied',
  BlobImmutableDueToPolicy: 'auth.denied',
  InsufficientAccountPermissions: 'auth.denied',
  KeyBasedAuthenticationNotPermitted: 'auth.denied',
  LeaseIdMissing: 'auth.denied',
  PublicAccessNotPermitted: 'auth.denied',
  ContainerBeingDeleted: 'remote.no-container',
  ContainerDisabled: 'remote.no-container',
  ContainerNotFound: 'remote.no-container',
  ResourceNotFound: 'remote.no-container',
  BlobNotFound: 'remote.not-found',
  BlobAlreadyExists: 'remote.exists',
  ConditionNotMet: 'remote.exists',
  InvalidBlobType: 'remote.exists',
  InvalidRange: 'data.missing',
  InvalidBlockList: 'data.missing',
  // The bytes were damaged on their way; sent again they can arrive whole.
  Md5Mismatch: 'network.interrupted',
  Crc64Mismatch: 'network.interrupted',
  IncompleteBody: 'network.interrupted',
  AccountBeingCreated: 'network.throttled',
  ServerBusy: 'network.throttled',
  TooManyRequests: 'network.throttled',
  InternalError: 'remote.failed',
  OperationTimedOut: 'remote.failed',
  BlockCountExceedsLimit: 'remote.limit',
  BlockListTooLong: 'remote.limit',
  RequestBodyTooLarge: 'remote.limit',
  BlobArchived: 'remote.unsupported',
  FeatureVersionMismatch: 'remote.unsupported',
  InvalidHeaderValue: 'remote.unsupported',
  InvalidResourceName: 'input.invalid',
  InvalidUri: 'input.invalid',
}

const byStatus: Record<number, FailureCode> = {
  401: 'auth.rejected',
  403: 'auth.denied',
  404: 'remote.not-found',
  407: 'network.proxy',
  412: 'remote.exists',
  413: 'remote.limit',
  416: 'data.missing',
  429: 'network.throttled',
  503: 'network.throttled',
}

/** The service refuses requests whose time is 15 minutes off. */
const skewLimitMs = 14 * 60_000

type ErrorContext = {
  during: string
  subject: string
  signal: AbortSignal | undefined
  /** `se` of the SAS token in ms since 1970; null without one. */
  sasExpires: number | null
  now: number
}

/** One table for all that the SDK throws. Neither its message nor its request is kept: URLs hold the SAS token. */
export function fromAzureError(err: unknown, context: ErrorContext): EngineError {
  const { during, subject, signal } = context
  if (err instanceof EngineError) return err
  if (signal?.aborted) return new EngineError('cancelled', during, { subject, cause: signal.reason })
  if (isAbort(err)) {
    // Nobody here asked for it: so the SDK calls a body whose connection was lost.
    return new EngineError('network.interrupted', during, { subject, detail: 'the answer broke off' })
  }
  const seen = look(err)
  if (seen.status === null) return withoutAnswer(err, seen, context)
  const code = codeOf(seen)
  const detail = `${seen.errorCode || 'HTTP'} (${seen.status})`
  const cause = new Error(
    `the server answered ${detail}${seen.requestId ? `, request ${seen.requestId}` : ''}`,
  )
  const told = code === 'auth.rejected' || code === 'auth.denied' ? whyRefused(seen, code, context) : null
  if (told) return new EngineError(told.code, during, { subject, detail: told.detail, cause })
  const wait = seen.retryAfterMs === null ? {} : { retryAfterMs: seen.retryAfterMs }
  return new EngineError(code, during, { subject, detail, cause, ...wait })
}

function codeOf({ status, errorCode, message }: Seen): FailureCode {
  // Azurite says `AuthorizationFailure` where the service says `AuthenticationFailed`; the sentence is the same.
  if (status === 403 && /failed to authenticate/i.test(message)) return 'auth.rejected'
  return (
    byErrorCode[errorCode] ??
    byStatus[status ?? 0] ??
    ((status ?? 0) >= 500 ? 'remote.failed' : 'remote.wrong-answer')
  )
}

/** The service does not say it plainly when only a clock or a date is to blame. */
function whyRefused(
  seen: Seen,
  code: FailureCode,
  { sasExpires, now }: ErrorContext,
): { code: FailureCode; detail: string } | null {
  const skew = seen.date === null ? 0 : now - seen.date
  if (code === 'auth.rejected' && Math.abs(skew) > skewLimitMs) {
    const minutes = Math.round(Math.abs(skew) / 60_000)
    const side = skew > 0 ? 'ahead of' : 'behind'
    return { code: 'auth.clock-skew', detail: `the clock here is ${minutes} minutes ${side} the server's` }
  }
  // By the server's clock, if it tells.
  if (sasExpires === null || sasExpires > (seen.date ?? now)) return null
  return { code: 'auth.rejected', detail: `the SAS token expired on ${new Date(sasExpires).toISOString()}` }
}

/** Whether the service said that there is no such blob (and not that the container is missing). */
export const isBlobNotFound = (err: unknown): boolean => {
  const seen = look(err)
  return seen.status === 404 && (seen.errorCode === 'BlobNotFound' || seen.errorCode === '')
}

export const errorCodeOf = (err: unknown): string => look(err).errorCode

function withoutAnswer(err: unknown, seen: Seen, { during, subject }: ErrorContext): EngineError {
  // The SDK copies a network error's code and message, and the error that held them is gone.
  if (seen.errorCode === 'EPROXY') {
    return new EngineError('network.proxy', during, { subject, detail: seen.message })
  }
  const network = fromNetworkError({ code: seen.errorCode, message: seen.message }, during, subject)
  if (network) {
    return new EngineError(network.code, during, {
      subject,
      ...(network.detail === undefined ? {} : { detail: network.detail }),
      cause: new Error(seen.errorCode),
    })
  }
  if (/received less data than required|aborted|reading response as text/i.test(seen.message)) {
    return new EngineError('network.interrupted', during, { subject, detail: 'the answer broke off' })
  }
  if (seen.errorCode === 'PARSE_ERROR' || /received more data|XML|parse/i.test(seen.message)) {
    return new EngineError('remote.wrong-answer', during, {
      subject,
      detail: 'the answer cannot be understood',
    })
  }
  const name = err instanceof Error ? err.name : typeof err
  return new EngineError('internal', during, {
    subject,
    detail: `${name} ${seen.errorCode}`.trim(),
    cause: new Error(scrub(seen.message)),
  })
}

type Seen = {
  status: number | null
  errorCode: string
  message: string
  date: number | null
  retryAfterMs: number | null
  requestId: string | null
}

function look(err: unknown): Seen {
  const { code, message, statusCode, response } = (typeof err === 'object' && err !== null ? err : {}) as {
    code?: unknown
    message?: unknown
    statusCode?: unknown
    response?: { status?: unknown; headers?: { get(name: string): string | undefined } }
  }
  const header = (name: string) => response?.headers?.get(name)
  const status = typeof statusCode === 'number' ? statusCode : response?.status
  const date = Date.parse(header('date') ?? '')
  return {
    status: typeof status === 'number' ? status : null,
    errorCode: header('x-ms-error-code') ?? (typeof code === 'string' ? code : ''),
    message: typeof message === 'string' ? message : '',
    date: Number.isNaN(date) ? null : date,
    retryAfterMs: retryAfter(
      header('retry-after'),
      header('x-ms-retry-after-ms') ?? header('retry-after-ms'),
    ),
    requestId: header('x-ms-request-id') ?? null,
  }
}

function retryAfter(seconds: string | undefined, ms: string | undefined): number | null {
  if (ms !== undefined && /^\d{1,9}$/.test(ms)) return Number(ms)
  if (seconds === undefined) return null
  if (/^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000
  const until = Date.parse(seconds)
  return Number.isNaN(until) ? null : Math.max(0, until - Date.now())
}

const scrub = (text: string): string =>
  text.replace(/https?:\/\/\S+/g, '<url>').replace(/sig=[^&\s]*/gi, 'sig=…')
