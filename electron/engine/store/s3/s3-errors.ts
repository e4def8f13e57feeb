import type { FailureCode } from '../../../../shared/failure.ts'
import { EngineError } from '../../engine-error.ts'
import { fromNetworkError } from '../http/network-errors.ts'

/** What each code of the S3 API means to us. A code that is not here is judged by its HTTP status. */
const byCode: Record<string, FailureCode> = {
  InvalidAccessKeyId: 'auth.rejected',
  SignatureDoesNotMatch: 'auth.rejected',
  InvalidSecurity: 'auth.rejected',
  InvalidToken: 'auth.rejected',
  ExpiredToken: 'auth.rejected',
  ExpiredTokenException: 'auth.rejected',
  TokenRefreshRequired: 'auth.rejected',
  AuthorizationHeaderMalformed: 'auth.rejected',
  CredentialsProviderError: 'auth.secret-missing',
  AccessDenied: 'auth.denied',
  AccountProblem: 'auth.denied',
  AllAccessDisabled: 'auth.denied',
  RequestTimeTooSkewed: 'auth.clock-skew',
  RequestExpired: 'auth.clock-skew',
  RequestInTheFuture: 'auth.clock-skew',
  NoSuchBucket: 'remote.no-container',
  NoSuchKey: 'remote.not-found',
  NoSuchVersion: 'remote.not-found',
  NoSuchUpload: 'remote.not-found',
  // At the completion: the server no longer has a part that it had acknowledged.
  InvalidPart: 'remote.not-found',
  InvalidPartOrder: 'internal',
  SlowDown: 'network.throttled',
  SlowDownRead: 'network.throttled',
  SlowDownWrite: 'network.throttled',
  Throttling: 'network.throttled',
  ThrottlingException: 'network.throttled',
  TooManyRequests: 'network.throttled',
  RequestLimitExceeded: 'network.throttled',
  BandwidthLimitExceeded: 'network.throttled',
  RequestTimeout: 'network.interrupted',
  IncompleteBody: 'network.interrupted',
  // What arrived is not what was sent: sending it again is the cure.
  BadDigest: 'network.interrupted',
  XAmzContentSHA256Mismatch: 'network.interrupted',
  XAmzContentChecksumMismatch: 'network.interrupted',
  InternalError: 'remote.failed',
  OperationAborted: 'remote.failed',
  ConditionalRequestConflict: 'remote.failed',
  PreconditionFailed: 'remote.exists',
  QuotaExceeded: 'remote.full',
  InsufficientStorage: 'remote.full',
  InsufficientCapacity: 'remote.full',
  XMinioStorageFull: 'remote.full',
  XMinioAdminBucketQuotaExceeded: 'remote.full',
  EntityTooLarge: 'remote.limit',
  EntityTooSmall: 'remote.limit',
  KeyTooLongError: 'remote.limit',
  NotImplemented: 'remote.unsupported',
  MethodNotAllowed: 'remote.unsupported',
  InvalidObjectState: 'remote.unsupported',
  InvalidRange: 'data.missing',
  InvalidBucketName: 'input.invalid',
  PermanentRedirect: 'input.invalid',
  IllegalLocationConstraintException: 'input.invalid',
}

const byStatus: Record<number, FailureCode> = {
  301: 'input.invalid',
  307: 'remote.failed',
  308: 'input.invalid',
  401: 'auth.rejected',
  403: 'auth.denied',
  404: 'remote.not-found',
  405: 'remote.unsupported',
  407: 'network.proxy',
  408: 'network.interrupted',
  409: 'remote.failed',
  412: 'remote.exists',
  413: 'remote.limit',
  416: 'data.missing',
  429: 'network.throttled',
  501: 'remote.unsupported',
  507: 'remote.full',
}

/** A clock further off than this gets requests refused by some servers; AWS allows 15 minutes. */
export const clockToleranceMs = 5 * 60_000

/** The parts of an SDK's exception that are looked at; any of them may be missing. */
type SdkError = {
  name?: string
  message?: string
  Code?: string
  Region?: string
  Endpoint?: string
  $metadata?: { httpStatusCode?: number }
  $response?: { statusCode?: number; headers?: Record<string, string> }
}

export type S3ErrorContext = {
  during: string
  subject: string
  /** Server's clock minus ours, if known. */
  clockOffsetMs: number | null
  /** Texts that must not appear, should a server echo them. */
  secrets: readonly string[]
}

/** What an error of the SDK, of the network beneath it or of the server means. */
export function fromS3Error(err: unknown, context: S3ErrorContext): EngineError {
  const { during, subject } = context
  const known = fromNetworkError(err, during, subject)
  if (known) return known
  const error = (err ?? {}) as SdkError
  const status = statusOf(err)
  const code = s3CodeOf(err)
  const retryAfterMs = retryAfter(error.$response?.headers?.['retry-after'])
  const failure = decide(error, code, status, context)
  return new EngineError(failure.code, during, {
    subject,
    detail: masked(failure.detail, context.secrets),
    cause: err,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** The code the server gave; empty when it gave none (as for every HEAD). */
export function s3CodeOf(err: unknown): string {
  const { Code, name } = (err ?? {}) as SdkError
  const code = Code ?? name ?? ''
  return ['Error', 'Unknown', 'UnknownError', 'NotFound', 'S3ServiceException'].includes(code) ? '' : code
}

/** The HTTP status of the answer behind an error; 0 when there was none. */
export function statusOf(err: unknown): number {
  const { $metadata, $response } = (err ?? {}) as SdkError
  return $response?.statusCode ?? $metadata?.httpStatusCode ?? 0
}

function decide(
  error: SdkError,
  code: string,
  status: number,
  { clockOffsetMs }: S3ErrorContext,
): { code: FailureCode; detail: string } {
  const said = `${code || `status ${status}`}${error.message && error.message !== 'UnknownError' ? `: ${error.message}` : ''}`
  const skewed = clockOffsetMs !== null && Math.abs(clockOffsetMs) > clockToleranceMs
  // An answer to HEAD has no body, so a refusal tells its reason only through the date it bears.
  if (byCode[code] === 'auth.clock-skew' || (code === '' && status === 403 && skewed)) {
    return { code: 'auth.clock-skew', detail: clockOffsetMs === null ? said : clockDetail(clockOffsetMs) }
  }
  const region = regionOf(error)
  if (region !== null && (code === 'AuthorizationHeaderMalformed' || status === 301 || status === 400)) {
    return { code: 'input.invalid', detail: `the bucket is in region ${region}` }
  }
  if (code === 'PermanentRedirect' && error.Endpoint) {
    return { code: 'input.invalid', detail: `the bucket is served at ${error.Endpoint}` }
  }
  // Some name no room left as one of their general refusals.
  if (/quota|storage full|no space/i.test(error.message ?? '') && status >= 400)
    return { code: 'remote.full', detail: said }
  const named = byCode[code] ?? byStatus[status]
  if (named !== undefined) return { code: named, detail: said }
  if (status === 503 && error.$response?.headers?.['retry-after'] !== undefined) {
    return { code: 'network.throttled', detail: said }
  }
  if (status >= 500) return { code: 'remote.failed', detail: said }
  if (status >= 400) return { code: 'remote.unsupported', detail: said }
  // An answer that could not be read: no XML, or XML of something else.
  if (status > 0 || error.$response !== undefined || error.name === 'SyntaxError') {
    return { code: 'remote.wrong-answer', detail: `what answers there does not speak S3 (${said})` }
  }
  return { code: 'internal', detail: said }
}

/** In words, which way the clocks differ. */
export function clockDetail(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  const size = seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} s`
  return `this machine's clock is ${size} ${offsetMs > 0 ? 'behind' : 'ahead of'} the server's`
}

/** The region where the bucket really is, from wherever this server says it. */
function regionOf(error: SdkError): string | null {
  const found =
    error.$response?.headers?.['x-amz-bucket-region'] ??
    error.Region ??
    /expecting '([a-z0-9-]{2,64})'/.exec(error.message ?? '')?.[1]
  return found !== undefined && /^[a-z0-9-]{2,64}$/.test(found) ? found : null
}

function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  // An hour at most: a mistaken date must not stop a run for good.
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : undefined
}

/** One line of what the server said, short, without control characters and without what must stay secret. */
function masked(text: string, secrets: readonly string[]): string {
  const clean = secrets.reduce((line, secret) => line.replaceAll(secret, '***'), text)
  return clean.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 300)
}
