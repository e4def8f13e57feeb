import { randomBytes } from 'node:crypto'
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'
import { EngineError } from '../../engine-error.ts'
import type { HttpAgents } from '../http/agents.ts'
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
import type { AzureSecrets, AzureServer, StoreContext } from '../server-record.ts'
import { levelsOf, vendorAmong } from '../vendor-levels.ts'
import { azureAccount } from './azure-account.ts'
import { md5, sendPieces } from './azure-body.ts'
import { azureClient } from './azure-client.ts'
import type { AzureGet } from './azure-get.ts'
import { errorCodeOf, fromAzureError, isBlobNotFound } from './azure-errors.ts'
import { probeAzure } from './azure-probe.ts'
import type { Wanted } from './azure-read.ts'
import { plainBody, sdkBody } from './azure-read.ts'
import { AzureUpload, heldBlocks } from './azure-upload.ts'
import { maxBlocks } from './block-id.ts'

/** One container of Azure Blob Storage, or the part of it below a prefix. See the folder's README. */
export class AzureStore implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits = {
    maxObjectBytes: maxBlocks * 4000 * 1024 * 1024,
    minPartBytes: 1,
    maxParts: maxBlocks,
  }
  readonly #container: ContainerClient
  readonly #agents: HttpAgents
  readonly #plain: AzureGet | null
  readonly #prefix: string
  readonly #endpoint: URL
  readonly #sasExpires: number | null

  /** @throws EngineError `input.invalid` when record and secrets do not fit together. */
  constructor(record: AzureServer, secrets: AzureSecrets, context: StoreContext) {
    const account = azureAccount(record, secrets)
    const { container, agents, plain } = azureClient(account, record, context)
    this.#container = container
    this.#agents = agents
    this.#plain = plain
    this.#endpoint = account.endpoint
    const prefix = record.prefix.replace(/^\/+|\/+$/g, '')
    this.#prefix = prefix === '' ? '' : `${prefix}/`
    const at = record.endpoint === undefined ? account.account : `${account.account}@${account.endpoint.host}`
    this.about = `azure://${at}/${record.container}${prefix === '' ? '' : `/${prefix}`}`
    const expires = Date.parse(new URLSearchParams(account.sas ?? '').get('se') ?? '')
    this.#sasExpires = Number.isNaN(expires) ? null : expires
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    const options = { prefix: this.#prefix + prefix, ...abortOf(signal) }
    let last: string | undefined
    try {
      signal?.throwIfAborted()
      // With a delimiter the names nested deeper, which are not ours, are not even sent.
      for await (const page of this.#container.listBlobsByHierarchy('/', options).byPage()) {
        for (const blob of page.segment.blobItems) {
          signal?.throwIfAborted()
          const name = blob.name.slice(this.#prefix.length)
          if (!blob.name.startsWith(this.#prefix + prefix) || !isObjectName(name)) continue
          const size = blob.properties.contentLength
          if (size === undefined)
            throw new EngineError('remote.wrong-answer', 'server.list', {
              subject: this.about,
              detail: `no size for ${name}`,
            })
          yield { name, size, modified: blob.properties.lastModified?.getTime() ?? null }
        }
        const next = page.continuationToken
        if (next && next === last)
          throw new EngineError('remote.wrong-answer', 'server.list', {
            subject: this.about,
            detail: 'the listing goes in circles',
          })
        last = next
      }
    } catch (err) {
      throw this.#failure(err, 'server.list', this.about, signal)
    }
  }

  async stat(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | null> {
    const blob = this.#blob(name, 'server.stat')
    try {
      signal?.throwIfAborted()
      const { contentLength, lastModified } = await blob.getProperties(abortOf(signal))
      if (contentLength === undefined)
        throw new EngineError('remote.wrong-answer', 'server.stat', { subject: name, detail: 'no size' })
      return { name, size: contentLength, modified: lastModified?.getTime() ?? null }
    } catch (err) {
      if (isBlobNotFound(err)) return null
      throw this.#failure(err, 'server.stat', name, signal)
    }
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    { signal, gate, into, within }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { offset, length } = range
    const blob = this.#blob(name, 'server.read', within)
    try {
      signal?.throwIfAborted()
      if (length === 0) {
        await this.#atEnd(name, offset, signal, false)
        return
      }
      const last = length === undefined ? undefined : offset + length - 1
      const plain = (await this.#plain?.ask(blob.url, offset, last, signal)) ?? null
      const body = plain
        ? plainBody(plain, range, { name, into })
        : await this.#sdkBody(blob, range, { name, into, signal })
      for await (const piece of body) {
        const wait = gate?.(piece.byteLength)
        // An `await` of nothing would still give the SDK's stream a turn to pause and resume its socket.
        if (wait) await wait
        signal?.throwIfAborted()
        yield piece
      }
    } catch (err) {
      throw this.#failure(err, 'server.read', name, signal)
    }
  }

  async put(name: string, bytes: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    const blob = this.#blob(name, 'server.put')
    const conditions = options.ifAbsent ? { conditions: { ifNoneMatch: '*' } } : {}
    try {
      options.signal?.throwIfAborted()
      const transactionalContentMD5 = await md5(bytes)
      await sendPieces(bytes, options, (body, abortSignal) =>
        blob.upload(body, bytes.byteLength, { abortSignal, transactionalContentMD5, ...conditions }),
      )
    } catch (err) {
      throw this.#failure(err, 'server.put', name, options.signal)
    }
  }

  async upload(
    name: string,
    { signal, resume }: CallOptions & { resume?: UploadToken } = {},
  ): Promise<Upload> {
    const blob = this.#blob(name, 'server.upload')
    const failure = (err: unknown, at: AbortSignal | undefined) =>
      this.#failure(err, 'server.upload', name, at)
    try {
      signal?.throwIfAborted()
      if (resume === undefined) {
        const id = randomBytes(8).toString('hex')
        return new AzureUpload({ blob, name, id, failure }, { parts: new Map(), generation: 0 })
      }
      const id = String(resume['id'])
      const held =
        resume['blob'] === name && /^[0-9a-f]{16}$/.test(id) ? await heldBlocks(blob, id, signal) : null
      if (held === null) {
        throw new EngineError('remote.not-found', 'server.upload', {
          subject: name,
          detail: 'the server holds no part of this upload',
        })
      }
      return new AzureUpload({ blob, name, id, failure }, held)
    } catch (err) {
      throw failure(err, signal)
    }
  }

  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    const blob = this.#blob(name, 'server.remove')
    try {
      signal?.throwIfAborted()
      await blob.delete(abortOf(signal))
    } catch (err) {
      if (!isBlobNotFound(err)) throw this.#failure(err, 'server.remove', name, signal)
    }
  }

  async probe({ signal }: CallOptions = {}): Promise<ProbeReport> {
    const date = async () => {
      // Of the listing, not of the container's properties: a SAS token for one container may not read those.
      const pages = this.#container.listBlobsByHierarchy('/', { prefix: this.#prefix, ...abortOf(signal) })
      const first = await pages.byPage({ maxPageSize: 1 }).next()
      return first.done ? null : (first.value.date?.getTime() ?? null)
    }
    try {
      return await probeAzure(this, {
        date,
        endpoint: this.#endpoint,
        sasExpires: this.#sasExpires,
        proxy: this.#agents.proxy,
        signal,
      })
    } catch (err) {
      throw this.#failure(err, 'server.test', this.about, signal)
    }
  }

  async vendorFolder({ signal }: CallOptions = {}): Promise<string | null> {
    const there = async (level: string, folder: VendorFolder): Promise<boolean> => {
      const options = { prefix: `${level}${folder}/`, ...abortOf(signal) }
      try {
        const page = await this.#container.listBlobsFlat(options).byPage({ maxPageSize: 1 }).next()
        return !page.done && page.value.segment.blobItems.length > 0
      } catch (err) {
        throw this.#failure(err, 'server.list', this.about, signal)
      }
    }
    return vendorAmong(levelsOf(this.#prefix), { there, unseen: ['auth.denied'] })
  }

  async *listVendor(folder: VendorFolder, { signal }: CallOptions = {}): AsyncGenerator<VendorObject> {
    const prefix = `${this.#prefix}${folder}/`
    try {
      signal?.throwIfAborted()
      for await (const { segment } of this.#container.listBlobsFlat({ prefix, ...abortOf(signal) }).byPage())
        for (const { name, properties } of segment.blobItems) {
          if (!name.startsWith(prefix)) continue
          const { contentLength: size = 0, lastModified } = properties
          yield { path: name.slice(prefix.length), size, modified: lastModified?.getTime() ?? null }
        }
    } catch (err) {
      throw this.#failure(err, 'server.list', this.about, signal)
    }
  }

  async close(): Promise<void> {
    this.#plain?.destroy()
    this.#agents.destroy()
  }

  #blob(name: string, during: string, within?: VendorFolder): BlockBlobClient {
    if (!isObjectName(name))
      throw new EngineError('input.invalid', during, { subject: name, detail: 'no name for an object' })
    return this.#container.getBlockBlobClient(`${this.#prefix}${within ? `${within}/` : ''}${name}`)
  }

  /** Through the SDK: where a proxy is on the way, or what was answered is no plain success. */
  async #sdkBody(
    blob: BlockBlobClient,
    { offset, length }: { offset: number; length?: number },
    { name, into, signal }: Wanted & { signal: AbortSignal | undefined },
  ): Promise<AsyncIterable<Uint8Array>> {
    const answer = await blob
      .download(offset, length, { ...abortOf(signal), maxRetryRequests: 0 })
      .catch(async (err: unknown) => {
        if (errorCodeOf(err) !== 'InvalidRange' || length !== undefined) throw err
        await this.#atEnd(name, offset, signal, true)
        return null
      })
    return answer === null
      ? nothing()
      : sdkBody(answer, { offset, ...(length === undefined ? {} : { length }) }, { name, into })
  }

  /** Reading nothing at the end of an object is no error; past it is. */
  async #atEnd(
    name: string,
    offset: number,
    signal: AbortSignal | undefined,
    exactly: boolean,
  ): Promise<void> {
    const there = await this.stat(name, { signal })
    if (!there) throw new EngineError('remote.not-found', 'server.read', { subject: name })
    if (exactly ? offset !== there.size : offset > there.size)
      throw new EngineError('data.missing', 'server.read', {
        subject: name,
        detail: `it has ${there.size} bytes`,
      })
  }

  #failure(err: unknown, during: string, subject: string, signal: AbortSignal | undefined): EngineError {
    return fromAzureError(err, { during, subject, signal, sasExpires: this.#sasExpires, now: Date.now() })
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const abortOf = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal })
