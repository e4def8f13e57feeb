import type { HeadObjectCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { EngineError } from '../../engine-error.ts'
import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  ReadOptions,
  StoreLimits,
  Transfer,
  Upload,
  UploadToken,
  VendorFolder,
  VendorObject,
} from '../object-store.ts'
import { isObjectName } from '../object-store.ts'
import type { S3Secrets, S3Server, StoreContext } from '../server-record.ts'
import { levelsOf, vendorAmong } from '../vendor-levels.ts'
import type { Call } from './s3-calls.ts'
import { S3Calls, wrongAnswer } from './s3-calls.ts'
import type { S3Connection } from './s3-client.ts'
import { connectS3 } from './s3-client.ts'
import { s3CodeOf, statusOf } from './s3-errors.ts'
import { probeS3 } from './s3-probe.ts'
import { readRange } from './s3-read.ts'
import { S3Upload, uploadMark } from './s3-upload.ts'

const MiB = 1024 * 1024

/** A bucket of AWS S3 or of a server that speaks its API. One folder (prefix) of it; what lies deeper is not seen. */
export class S3Store implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits
  readonly #record: S3Server
  readonly #connection: S3Connection
  readonly #calls: S3Calls
  /** What comes before each name: empty, or the prefix and a slash. */
  readonly #base: string
  /** Whether the server takes `If-None-Match`; some refuse it with 501. */
  #conditional: boolean
  #bucketSeen = false

  /** @throws EngineError `input.invalid` for a proxy or CA that cannot be read. */
  constructor(record: S3Server, secrets: S3Secrets | null, context: StoreContext) {
    this.#record = record
    this.#connection = connectS3(record, secrets, context)
    const masked = [secrets?.secretAccessKey, secrets?.sessionToken].filter(secret => secret !== undefined)
    this.#calls = new S3Calls(this.#connection, masked)
    const prefix = record.prefix.replace(/^\/+|\/+$/g, '')
    this.#base = prefix === '' ? '' : `${prefix}/`
    const place = `s3://${record.bucket}${prefix === '' ? '' : `/${prefix}`}`
    this.about = record.endpoint === undefined ? place : `${place} at ${new URL(record.endpoint).host}`
    this.#conditional = record.learned['ifNoneMatch'] !== false
    const maxParts = typeof record.learned['maxParts'] === 'number' ? record.learned['maxParts'] : 10_000
    // Parts are whole blocks of about 8 MiB, at times smaller; a file that reaches this goes on in volumes.
    this.limits = { maxObjectBytes: maxParts * 8 * MiB, minPartBytes: 5 * MiB, maxParts }
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    // Deeper keys belong to others; the server folds them into common prefixes instead of sending them.
    for await (const { path, ...rest } of this.#keys(prefix, '/', options))
      if (isObjectName(path)) yield { name: path, ...rest }
  }

  async *listVendor(folder: VendorFolder, options: CallOptions = {}): AsyncGenerator<VendorObject> {
    const below = `${folder}/`
    for await (const { path, ...rest } of this.#keys(below, null, options))
      yield { path: path.slice(below.length), ...rest }
  }

  /** Keys that start with `prefix` below the base, without the base. */
  async *#keys(prefix: string, delimiter: '/' | null, options: CallOptions): AsyncGenerator<VendorObject> {
    const call: Call = { during: 'server.list', subject: this.about, signal: options.signal }
    let token: string | undefined
    do {
      const page: ListObjectsV2CommandOutput = await this.#calls.send(
        new ListObjectsV2Command({
          Bucket: this.#record.bucket,
          Prefix: this.#base + prefix,
          ...(delimiter === null ? {} : { Delimiter: delimiter }),
          // Keys of others may hold characters that XML cannot.
          EncodingType: 'url',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        call,
      )
      if (page.Name === undefined && page.Contents === undefined && page.IsTruncated === undefined) {
        throw wrongAnswer(call, 'an answer that is no listing')
      }
      this.#bucketSeen = true
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = page.EncodingType === 'url' ? decoded(Key ?? '') : (Key ?? '')
        if (!key.startsWith(this.#base + prefix) || Size === undefined) continue
        yield { path: key.slice(this.#base.length), size: Size, modified: LastModified?.getTime() ?? null }
      }
      const next = page.IsTruncated ? page.NextContinuationToken : undefined
      if (page.IsTruncated && (next === undefined || next === token)) {
        throw wrongAnswer(call, 'a listing that says it goes on and does not say where')
      }
      token = next
    } while (token !== undefined)
  }

  async stat(name: string, options: CallOptions = {}): Promise<ObjectInfo | null> {
    const head = await this.#head(this.#source(name, 'server.stat'), this.#call('server.stat', name, options))
    return head === null ? null : { name, size: head.size, modified: head.modified }
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const call = { ...this.#call('server.read', name, options), gate: options.gate, into: options.into }
    const source = this.#source(name, call.during, options.within)
    yield* readRange(this.#calls, source, range, call, () => this.stat(name, options))
  }

  async put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    const call = { ...this.#call('server.write', name, options), gate: options.gate }
    const source = this.#source(name, call.during)
    if (options.ifAbsent && (await this.#head(source, call)) !== null) throw exists(call)
    await this.#unlessPresent(options.ifAbsent === true, async condition => {
      const answer = await this.#calls.sendBytes(
        Body => new PutObjectCommand({ ...source, ...condition, Body, ContentLength: body.length }),
        body,
        call,
      )
      if (answer.ETag === undefined) throw wrongAnswer(call, 'no ETag for what was written')
    })
  }

  async upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    const call = this.#call('server.upload', name, options)
    const source = this.#source(name, call.during)
    const shared = {
      calls: this.#calls,
      name,
      source,
      listParts: this.#record.learned['listParts'] !== false,
      head: (during: string, signal: AbortSignal | undefined) =>
        this.#head(source, { during, subject: name, signal }),
      unlessPresent: (work: (condition: { IfNoneMatch?: string }) => Promise<void>) =>
        this.#unlessPresent(true, work),
    }
    if (options.resume) return S3Upload.resume(shared, options.resume, call)
    const id = randomUUID()
    const answer = await this.#calls.send(
      new CreateMultipartUploadCommand({ ...source, Metadata: { [uploadMark]: id } }),
      call,
    )
    if (!answer.UploadId) throw wrongAnswer(call, 'no id for the upload')
    return S3Upload.fresh(shared, { uploadId: answer.UploadId, key: source.Key, id })
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    const call = this.#call('server.remove', name, options)
    try {
      await this.#calls.send(new DeleteObjectCommand(this.#source(name, call.during)), call)
    } catch (err) {
      if (err instanceof EngineError && err.code === 'remote.not-found') return
      throw err
    }
  }

  probe(options: CallOptions = {}): Promise<ProbeReport> {
    return probeS3({
      store: this,
      calls: this.#calls,
      connection: this.#connection,
      record: this.#record,
      base: this.#base,
      signal: options.signal,
    })
  }

  async vendorFolder(options: CallOptions = {}): Promise<string | null> {
    const there = async (level: string, folder: VendorFolder): Promise<boolean> => {
      const { Contents } = await this.#calls.send(
        new ListObjectsV2Command({
          Bucket: this.#record.bucket,
          Prefix: `${level}${folder}/`,
          MaxKeys: 1,
          EncodingType: 'url',
        }),
        this.#call('server.list', folder, options),
      )
      return (Contents ?? []).length > 0
    }
    return vendorAmong(levelsOf(this.#base), { there, unseen: ['auth.denied'] })
  }

  async close(): Promise<void> {
    this.#connection.client.destroy()
    this.#connection.plain?.destroy()
    this.#connection.agents.destroy()
  }

  #source(name: string, during: string, within?: VendorFolder): { Bucket: string; Key: string } {
    if (!isObjectName(name)) {
      throw new EngineError('input.invalid', during, {
        subject: name,
        detail: 'not a name for a backup file',
      })
    }
    return { Bucket: this.#record.bucket, Key: `${this.#base}${within ? `${within}/` : ''}${name}` }
  }

  #call(during: string, subject: string, options: CallOptions): Call {
    return { during, subject, signal: options.signal }
  }

  /** Null when there is no such object, but an error when there is no such bucket: HEAD answers both with a bare 404. */
  async #head(
    source: { Bucket: string; Key: string },
    call: Call,
  ): Promise<{ size: number; modified: number | null; mark: string | null } | null> {
    let answer: HeadObjectCommandOutput
    try {
      answer = await this.#calls.send(new HeadObjectCommand(source), call)
    } catch (err) {
      if (!(err instanceof EngineError)) throw err
      if (err.code === 'remote.not-found') {
        if (!this.#bucketSeen) await this.#seeBucket(call)
        return null
      }
      throw await this.#explained(err, source, call)
    }
    if (answer.ContentLength === undefined) throw wrongAnswer(call, 'no length of the object')
    this.#bucketSeen = true
    return {
      size: answer.ContentLength,
      modified: answer.LastModified?.getTime() ?? null,
      mark: answer.Metadata?.[uploadMark] ?? null,
    }
  }

  async #seeBucket(call: Call): Promise<void> {
    try {
      await this.#calls.send(new HeadBucketCommand({ Bucket: this.#record.bucket }), call)
    } catch (err) {
      if (!(err instanceof EngineError)) throw err
      if (err.code === 'remote.not-found') {
        throw new EngineError('remote.no-container', call.during, {
          subject: this.about,
          detail: `there is no bucket ${this.#record.bucket}`,
          cause: err,
        })
      }
      // A key that may read objects but not ask about the bucket: then the object is what is missing.
      if (err.code !== 'auth.denied') throw err
    }
    this.#bucketSeen = true
  }

  /** A refused HEAD gives no reason, so the same question is put as a GET of one byte. */
  async #explained(
    err: EngineError,
    source: { Bucket: string; Key: string },
    call: Call,
  ): Promise<EngineError> {
    const status = statusOf(err.cause)
    if (s3CodeOf(err.cause) !== '' || (status !== 403 && status !== 400 && status !== 301)) return err
    try {
      const answer = await this.#calls.send(new GetObjectCommand({ ...source, Range: 'bytes=0-0' }), call)
      ;(answer.Body as Readable | undefined)?.once('error', () => {}).destroy()
      return err
    } catch (reason) {
      return reason instanceof EngineError && reason.code !== 'remote.not-found' ? reason : err
    }
  }

  /** Does `work` under the condition that the object is absent, as far as this server knows the condition. */
  async #unlessPresent(
    wanted: boolean,
    work: (condition: { IfNoneMatch?: string }) => Promise<void>,
  ): Promise<void> {
    if (!wanted || !this.#conditional) return work({})
    try {
      await work({ IfNoneMatch: '*' })
    } catch (err) {
      if (!(err instanceof EngineError) || err.code !== 'remote.unsupported') throw err
      await work({})
      // Only now is it sure that the condition was the trouble.
      this.#conditional = false
    }
  }
}

function exists(call: Call): EngineError {
  return new EngineError('remote.exists', call.during, { subject: call.subject })
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    // Not encoded after all. None of our names has anything to decode.
    return key
  }
}
