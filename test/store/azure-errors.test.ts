import { RestError } from '@azure/storage-blob'
import { describe, expect, it } from 'vitest'
import { fromAzureError } from '../../electron/engine/store/azure/azure-errors.ts'
import type { FailureCode } from '../../shared/failure.ts'

const now = Date.parse('2026-11-20T12:00:00Z')
const url = 'https://abc.blob.core.windows.net/c/a.bin?sv=2024&sig=TOPSECRET%3D'

/** An error as the SDK makes it: with the request, whose URL holds the SAS token. */
function answer(status: number, headers: Record<string, string>, message = 'words of the server'): RestError {
  const all = new Map(Object.entries(headers))
  const request = { url, headers: all } as never
  return new RestError(message, {
    statusCode: status,
    request,
    response: { request, status, headers: all } as never,
  })
}

const map = (err: unknown, more: { signal?: AbortSignal; sasExpires?: number } = {}) =>
  fromAzureError(err, {
    during: 'server.put',
    subject: 'a.bin',
    signal: more.signal,
    sasExpires: more.sasExpires ?? null,
    now,
  })

const date = 'Fri, 20 Nov 2026 12:00:01 GMT'

describe('fromAzureError', () => {
  it.each<[number, string, FailureCode]>([
    [403, 'AuthenticationFailed', 'auth.rejected'],
    [403, 'AuthorizationPermissionMismatch', 'auth.denied'],
    [403, 'AuthorizationFailure', 'auth.denied'],
    [403, '', 'auth.denied'],
    [404, 'ContainerNotFound', 'remote.no-container'],
    [404, 'BlobNotFound', 'remote.not-found'],
    [409, 'BlobAlreadyExists', 'remote.exists'],
    [416, 'InvalidRange', 'data.missing'],
    [400, 'Md5Mismatch', 'network.interrupted'],
    [503, 'ServerBusy', 'network.throttled'],
    [429, '', 'network.throttled'],
    [500, 'InternalError', 'remote.failed'],
    [502, '', 'remote.failed'],
    [413, 'RequestBodyTooLarge', 'remote.limit'],
    [302, '', 'remote.wrong-answer'],
  ])('maps %i %s to %s', (status, errorCode, code) => {
    expect(map(answer(status, { date, ...(errorCode ? { 'x-ms-error-code': errorCode } : {}) })).code).toBe(
      code,
    )
  })

  it('says how far the clock is off when that is why the service refuses', () => {
    const err = map(
      answer(403, { 'x-ms-error-code': 'AuthenticationFailed', date: 'Fri, 20 Nov 2026 12:20:00 GMT' }),
    )
    expect(err).toMatchObject({
      code: 'auth.clock-skew',
      detail: "the clock here is 20 minutes behind the server's",
    })
  })

  it('waits as long as Retry-After says, in seconds or in milliseconds', () => {
    expect(map(answer(503, { 'retry-after': '7' })).retryAfterMs).toBe(7_000)
    expect(map(answer(503, { 'x-ms-retry-after-ms': '250', 'retry-after': '7' })).retryAfterMs).toBe(250)
    expect(map(answer(503, {})).retryAfterMs).toBeUndefined()
  })

  it.each<[string, FailureCode]>([
    ['ECONNREFUSED', 'network.unreachable'],
    ['ENOTFOUND', 'network.unknown-host'],
    ['ECONNRESET', 'network.interrupted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'trust.certificate'],
    ['EPROXY', 'network.proxy'],
    ['PARSE_ERROR', 'remote.wrong-answer'],
  ])('maps the error %s of a request without answer to %s', (code, expected) => {
    expect(map(new RestError('no answer', { code, request: { url } as never })).code).toBe(expected)
  })

  it('says cancelled, with who asked, when the signal has fired, whatever broke because of it', () => {
    const reason = new Error('operator')
    const err = map(new RestError('socket hang up', { code: 'ECONNRESET' }), {
      signal: AbortSignal.abort(reason),
    })
    expect(err).toMatchObject({ code: 'cancelled', cause: reason })
  })

  it('takes an abort that nobody asked for as a lost connection', () => {
    expect(map(Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' })).code).toBe(
      'network.interrupted',
    )
  })

  it('keeps nothing of the request, the message or the token', () => {
    for (const err of [
      map(answer(403, { 'x-ms-error-code': 'AuthenticationFailed', date }, `bad ${url}`), { sasExpires: 0 }),
      map(answer(500, {}, `bad ${url}`)),
      map(new RestError(`odd ${url}`, { code: 'ODD', request: { url } as never })),
      map(new Error(`odd ${url}`)),
    ]) {
      const texts = [
        err.message,
        err.detail,
        err.stack,
        JSON.stringify(err),
        JSON.stringify(err.cause),
        String((err.cause as Error).stack),
      ]
      expect(texts.join('\n')).not.toContain('TOPSECRET')
    }
  })
})
