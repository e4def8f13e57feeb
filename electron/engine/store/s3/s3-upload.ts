import type { ListPartsCommandOutput } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { EngineError } from '../../engine-error.ts'
import type { CallOptions, Transfer, Upload, UploadToken } from '../object-store.ts'
import type { Call, S3Calls } from './s3-calls.ts'
import { wrongAnswer } from './s3-calls.ts'
import { uploadWidth } from './s3-client.ts'
import { statusOf } from './s3-errors.ts'

/** Metadata that names the upload an object came from: proof, after a lost answer, that it is ours. */
export const uploadMark = 'drydock-upload'

/** How long giving up may take; the run's own signal has often fired by then. */
const abortLimitMs = 15_000

export type S3UploadContext = {
  calls: S3Calls
  name: string
  source: { Bucket: string; Key: string }
  /** False where a probe found that the server cannot tell the parts it holds. */
  listParts: boolean
  head(during: string, signal: AbortSignal | undefined): Promise<{ size: number; mark: string | null } | null>
  unlessPresent(work: (condition: { IfNoneMatch?: string }) => Promise<void>): Promise<void>
}

type Token = { uploadId: string; key: string; id: string }
type Part = { etag: string; size: number }

/**
 * A multipart upload. It is created at once, also for what turns out to be one small part: so the token is whole
 * from the start and a part is never acknowledged before the server has it.
 */
export class S3Upload implements Upload {
  readonly token: UploadToken
  readonly width = uploadWidth
  readonly confirmed: { bytes: number; parts: number }
  readonly #context: S3UploadContext
  readonly #token: Token
  /** By part number, from 1. */
  readonly #parts: Map<number, Part>
  readonly #stop = new AbortController()
  readonly #busy = new Set<Promise<unknown>>()
  #completing = false

  private constructor(context: S3UploadContext, token: Token, held: readonly Part[]) {
    this.#context = context
    this.#token = token
    this.token = { ...token }
    this.#parts = new Map(held.map((part, index) => [index + 1, part]))
    this.confirmed = { bytes: held.reduce((sum, part) => sum + part.size, 0), parts: held.length }
  }

  static fresh(context: S3UploadContext, token: Token): S3Upload {
    return new S3Upload(context, token, [])
  }

  /** Where the server cannot list parts nothing counts as confirmed, and all is sent again into the same upload. */
  static async resume(context: S3UploadContext, resume: UploadToken, call: Call): Promise<S3Upload> {
    const { uploadId, key, id } = resume
    if (typeof uploadId !== 'string' || typeof id !== 'string' || key !== context.source.Key) {
      throw new EngineError('remote.not-found', call.during, {
        subject: call.subject,
        detail: 'the upload that was begun belongs to another place',
      })
    }
    const token = { uploadId, key, id }
    return new S3Upload(context, token, context.listParts ? await heldParts(context, uploadId, call) : [])
  }

  async rewind(to: { bytes: number; parts: number }): Promise<void> {
    const kept = [...this.#parts].filter(([number]) => number <= to.parts)
    const bytes = kept.reduce((sum, [, part]) => sum + part.size, 0)
    if (kept.length !== to.parts || bytes !== to.bytes) {
      throw new EngineError('internal', 'server.upload', {
        subject: this.#context.name,
        detail: `no part ends at byte ${to.bytes}, part ${to.parts}`,
      })
    }
    // Later parts stay at the server until they are overwritten, or left out by the completion.
    for (const number of [...this.#parts.keys()]) if (number > to.parts) this.#parts.delete(number)
  }

  async write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    const number = part.index + 1
    await this.#tracked(options.signal, 'server.write', async call => {
      const answer = await this.#context.calls.sendBytes(
        Body =>
          new UploadPartCommand({
            ...this.#context.source,
            UploadId: this.#token.uploadId,
            PartNumber: number,
            Body,
            ContentLength: part.bytes.length,
          }),
        part.bytes,
        { ...call, gate: options.gate },
      )
      if (answer.ETag === undefined) throw wrongAnswer(call, 'no ETag for a part')
      this.#parts.set(number, { etag: answer.ETag, size: part.bytes.length })
    })
  }

  async commit(total: { bytes: number; parts: number }, options: CallOptions = {}): Promise<void> {
    await this.#tracked(options.signal, 'server.commit', async call => {
      const there = await this.#context.head(call.during, call.signal)
      if (there !== null) {
        if (await this.#isOurs(there, total.bytes, call)) return
        throw new EngineError('remote.exists', call.during, { subject: call.subject })
      }
      await this.#complete(total, call)
      const found = await this.#context.head(call.during, call.signal)
      if (found?.size === total.bytes) return
      throw wrongAnswer(
        call,
        `the server has ${found ? `${found.size} bytes` : 'nothing'} where ${total.bytes} bytes were written`,
      )
    })
  }

  async abort(): Promise<void> {
    await this.detach()
    await this.#discard()
  }

  async detach(): Promise<void> {
    this.#stop.abort(new EngineError('cancelled', 'server.upload', { subject: this.#context.name }))
    // A part that arrives after the upload was given up would stay, and cost, for ever.
    await Promise.allSettled([...this.#busy])
  }

  async #complete(total: { bytes: number; parts: number }, call: Call): Promise<void> {
    const parts = Array.from({ length: total.parts }, (_, index) => this.#parts.get(index + 1))
    const bytes = parts.reduce((sum, part) => sum + (part?.size ?? 0), 0)
    if (parts.includes(undefined) || bytes !== total.bytes) {
      throw new EngineError('internal', call.during, {
        subject: call.subject,
        detail: `${this.#parts.size} parts with ${bytes} bytes were written, not ${total.parts} with ${total.bytes}`,
      })
    }
    this.#completing = true
    try {
      const list = parts.map((part, index) => ({ PartNumber: index + 1, ETag: part?.etag }))
      await this.#context.unlessPresent(condition =>
        // A multipart upload has at least one part.
        list.length === 0 ? this.#putEmpty(condition, call) : this.#join(list, condition, call),
      )
      if (list.length === 0) await this.#discard()
    } catch (err) {
      // The answer to an earlier try may have been lost although the server had done it.
      const lost =
        err instanceof EngineError && (err.code === 'remote.not-found' || err.code === 'remote.exists')
      const there = lost ? await this.#context.head(call.during, call.signal) : null
      if (there === null || !(await this.#isOurs(there, total.bytes, call))) throw err
    }
  }

  async #join(
    Parts: { PartNumber: number; ETag: string | undefined }[],
    condition: { IfNoneMatch?: string },
    call: Call,
  ): Promise<void> {
    const { uploadId: UploadId } = this.#token
    const answer = await this.#context.calls.send(
      new CompleteMultipartUploadCommand({
        ...this.#context.source,
        ...condition,
        UploadId,
        MultipartUpload: { Parts },
      }),
      call,
    )
    if (answer.ETag === undefined && answer.Location === undefined && answer.Key === undefined) {
      throw wrongAnswer(call, 'the upload was not completed')
    }
  }

  async #putEmpty(condition: { IfNoneMatch?: string }, call: Call): Promise<void> {
    const Metadata = { [uploadMark]: this.#token.id }
    const Body = Buffer.alloc(0)
    const answer = await this.#context.calls.send(
      new PutObjectCommand({ ...this.#context.source, ...condition, Metadata, Body }),
      call,
    )
    if (answer.ETag === undefined) throw wrongAnswer(call, 'no ETag for what was written')
  }

  /** Whether the object under the final name came from this upload. */
  async #isOurs(there: { size: number; mark: string | null }, bytes: number, call: Call): Promise<boolean> {
    if (there.size !== bytes) return false
    if (there.mark !== null) return there.mark === this.#token.id
    // A server that drops metadata: then an upload that is gone was completed, by us.
    if (!this.#context.listParts) return this.#completing
    return heldParts(this.#context, this.#token.uploadId, call).then(
      () => false,
      (err: unknown) => err instanceof EngineError && err.code === 'remote.not-found',
    )
  }

  async #discard(): Promise<void> {
    const call = {
      during: 'server.upload',
      subject: this.#context.name,
      signal: AbortSignal.timeout(abortLimitMs),
    }
    const { uploadId } = this.#token
    await this.#context.calls
      .send(new AbortMultipartUploadCommand({ ...this.#context.source, UploadId: uploadId }), call)
      .catch(() => {})
  }

  /** Runs `work` so that `abort` and `detach` can stop it and wait for its end. */
  async #tracked(
    outer: AbortSignal | undefined,
    during: string,
    work: (call: Call) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController()
    const links = [this.#stop.signal, ...(outer ? [outer] : [])].map(signal => {
      const onAbort = () => stop.abort(signal.reason)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      return () => signal.removeEventListener('abort', onAbort)
    })
    const task = work({ during, subject: this.#context.name, signal: stop.signal })
    this.#busy.add(task)
    try {
      await task
    } finally {
      this.#busy.delete(task)
      for (const unlink of links) unlink()
    }
  }
}

/** The parts from 1 on without a gap; none where the server does not know the question. */
async function heldParts(context: S3UploadContext, uploadId: string, call: Call): Promise<Part[]> {
  const held: Part[] = []
  let marker: string | undefined
  for (;;) {
    let page: ListPartsCommandOutput
    try {
      page = await context.calls.send(
        new ListPartsCommand({
          ...context.source,
          UploadId: uploadId,
          ...(marker === undefined ? {} : { PartNumberMarker: marker }),
        }),
        call,
      )
    } catch (err) {
      if (err instanceof EngineError && cannotList(err)) return []
      throw err
    }
    if (page.Parts === undefined && page.UploadId === undefined) return []
    for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
      if (PartNumber !== held.length + 1 || ETag === undefined || Size === undefined) return held
      held.push({ etag: ETag, size: Size })
    }
    if (!page.IsTruncated || page.NextPartNumberMarker === undefined || page.NextPartNumberMarker === marker)
      return held
    marker = page.NextPartNumberMarker
  }
}

/** A server that does not know ListParts refuses it, or takes it for a read of the object, which is not there yet. */
function cannotList(err: EngineError): boolean {
  const code = (err.cause as { Code?: string } | undefined)?.Code
  return err.code === 'remote.unsupported' || (statusOf(err.cause) === 404 && code === 'NoSuchKey')
}
