import { randomBytes } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import { SshConnection } from '../../ssh/ssh-connection.ts'
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
import { isObjectName, partialMark } from '../object-store.ts'
import type { SftpSecrets, SftpServer, StoreContext } from '../server-record.ts'
import { levelsOfFolder, vendorAmong } from '../vendor-levels.ts'
import { vendorsOwn } from '../vendor-place.ts'
import { abortable } from './abortable.ts'
import { BulkLane } from './bulk-lane.ts'
import type { BulkUse } from './bulk-lane.ts'
import type { FileAttrs, FileChannel, OpenFile } from './file-channel.ts'
import { ReadAhead } from './read-ahead.ts'
import { status, statusOf } from './sftp-errors.ts'
import { filesBelow } from './files-below.ts'
import { probeSftp } from './sftp-probe.ts'
import { SftpSession } from './sftp-session.ts'
import { SftpUpload, unlessAbsent } from './sftp-upload.ts'
import type { UploadPlace } from './sftp-upload.ts'

/** A folder on an SFTP server. One connection, opened when first needed, shared, and opened again when it died. */
export class SftpStore implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits = { maxObjectBytes: Infinity, minPartBytes: 1, maxParts: Infinity }
  readonly #record: SftpServer
  readonly #secrets: SftpSecrets
  readonly #context: StoreContext
  readonly #folder: string
  #session: Promise<SftpSession> | null = null
  #folderReady: Promise<void> | null = null
  #closed = false
  readonly #bulk: BulkLane
  /** Keys a person vouched for on this store's connections: the caller may pin them in the record. */
  acceptedHostKey: string | undefined
  acceptedJumpHostKey: string | undefined

  constructor(
    record: SftpServer,
    secrets: SftpSecrets,
    context: StoreContext,
    options: { bulk?: BulkUse } = {},
  ) {
    this.#bulk = new BulkLane(options.bulk ?? 'auto', secrets, context)
    this.#record = record
    this.#secrets = secrets
    this.#context = context
    this.#folder = record.path.replace(/\/+$/, '') || (record.path.startsWith('/') ? '' : '.')
    const shown = record.path.startsWith('/') ? record.path : `/~/${record.path}`.replace(/\/\.$/, '')
    this.about = `sftp://${record.user}@${record.host}:${record.port}${shown}`
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    const during = 'server.list'
    const session = await this.#ready(during, signal)
    const path = this.#folder || '/'
    const handle = await abortable(session.opendir(path, during), signal, during, this.about).catch(
      (err: unknown) => {
        throw statusOf(err) === status.noSuchFile ? this.#noContainer(during, 'the folder is gone', err) : err
      },
    )
    try {
      for (;;) {
        const entries = await abortable(session.readdir(handle, during, path), signal, during, this.about)
        if (!entries) return
        for (const { filename: name, attrs } of entries) {
          if (!name.startsWith(prefix) || !isObjectName(name) || name.includes(partialMark)) continue
          // Folders, links, devices are not ours. A server that tells no mode is believed to mean a file.
          if (attrs.mode === undefined || attrs.isFile()) yield infoOf(name, attrs)
        }
      }
    } finally {
      session.close(handle, during).catch(() => {})
    }
  }

  async stat(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | null> {
    const during = 'server.stat'
    const path = this.#pathOf(name, during)
    const session = await this.#ready(during, signal)
    try {
      const attrs = await abortable(session.stat(path, during), signal, during, name)
      return attrs.mode === undefined || attrs.isFile() ? infoOf(name, attrs) : null
    } catch (err) {
      if (statusOf(err) === status.noSuchFile) return null
      throw err
    }
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    { into, within, ...transfer }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const during = 'server.read'
    const { signal } = transfer
    const path = this.#pathOf(name, during, within)
    const session = await this.#ready(during, signal)
    // How much there is without a length is known only when the file is open.
    const first = (await this.#better(session, range.length ?? 0)) ?? session
    const handle = await abortable(first.open(path, 'r', during), signal, during, name)
    let file: OpenFile = { session: first, handle }
    // Not waited for: its answer comes behind all pieces still under way.
    const letGo = (one: OpenFile) => void one.session.close(one.handle, during).catch(() => {})
    try {
      const attrs = await abortable(first.fstat(handle, during, name), signal, during, name)
      const { size } = attrs
      const end = range.length === undefined ? Math.max(size, range.offset) : range.offset + range.length
      if (end > size)
        throw new EngineError('data.missing', during, {
          subject: name,
          detail: `${end} bytes asked for, ${size} there`,
        })
      if (into && end - range.offset > into.length)
        throw new EngineError('remote.wrong-answer', during, {
          subject: name,
          detail: `${end - range.offset} bytes do not fit into ${into.length}`,
        })
      const room = into ? Buffer.from(into.buffer, into.byteOffset, end - range.offset) : null
      this.#bulk.expect(end - range.offset, session)
      for (let offset = range.offset; offset < end;) {
        const better = file.session === session && (await this.#better(session, end - offset))
        if (better) {
          const moved = await abortable(reopen(better, path, attrs), signal, during, name)
          if (moved) {
            letGo(file)
            file = moved
          }
        }
        const stop = this.#bulk.undecided && file.session === session ? offset + undecidedBytes : end
        const stretch = { offset, end: Math.min(stop, end) }
        const place = room?.subarray(offset - range.offset, stretch.end - range.offset) ?? null
        yield* new ReadAhead(file, name, stretch, transfer, place).pieces()
        offset = stretch.end
      }
    } catch (err) {
      throw await file.session.explain(err, during, name, this.#folder || '/')
    } finally {
      letGo(file)
    }
  }

  async put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    const upload = await this.#begin(name, options.signal)
    try {
      await upload.write({ offset: 0, bytes: body }, options)
      await upload.finish(body.length, options.ifAbsent ? 'create' : 'replace', options.signal)
    } catch (err) {
      await upload.abort()
      throw err
    }
  }

  async upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    const { resume, signal } = options
    if (!resume) return this.#begin(name, signal)
    const during = 'server.upload'
    const tag = String(resume['tag'])
    const place = this.#place(name, tag)
    if (!/^[0-9a-f]{16}$/.test(tag))
      throw new EngineError('input.invalid', during, { subject: name, detail: 'not a token of this store' })
    const session = await this.#ready(during, signal)
    const handle = await abortable(session.open(place.partial, 'r+', during), signal, during, name)
    const { size } = await abortable(session.fstat(handle, during, name), signal, during, name)
    return new SftpUpload(place, { session, handle }, size, { tag })
  }

  async #begin(name: string, signal: AbortSignal | undefined): Promise<SftpUpload> {
    const during = 'server.upload'
    const tag = randomBytes(8).toString('hex')
    const place = this.#place(name, tag)
    const session = await this.#ready(during, signal)
    try {
      const handle = await abortable(session.open(place.partial, 'wx', during), signal, during, name)
      return new SftpUpload(place, { session, handle }, 0, { tag })
    } catch (err) {
      // Here a file that is not there can only mean its folder.
      if (statusOf(err) === status.noSuchFile) throw this.#noContainer(during, 'the folder is gone', err)
      throw await session.explain(err, during, name, this.#folder || '/')
    }
  }

  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    const during = 'server.remove'
    const path = this.#pathOf(name, during)
    const session = await this.#ready(during, signal)
    try {
      await abortable(session.unlink(path, during).catch(unlessAbsent), signal, during, name)
    } catch (err) {
      throw await session.explain(err, during, name, this.#folder || '/')
    }
  }

  async probe({ signal }: CallOptions = {}): Promise<ProbeReport> {
    const session = await this.#ready('server.test', signal)
    return probeSftp(this, session, this.#folder || '/', signal)
  }

  async vendorFolder({ signal }: CallOptions = {}): Promise<string | null> {
    const during = 'server.list'
    // Not `#ready`: whoever only looks makes no folder.
    const session = await abortable(this.#connected(during), signal, during, this.about)
    return this.#vendorFolder(session, during, signal)
  }

  #vendorFolder(
    session: SftpSession,
    during: string,
    signal: AbortSignal | undefined,
  ): Promise<VendorFolder | null> {
    const there = async (level: string, folder: VendorFolder): Promise<boolean> => {
      try {
        const attrs = await abortable(session.stat(`${level}${folder}`, during), signal, during, folder)
        return attrs.mode === undefined || attrs.isDirectory()
      } catch (err) {
        if (statusOf(err) === status.noSuchFile) return false
        throw err
      }
    }
    const unseen = ['auth.denied', 'remote.failed', 'remote.unsupported'] as const
    return vendorAmong(levelsOfFolder(this.#record.path), { there, unseen })
  }

  async *listVendor(folder: VendorFolder, { signal }: CallOptions = {}): AsyncGenerator<VendorObject> {
    const session = await this.#ready('server.list', signal)
    yield* filesBelow(session, `${this.#folder}/${folder}`, { about: this.about, signal })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#bulk.close()
    const session = this.#session
    this.#session = null
    const open = await session?.catch(() => null)
    open?.connection.close()
  }

  #place(name: string, tag: string): UploadPlace {
    const final = this.#pathOf(name, 'server.upload')
    return {
      session: (during, signal) => this.#ready(during, signal),
      better: (than, bytes) => {
        if (than instanceof SftpSession) this.#bulk.expect(bytes, than)
        return this.#better(than, bytes)
      },
      name,
      final,
      partial: `${final}${partialMark}${tag}`,
      folder: this.#folder || '/',
    }
  }

  /** A better channel than one for the transfer of so many bytes; null when it is the best. */
  async #better(than: FileChannel, bytes: number): Promise<FileChannel | null> {
    const best = than instanceof SftpSession ? await this.#bulk.choose(bytes, than) : than
    return best === than ? null : best
  }

  #pathOf(name: string, during: string, within?: VendorFolder): string {
    if (!isObjectName(name))
      throw new EngineError('input.invalid', during, {
        subject: name,
        detail: 'not a name for a backup file',
      })
    return `${this.#folder}/${within ? `${within}/` : ''}${name}`
  }

  /** A live session, and the folder there. Connecting goes on when one of several callers gives up. */
  async #ready(during: string, signal: AbortSignal | undefined): Promise<SftpSession> {
    const ready = (async () => {
      const session = await this.#connected(during)
      this.#folderReady ??= this.#makeFolder(session, during).catch((err: unknown) => {
        this.#folderReady = null
        throw err
      })
      await this.#folderReady
      return session
    })()
    return abortable(ready, signal, during, this.about)
  }

  async #connected(during: string): Promise<SftpSession> {
    const last = this.#session
    const session = await last
    if (session && !session.failure) return session
    if (this.#session === last) {
      const next = this.#connect(during)
      this.#session = next
      next.catch(() => {
        if (this.#session === next) this.#session = null
      })
    }
    return this.#session ?? this.#connected(during)
  }

  async #connect(during: string): Promise<SftpSession> {
    if (this.#closed) throw new EngineError('internal', during, { subject: this.about, detail: 'closed' })
    const { host, port, user, jump } = this.#record
    const hostKey = this.#record.hostKey ?? this.acceptedHostKey
    const via = jump && { ...jump, hostKey: jump.hostKey ?? this.acceptedJumpHostKey }
    const connection = await SshConnection.open({ host, port, user, hostKey }, this.#secrets, this.#context, {
      jump: via,
      during,
    })
    const [target, through] = connection.trusted.toReversed()
    if (target?.by === 'confirmed') this.acceptedHostKey = target.key.fingerprint
    if (through?.by === 'confirmed') this.acceptedJumpHostKey = through.key.fingerprint
    try {
      return await SftpSession.open(connection, during)
    } catch (err) {
      connection.close()
      throw err
    }
  }

  /** The folder is made when only it is missing: a path whose parent is missing too is more likely a slip. */
  async #makeFolder(session: SftpSession, during: string): Promise<void> {
    const path = this.#folder || '/'
    try {
      const attrs = await session.stat(path, during)
      if (attrs.mode !== undefined && !attrs.isDirectory()) throw this.#noContainer(during, 'not a folder')
      return
    } catch (err) {
      if (statusOf(err) !== status.noSuchFile) throw err
    }
    const vendors = await this.#vendorFolder(session, during, undefined)
    if (vendors !== null) throw vendorsOwn(this.about, vendors, during)
    try {
      await session.mkdir(path, during)
    } catch (err) {
      if (statusOf(err) === status.noSuchFile)
        throw this.#noContainer(during, 'nor is the folder above it there', err)
      // Another process may have made it meanwhile.
      const made = await session.stat(path, during).catch(() => null)
      if (!made?.isDirectory()) throw await session.explain(err, during, path, `${path}/..`)
    }
  }

  #noContainer(during: string, detail: string, cause?: unknown): EngineError {
    return new EngineError('remote.no-container', during, { subject: this.about, detail, cause })
  }
}

/** Read on the store's own channel while it is not known yet whether there will be a better one. */
const undecidedBytes = 2 * 1024 * 1024

/** The file again on another channel; null when that fails, or when another one has its name meanwhile. */
async function reopen(channel: FileChannel, path: string, was: FileAttrs): Promise<OpenFile | null> {
  const during = 'server.read'
  try {
    const handle = await channel.open(path, 'r', during)
    const is = await channel.fstat(handle, during, path)
    if (is.size === was.size && is.mtime === was.mtime) return { session: channel, handle }
    await channel.close(handle, during)
    return null
  } catch {
    return null
  }
}

/** SFTP 3 counts time in whole seconds. */
const infoOf = (name: string, attrs: { size: number; mtime: number | undefined }): ObjectInfo => ({
  name,
  size: attrs.size,
  modified: attrs.mtime === undefined ? null : attrs.mtime * 1000,
})
