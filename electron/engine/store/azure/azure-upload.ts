import type { BlockBlobClient } from '@azure/storage-blob'
import { EngineError } from '../../engine-error.ts'
import type { CallOptions, Transfer, Upload, UploadToken } from '../object-store.ts'
import { md5, sendPieces } from './azure-body.ts'
import { errorCodeOf, isBlobNotFound } from './azure-errors.ts'
import type { Block } from './block-id.ts'
import { formatBlockId, maxBlocks, nextGeneration, parseBlockId, standingBlocks } from './block-id.ts'

export type UploadContext = {
  blob: BlockBlobClient
  name: string
  /** 16 hex digits that tie blocks to this upload. */
  id: string
  failure: (err: unknown, signal: AbortSignal | undefined) => EngineError
}

/** How long `abort` may take; it runs without the signal of its run, which has fired. */
const abortMs = 15_000

/** An upload as uncommitted blocks under the final name: nobody sees them before the commit. */
export class AzureUpload implements Upload {
  readonly token: UploadToken
  readonly width = 4
  readonly confirmed: { bytes: number; parts: number }
  readonly #context: UploadContext
  readonly #parts: Map<number, Block>
  #generation: number
  #from = 0
  #done = false

  constructor(context: UploadContext, held: { parts: Map<number, Block>; generation: number }) {
    this.#context = context
    this.#parts = held.parts
    this.#generation = held.generation
    this.token = { blob: context.name, id: context.id }
    let parts = 0
    let bytes = 0
    for (let block = held.parts.get(0); block; block = held.parts.get(++parts)) bytes += block.size
    this.confirmed = { bytes, parts }
  }

  async rewind(to: { bytes: number; parts: number }): Promise<void> {
    if (this.#parts.size === 0) return
    for (const index of [...this.#parts.keys()]) if (index >= to.parts) this.#parts.delete(index)
    const kept = [...this.#parts.values()].reduce((sum, block) => sum + block.size, 0)
    if (this.#parts.size !== to.parts || kept !== to.bytes)
      throw this.#wrong(`no part ends at ${to.bytes} bytes`)
    this.#generation = nextGeneration(this.#generation)
    this.#from = to.parts
  }

  async write(
    { index, bytes }: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    if (index >= maxBlocks)
      throw new EngineError('remote.limit', 'server.upload', {
        subject: this.#context.name,
        detail: `more than ${maxBlocks} parts`,
      })
    const id = { upload: this.#context.id, generation: this.#generation, from: this.#from, index }
    try {
      options.signal?.throwIfAborted()
      const transactionalContentMD5 = await md5(bytes)
      await sendPieces(bytes, options, (body, abortSignal) =>
        this.#context.blob.stageBlock(formatBlockId(id), body, bytes.byteLength, {
          abortSignal,
          transactionalContentMD5,
        }),
      )
    } catch (err) {
      throw this.#context.failure(err, options.signal)
    }
    this.#parts.set(index, { id, size: bytes.byteLength })
  }

  async commit(total: { bytes: number; parts: number }, { signal }: CallOptions = {}): Promise<void> {
    const blocks = Array.from({ length: total.parts }, (_, index) => this.#parts.get(index))
    const held = blocks.reduce((sum, block) => sum + (block?.size ?? 0), 0)
    if (blocks.includes(undefined) || held !== total.bytes) {
      throw this.#wrong(
        `${total.parts} parts of ${total.bytes} bytes were announced, ${held} bytes are there`,
      )
    }
    const ids = blocks.flatMap(block => (block ? [formatBlockId(block.id)] : []))
    const { blob, name } = this.#context
    const abort = signal === undefined ? {} : { abortSignal: signal }
    try {
      signal?.throwIfAborted()
      await blob
        .commitBlockList(ids, { ...abort, conditions: { ifNoneMatch: '*' } })
        .catch(async (err: unknown) => {
          // After a lost answer the blob that is there is our own: its blocks carry our names.
          if (!(await this.#isOurs(err, ids, signal))) throw err
        })
      const { contentLength } = await blob.getProperties(abort)
      if (contentLength !== total.bytes) {
        const detail = `${total.bytes} bytes were committed, the server holds ${contentLength ?? 'an unknown number of'}`
        throw new EngineError('data.damaged', 'server.commit', { subject: name, detail })
      }
      this.#done = true
    } catch (err) {
      throw this.#context.failure(err, signal)
    }
  }

  /**
   * The service cannot drop uncommitted blocks: a commit of none, which makes an empty blob, and the removal of
   * just that blob get rid of them. Where another object stands under the name they stay until they expire.
   */
  async abort(): Promise<void> {
    if (this.#done) return
    this.#done = true
    const { blob } = this.#context
    const abortSignal = AbortSignal.timeout(abortMs)
    try {
      const { etag } = await blob.commitBlockList([], { abortSignal, conditions: { ifNoneMatch: '*' } })
      await blob.delete({ abortSignal, conditions: { ...(etag === undefined ? {} : { ifMatch: etag }) } })
    } catch {
      await this.#removeCommitted(abortSignal).catch(() => {})
    }
    this.#parts.clear()
  }

  async detach(): Promise<void> {}

  async #isOurs(err: unknown, ids: string[], signal: AbortSignal | undefined): Promise<boolean> {
    const code = errorCodeOf(err)
    // Without parts there is nothing to know an object by.
    if (ids.length === 0 || !['BlobAlreadyExists', 'ConditionNotMet', 'InvalidBlockList'].includes(code))
      return false
    const there = await this.#context.blob.getBlockList(
      'committed',
      signal === undefined ? {} : { abortSignal: signal },
    )
    const names = there.committedBlocks?.map(block => block.name) ?? []
    return names.length === ids.length && names.every((name, index) => name === ids[index])
  }

  /** Takes back a commit whose answer never came. */
  async #removeCommitted(abortSignal: AbortSignal): Promise<void> {
    const { blob, id } = this.#context
    const { committedBlocks = [], etag } = await blob.getBlockList('committed', { abortSignal })
    const ours =
      committedBlocks.length > 0 && committedBlocks.every(block => parseBlockId(block.name)?.upload === id)
    if (ours && etag !== undefined) await blob.delete({ abortSignal, conditions: { ifMatch: etag } })
  }

  #wrong(detail: string): EngineError {
    return new EngineError('internal', 'server.upload', { subject: this.#context.name, detail })
  }
}

/** What the server holds of an upload; null when that is nothing. A blob committed by it counts as all its parts. */
export async function heldBlocks(blob: BlockBlobClient, id: string, signal: AbortSignal | undefined) {
  try {
    const list = await blob.getBlockList('all', signal === undefined ? {} : { abortSignal: signal })
    for (const blocks of [list.uncommittedBlocks, list.committedBlocks]) {
      const ours = (blocks ?? []).flatMap(({ name, size }) => {
        const parsed = parseBlockId(name)
        return parsed?.upload === id ? [{ id: parsed, size }] : []
      })
      if (ours.length > 0) return standingBlocks(ours)
    }
    return null
  } catch (err) {
    if (isBlobNotFound(err)) return null
    throw err
  }
}
