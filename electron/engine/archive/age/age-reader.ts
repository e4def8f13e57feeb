import { EngineError } from '../../engine-error.ts'
import type { DecryptWith } from './key.ts'
import { headerLength, openKey, payloadKey } from './key.ts'
import { chunkBytes, openChunk, plainSize, sealedChunkBytes } from './payload.ts'

/** An age header is a few hundred bytes; with a hundred recipients some ten thousand. */
export const maxHeader = 256 * 1024

/** What opens the chunks of one file, and where they begin. */
export type OpenedAge = { key: Buffer; payloadAt: number }

/**
 * Reads the header at the start of a file and finds its key.
 * @param start the first bytes of the file: as many as the header takes, and 16 more
 */
export async function openAge(start: Buffer, secret: DecryptWith, subject: string): Promise<OpenedAge> {
  const length = headerLength(start)
  if (length === null || start.length < length + 16)
    throw new EngineError('data.format', 'decryption', {
      subject,
      detail: 'not an age file, or one that is cut off',
    })
  const key = await openKey(start.subarray(0, length), secret)
  return { key: payloadKey(key, start.subarray(length, length + 16)), payloadAt: length + 16 }
}

/** Where in the stored file the chunks lie that hold the content `[at, at + size)`, and which they are. */
export function sealedRange(
  age: OpenedAge,
  fileSize: number,
  at: number,
  size: number,
): { first: number; from: number; to: number } {
  const first = Math.floor(at / chunkBytes)
  const last = Math.floor((at + Math.max(1, size) - 1) / chunkBytes)
  return {
    first,
    from: age.payloadAt + first * sealedChunkBytes,
    to: Math.min(fileSize, age.payloadAt + (last + 1) * sealedChunkBytes),
  }
}

/** Opens the chunks in `sealed`, which begin with chunk `first`, and cuts the content `[at, at + size)` out of them. */
export function openRange(
  age: OpenedAge,
  fileSize: number,
  sealed: Uint8Array,
  first: number,
  at: number,
  size: number,
  subject: string,
): Buffer {
  const content = plainSize(fileSize - age.payloadAt)
  const lastChunk = Math.max(0, Math.ceil(content / chunkBytes) - 1)
  const plain = Buffer.allocUnsafeSlow(plainSize(sealed.length))
  let used = 0
  for (let offset = 0, index = first; offset < sealed.length; offset += sealedChunkBytes, index++) {
    const piece = openChunk(
      age.key,
      index,
      sealed.subarray(offset, offset + sealedChunkBytes),
      index === lastChunk,
      subject,
    )
    plain.set(piece, used)
    used += piece.length
  }
  const start = at - first * chunkBytes
  if (start + size > used)
    throw new EngineError('data.damaged', 'decryption', { subject, detail: 'shorter than promised' })
  return plain.subarray(start, start + size)
}

/** Decrypts a whole file as it comes. The last chunk must be marked as such: a cut file is noticed. */
export async function* openStream(
  pieces: AsyncIterable<Uint8Array>,
  secret: DecryptWith,
  subject: string,
): AsyncGenerator<Uint8Array> {
  let buffer: Buffer = Buffer.alloc(0)
  let age: OpenedAge | null = null
  let index = 0
  for await (const piece of pieces) {
    buffer = buffer.length === 0 ? Buffer.from(piece) : Buffer.concat([buffer, piece])
    if (!age) {
      const length = headerLength(buffer)
      if ((length === null || buffer.length < length + 16) && buffer.length < maxHeader) continue
      age = await openAge(buffer, secret, subject)
      buffer = buffer.subarray(age.payloadAt)
    }
    let at = 0
    // The last chunk is known only by the end of the file: one chunk is always held back.
    for (; buffer.length - at > sealedChunkBytes; at += sealedChunkBytes)
      yield openChunk(age.key, index++, buffer.subarray(at, at + sealedChunkBytes), false, subject)
    buffer = Buffer.from(buffer.subarray(at))
  }
  if (!age)
    throw new EngineError('data.format', 'decryption', {
      subject,
      detail: 'not an age file, or one that is cut off',
    })
  yield openChunk(age.key, index, buffer, true, subject)
}
