import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { EngineError } from '../../engine-error.ts'
import type { ObjectInfo, Transfer } from '../object-store.ts'
import { pieceBytes } from '../object-store.ts'
import type { Call, S3Calls } from './s3-calls.ts'
import { wrongAnswer } from './s3-calls.ts'
import { statusOf } from './s3-errors.ts'

export type Source = { Bucket: string; Key: string }

/** The bytes of a range, see `ObjectStore.read`. `stat` is asked only where the answer to a GET cannot tell. */
export async function* readRange(
  calls: S3Calls,
  source: Source,
  range: { offset: number; length?: number },
  call: Call & Pick<Transfer, 'gate'>,
  stat: () => Promise<ObjectInfo | null>,
): AsyncGenerator<Uint8Array> {
  if (range.length === 0) return await emptyRange(range.offset, call, stat)
  const whole = range.offset === 0 && range.length === undefined
  const last = range.length === undefined ? '' : String(range.offset + range.length - 1)
  const command = new GetObjectCommand({
    ...source,
    ...(whole ? {} : { Range: `bytes=${range.offset}-${last}` }),
  })
  const answer = await calls.send(command, call).catch(async (err: unknown) => {
    // A range that begins right at the end has no bytes, and HTTP has no way to say so but this refusal.
    if (err instanceof EngineError && statusOf(err.cause) === 416 && range.length === undefined) return null
    throw err
  })
  if (answer === null) return await emptyRange(range.offset, call, stat)
  const body = answer.Body as Readable | undefined
  if (body === undefined) throw wrongAnswer(call, 'an answer without a body')
  let left = 0
  const onAbort = () =>
    body.destroy(call.signal?.reason instanceof Error ? call.signal.reason : new Error('aborted'))
  call.signal?.addEventListener('abort', onAbort, { once: true })
  let finished = false
  try {
    left = expectedBytes(answer, range, whole, call)
    call.signal?.throwIfAborted()
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (chunk.length > left) throw wrongAnswer(call, 'more bytes than were asked for')
      left -= chunk.length
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        const piece = chunk.subarray(at, at + pieceBytes)
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

/** How many bytes will come, from the headers; refuses an answer that is not the range that was asked for. */
function expectedBytes(
  answer: GetObjectCommandOutput,
  range: { offset: number; length?: number },
  whole: boolean,
  call: Call,
): number {
  if (whole) {
    // An error page with status 200 has no ETag; an object always has one.
    if (answer.ETag === undefined || answer.ContentLength === undefined)
      throw wrongAnswer(call, 'an answer that is no object')
    return answer.ContentLength
  }
  const status = answer.$metadata.httpStatusCode
  if (status !== 206)
    throw wrongAnswer(call, `the server ignored the range and sent the whole (status ${status ?? 'unknown'})`)
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.ContentRange ?? '') ?? []
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
