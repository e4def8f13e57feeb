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
} from '../object-store.ts'
import { isObjectName, pieceBytes } from '../object-store.ts'
import type { FtpSecrets, FtpServer, StoreContext } from '../server-record.ts'
import { cancelled } from '../watchdog.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { fromFtpError } from './ftp-errors.ts'
import { modifiedAt, removeFile, renameFile, sizeOf, statFile } from './ftp-files.ts'
import { listEntries } from './ftp-list.ts'
import { probeFtp } from './ftp-probe.ts'
import { FtpReads } from './ftp-reads.ts'
import { FtpSession } from './ftp-session.ts'
import { FtpTransfer } from './ftp-transfer.ts'
import { FtpUpload, partialName } from './ftp-upload.ts'
import { vendorAround } from './ftp-vendors.ts'

/** A folder on an FTP or FTPS server. What it can promise and what not is in the README of this folder. */
export class FtpStore implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits = { maxObjectBytes: Infinity, minPartBytes: 1, maxParts: Infinity }
  readonly #session: FtpSession
  readonly #reads: FtpReads

  constructor(record: FtpServer, secrets: FtpSecrets, context: StoreContext) {
    this.#session = new FtpSession(record, secrets, context)
    this.#reads = new FtpReads(this.#session)
    this.about = this.#session.about
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    const during = 'store.list'
    yield* this.#streamed(during, this.about, signal, async function* (connection) {
      for await (const entry of listEntries(connection)) if (entry.name.startsWith(prefix)) yield entry
    })
  }

  async stat(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | null> {
    const during = 'store.stat'
    checkName(name, during)
    return this.#session.use({ during, subject: name, purpose: 'read', signal }, async connection => {
      const info = await statFile(connection, name)
      if (info === null || info.modified !== null || !connection.offers('MDTM')) return info
      return { ...info, modified: await modifiedAt(connection, name) }
    })
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    checkName(name, 'store.read')
    if (options.within)
      throw new EngineError('remote.unsupported', 'store.read', {
        subject: this.about,
        detail: `Drydock cannot look into ${options.within}/ on an FTP server`,
      })
    yield* this.#reads.read(name, range, options)
  }

  async put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    const during = 'store.put'
    checkName(name, during)
    const { signal, gate, ifAbsent = false } = options
    const partial = partialName(name)
    let begun = false
    try {
      await this.#session.use({ during, subject: name, purpose: 'write', signal }, async connection => {
        const refuseExisting = async (): Promise<void> => {
          if (!ifAbsent || (await sizeOf(connection, name)) === null) return
          throw new EngineError('remote.exists', during, { subject: name })
        }
        await refuseExisting()
        begun = true
        const transfer = await FtpTransfer.begin(connection, `STOR ${partial}`)
        for (let at = 0; at < body.length; at += pieceBytes) {
          const piece = body.subarray(at, at + pieceBytes)
          await gate?.(piece.length)
          await transfer.write(piece)
        }
        await transfer.finish()
        const held = await sizeOf(connection, partial)
        if (held !== body.length) {
          const detail = `the server holds ${held ?? 0} bytes of ${body.length}`
          throw new EngineError('remote.wrong-answer', during, { subject: name, detail })
        }
        // Once more just before the rename: FTP has no rename that spares an existing file.
        await refuseExisting()
        await renameFile(connection, partial, name, !ifAbsent)
      })
    } catch (err) {
      if (begun) await this.#removeQuietly(partial)
      throw err
    } finally {
      // What comes of an older object must not be taken for the new one's.
      await this.#reads.dropIdle(name)
    }
  }

  async upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    checkName(name, 'store.upload')
    const { resume, signal } = options
    if (resume) return FtpUpload.resume(this.#session, name, resume, signal)
    return FtpUpload.begin(this.#session, name, signal)
  }

  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    const during = 'store.remove'
    checkName(name, during)
    await this.#session.use({ during, subject: name, purpose: 'read', signal }, connection =>
      removeFile(connection, name),
    )
    await this.#reads.dropIdle(name)
  }

  async probe({ signal }: CallOptions = {}): Promise<ProbeReport> {
    return probeFtp(this, this.#session, signal)
  }

  async vendorFolder({ signal }: CallOptions = {}): Promise<string | null> {
    const call = { during: 'store.list', subject: this.about, purpose: 'look', signal } as const
    return this.#session.use(call, connection => vendorAround(connection, this.#session.record.path))
  }

  async close(): Promise<void> {
    this.#session.close()
  }

  /** A sequence on a connection of its own, which goes back when the sequence ends, however it does. */
  async *#streamed<T>(
    during: string,
    subject: string,
    signal: AbortSignal | undefined,
    work: (connection: FtpConnection) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    for (;;) {
      const connection = await this.#session.take(during, 'read', signal)
      const release = connection.guard(signal, during)
      let yielded = false
      try {
        for await (const item of work(connection)) {
          if (signal?.aborted) throw cancelled(during, subject, signal)
          yielded = true
          yield item
        }
        return
      } catch (err) {
        if (!yielded && this.#session.fallsBack(err, connection)) continue
        throw signal?.aborted ? cancelled(during, subject, signal) : fromFtpError(err, during, subject)
      } finally {
        release()
        this.#session.giveBack(connection)
      }
    }
  }

  /** Cleans up after a failure, with time of its own: the caller's signal may be what failed. */
  async #removeQuietly(partial: string): Promise<void> {
    const signal = AbortSignal.timeout(10_000)
    const call = { during: 'store.put', subject: partial, purpose: 'read', signal } as const
    await this.#session.use(call, connection => removeFile(connection, partial)).catch(() => {})
  }
}

function checkName(name: string, during: string): void {
  if (!isObjectName(name))
    throw new EngineError('input.invalid', during, {
      subject: JSON.stringify(name.slice(0, 80)),
      detail: 'not a name for an object',
    })
}
