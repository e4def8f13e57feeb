import type { FileKey } from './key.ts'
import { payloadKey } from './key.ts'
import { chunkBytes, sealChunk } from './payload.ts'

/** Turns content into an age file, piece by piece. What does not fill a chunk waits: see `state`. */
export class AgeWriter {
  private readonly key: Buffer
  private readonly start: Buffer | null
  private index: number
  private pending: Buffer

  /** @param resume where an earlier process stopped, as its `state` said; the header is then written already */
  constructor(file: FileKey, resume?: { chunk: number; pending: string }) {
    this.key = payloadKey(file.key, file.nonce)
    this.start = resume ? null : Buffer.concat([file.header, file.nonce])
    this.index = resume?.chunk ?? 0
    this.pending = resume ? Buffer.from(resume.pending, 'base64') : Buffer.alloc(0)
    this.started = resume !== undefined
  }
  private started: boolean

  /** What a later process needs to go on: taken after `push`, before the next one. Up to 64 KiB of content. */
  get state(): { chunk: number; pending: string } {
    return { chunk: this.index, pending: this.pending.toString('base64') }
  }

  /** The stored bytes that `content` completes. A full chunk waits until it is known not to be the last. */
  *push(content: Uint8Array): Generator<Uint8Array> {
    yield* this.begin()
    let at = 0
    if (this.pending.length + content.length <= chunkBytes) {
      this.pending = Buffer.concat([this.pending, content])
      return
    }
    if (this.pending.length > 0) {
      at = chunkBytes - this.pending.length
      yield sealChunk(this.key, this.index++, Buffer.concat([this.pending, content.subarray(0, at)]), false)
    }
    for (; content.length - at > chunkBytes; at += chunkBytes)
      yield sealChunk(this.key, this.index++, content.subarray(at, at + chunkBytes), false)
    this.pending = Buffer.from(content.subarray(at))
  }

  /** The last chunk. Nothing may follow. */
  *end(): Generator<Uint8Array> {
    yield* this.begin()
    yield sealChunk(this.key, this.index++, this.pending, true)
    this.pending = Buffer.alloc(0)
  }

  private *begin(): Generator<Uint8Array> {
    if (this.started || !this.start) return
    this.started = true
    yield this.start
  }
}
