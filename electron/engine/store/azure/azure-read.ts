import type { BlobDownloadResponseParsed } from '@azure/storage-blob'
import { EngineError } from '../../engine-error.ts'
import type { PlainAnswer } from '../http/plain-get.ts'
import { pieceBytes } from '../object-store.ts'
import { Room } from '../room.ts'

export type Wanted = { name: string; into: Uint8Array | undefined }
type Range = { offset: number; length?: number }

/** The body of an answer to a GET, no more and no less than the range. @throws EngineError `data.missing` and others */
export async function* plainBody(
  answer: PlainAnswer,
  range: Range,
  { name, into }: Wanted,
): AsyncGenerator<Uint8Array> {
  let begun = false
  try {
    const { status, headers, length } = answer
    const whole = range.offset === 0 && range.length === undefined
    const [, first] = /^bytes (\d+)-\d+\/\d+$/.exec(headers.get('content-range') ?? '') ?? []
    if (
      whole
        ? status !== 200 || !headers.has('x-ms-blob-type')
        : status !== 206 || Number(first) !== range.offset
    )
      throw wrong(name, 'another range than was asked for')
    checkLength(name, range, length)
    if (into && length > into.length) throw wrong(name, 'more bytes than asked for')
    begun = true
    yield* answer.body(into)
  } finally {
    if (!begun) answer.drop()
  }
}

/** The same of an answer that the SDK received. */
export async function* sdkBody(
  answer: BlobDownloadResponseParsed,
  range: Range,
  { name, into }: Wanted,
): AsyncGenerator<Uint8Array> {
  const { contentLength: coming, readableStreamBody: body } = answer
  if (!body || coming === undefined) throw wrong(name, 'no length')
  let left = range.length ?? coming
  try {
    checkLength(name, range, coming)
    const room = new Room(into, { during: 'server.read', subject: name })
    for await (const chunk of body) {
      const bytes = chunk as Buffer
      left -= bytes.byteLength
      if (left < 0) throw wrong(name, 'more bytes than asked for')
      for (let at = 0; at < bytes.byteLength; at += pieceBytes)
        yield room.place(bytes.subarray(at, at + pieceBytes))
    }
  } finally {
    // A body nobody reads to its end would hold its connection for ever.
    if ('destroy' in body && typeof body.destroy === 'function') body.destroy()
  }
  if (left > 0)
    throw new EngineError('network.interrupted', 'server.read', {
      subject: name,
      detail: `${left} bytes did not come`,
    })
}

function checkLength(subject: string, { offset, length }: Range, coming: number): void {
  if (length === undefined || length === coming) return
  if (coming > length) throw wrong(subject, 'more bytes than asked for')
  const detail = `${length} bytes wanted from ${offset} on, ${coming} there`
  throw new EngineError('data.missing', 'server.read', { subject, detail })
}

const wrong = (subject: string, detail: string) =>
  new EngineError('remote.wrong-answer', 'server.read', { subject, detail })
