import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { EngineError } from '../../engine-error.ts'
import type { PlainAnswer } from '../http/plain-get.ts'
import type { ObjectInfo, ReadOptions } from '../object-store.ts'
import { pieceBytes } from '../object-store.ts'
import { Room } from '../room.ts'
import type { Call, S3Calls } from './s3-calls.ts'
import { wrongAnswer } from './s3-calls.ts'
import { statusOf } from './s3-errors.ts'

export type Source = { Bucket: string; Key: string }

type Reading = Call & Pick<ReadOptions, 'gate' | 'into'>

/** The bytes of a range, see `ObjectStore.read`. `stat` is asked only where the answer to a GET cannot tell. */
export async function* readRange(
  calls: S3Calls,
  source: Source,
  range: { offset: number; length?: number },
  call: Reading,
  stat: () => Promise<ObjectInfo | null>,
): AsyncGenerator<Uint8Array> {
  if (range.length === 0) return await emptyRange(range.offset, call, stat)
  const whole = range.offset === 0 && range.length === undefined
  const last = range.length === undefined ? '' : String(range.offset + range.length - 1)
  const command = new GetObjectCommand({
    ...source,
    ...(whole ? {} : { Range: `bytes=${range.offset}-${last}` }),
  })
  const plain = await calls.sendPlain(command, call)
  if (plain) {
    yield* plainBody(calls, plain, range, whole, call)
    return
  }
  const answer = await calls.send(command, call).catch(async (err: unknown) => {
    // A range that begins right at the end has no bytes, and HTTP has no way to say so but this refusal.
    if (err instanceof EngineError && statusOf(err.cause) === 416 && range.length === undefined) return null
    throw err
  })
  if (answer === null) return await emptyRange(range.offset, call, stat)
  yield* sdkBody(calls, answer, range, whole, call)
}

async function* plainBody(
  calls: S3Calls,
  answer: PlainAnswer,
  range: { offset: number; length?: number },
  whole: boolean,
  call: Reading,
): AsyncGenerator<Uint8Array> {
  let begun = false
  try {
    const { status, headers, length } = answer
    const told = { status, etag: headers.get('etag'), range: headers.get('content-range'), length }
    const bytes = expectedBytes(told, range, whole, call)
    if (length !== bytes) throw wrongAnswer(call, 'another length than its range says')
    if (call.into && bytes > call.into.length) throw wrongAnswer(call, 'more bytes than were asked for')
    begun = true
    for await (const piece of answer.body(call.into)) {
      const wait = call.gate?.(piece.length)
      if (wait instanceof Promise) await wait
      yield piece
    }
  } catch (err) {
    throw calls.failure(err, call)
  } finally {
    if (!begun) answer.drop()
  }
}

/** What came through the SDK: where a proxy is on the way, or the answer is of another kind than most. */
async function* sdkBody(
  calls: S3Calls,
  answer: GetObjectCommandOutput,
  range: { offset: number; length?: number },
  whole: boolean,
  call: Reading,
): AsyncGenerator<Uint8Array> {
  const body = answer.Body as Readable | undefined
  if (body === undefined) throw wrongAnswer(call, 'an answer without a body')
  let left = 0
  const onAbort = () =>
    body.destroy(call.signal?.reason instanceof Error ? call.signal.reason : new Error('aborted'))
  call.signal?.addEventListener('abort', onAbort, { once: true })
  let finished = false
  try {
    const { ETag: etag, ContentRange, ContentLength: length, $metadata } = answer
    left = expectedBytes(
      { status: $metadata.httpStatusCode, etag, range: ContentRange, length },
      range,
      whole,
      call,
    )
    call.signal?.throwIfAborted()
    const room = new Room(call.into, call)
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (chunk.length > left) throw wrongAnswer(call, 'more bytes than were asked for')
      left -= chunk.length
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        const piece = room.place(chunk.subarray(at, at + pieceBytes))
        const wait = call.gate?.(piece.length)
        if (wait instanceof Promise) await wait
        yield piece
      }
    }
    if (left > 0)
      throw new EngineError('network.interrupted', call.during, {
        subject: call.subject,
        detail: `${left} bytes short`,
      })
    finished = true
  } catch (err) {
    throw calls.failure(err, call)
  } finally {
    call.signal?.removeEventListener('abort', onAbort)
    // A body that is not read to its end keeps its socket; the rest may be gigabytes, so it is not drained.
    if (!finished) {
      body.once('error', () => {})
      body.destroy()
    }
  }
}

/** What an answer to a GET tells in its head. */
type Told = {
  status: number | undefined
  etag: string | undefined
  range: string | undefined
  length: number | undefined
}

/** How many bytes will come, from the headers; refuses an answer that is not the range that was asked for. */
function expectedBytes(
  answer: Told,
  range: { offset: number; length?: number },
  whole: boolean,
  call: Call,
): number {
  if (whole) {
    // An error page with status 200 has no ETag; an object always has one.
    if (answer.etag === undefined || answer.length === undefined)
      throw wrongAnswer(call, 'an answer that is no object')
    return answer.length
  }
  const { status } = answer
  if (status !== 206)
    throw wrongAnswer(call, `the server ignored the range and sent the whole (status ${status ?? 'unknown'})`)
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.range ?? '') ?? []
  const bytes = Number(last) - Number(first) + 1
  if (first === undefined || Number(first) !== range.offset || !(bytes > 0)) {
    throw wrongAnswer(call, 'another range than was asked for')
  }
  if (range.length === undefined) {
    if (total !== '*' && Number(last) + 1 !== Number(total))
      throw wrongAnswer(call, 'another range than was asked for')
    return bytes
  }
  if (bytes > range.length) throw wrongAnswer(call, 'another range than was asked for')
  if (bytes < range.length) throw missing(range.offset + range.length, Number(last) + 1, call)
  return bytes
}

async function emptyRange(offset: number, call: Call, stat: () => Promise<ObjectInfo | null>): Promise<void> {
  const found = await stat()
  if (found === null) throw new EngineError('remote.not-found', call.during, { subject: call.subject })
  if (found.size < offset) throw missing(offset, found.size, call)
}

function missing(wanted: number, size: number, call: Call): EngineError {
  const detail = `the object ends at byte ${size}, ${wanted} were expected`
  return new EngineError('data.missing', call.during, { subject: call.subject, detail })
}
