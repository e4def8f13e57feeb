import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../engine-error.ts'
import type { CallOptions, Transfer, Upload, UploadToken } from '../object-store.ts'
import { partialMark, pieceBytes } from '../object-store.ts'
import { cancelled } from '../watchdog.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { fromFtpError, isReply } from './ftp-errors.ts'
import { removeFile, renameFile, sizeOf } from './ftp-files.ts'
import type { FtpSession } from './ftp-session.ts'
import { FtpTail } from './ftp-tail.ts'
import { FtpTransfer, buffersBytes } from './ftp-transfer.ts'

/** How long `abort` and `detach` may take, in ms: they run when all else is over. */
const farewellMs = 10_000
/** A server may still be writing what it had received when the connection broke. */
const settleMs = 150

/** The name under which an object of this name grows. */
export const partialName = (name: string, id = randomBytes(8).toString('hex')): string =>
  `${name}${partialMark}${id}`

/**
 * An upload into a partial name. One STOR stays open over all parts, as an FTP server acknowledges only at its
 * end. After a failure the server is asked how much it holds; what it lost comes from the tail that we keep.
 */
export class FtpUpload implements Upload {
  readonly token: UploadToken
  readonly width = 1
  readonly confirmed: { bytes: number; parts: null }
  readonly #session: FtpSession
  readonly #name: string
  readonly #partial: string
  #open: { connection: FtpConnection; transfer: FtpTransfer } | null = null
  /** Where the next part belongs. */
  #position: number
  #tail: FtpTail
  /** A rename was sent whose answer may have been lost. */
  #renaming = false

  private constructor(session: FtpSession, name: string, partial: string, confirmed: number) {
    this.#session = session
    this.#name = name
    this.#partial = partial
    this.token = { name, partial }
    this.confirmed = { bytes: confirmed, parts: null }
    this.#position = confirmed
    this.#tail = new FtpTail(confirmed, buffersBytes)
  }

  /** The partial is there when this resolves, so that the token can be resumed from then on. */
  static async begin(session: FtpSession, name: string, signal: AbortSignal | undefined): Promise<FtpUpload> {
    const upload = new FtpUpload(session, name, partialName(name), 0)
    await upload.#attempt('store.upload', signal, () => upload.#openAt(0, signal))
    return upload
  }

  static async resume(
    session: FtpSession,
    name: string,
    token: UploadToken,
    signal: AbortSignal | undefined,
  ): Promise<FtpUpload> {
    const { partial } = token
    const mine = typeof partial === 'string' && partial.startsWith(`${name}${partialMark}`)
    if (!mine || !/^[0-9a-f]{16}$/.test(partial.slice(name.length + partialMark.length))) {
      throw new EngineError('input.invalid', 'store.upload', {
        subject: name,
        detail: 'a token of another upload',
      })
    }
    const held = await session.use(
      { during: 'store.upload', subject: name, purpose: 'write', signal },
      connection => settledSize(connection, partial),
    )
    if (held === null) throw new EngineError('remote.not-found', 'store.upload', { subject: partial })
    return new FtpUpload(session, name, partial, session.resumeWay === 'none' ? 0 : held)
  }

  async rewind(to: { bytes: number; parts: number }): Promise<void> {
    if (to.bytes > this.confirmed.bytes)
      throw this.#misuse('upload.rewind', 'a boundary above what is confirmed')
    await this.#hangUp()
    this.#position = to.bytes
    this.#tail = new FtpTail(to.bytes, buffersBytes)
  }

  async write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    const { signal, gate } = options
    if (part.offset > this.#position) throw this.#misuse('upload.write', `a gap before ${part.offset}`)
    await this.#attempt('upload.write', signal, async () => {
      if (this.#open && this.#position !== part.offset) await this.#finish()
      // Should anything fail from here on, the part begins again where it belongs.
      this.#position = part.offset
      const { transfer } = this.#open ?? (await this.#openAt(part.offset, signal))
      for (let at = 0; at < part.bytes.length; at += pieceBytes) {
        const piece = part.bytes.subarray(at, at + pieceBytes)
        await gate?.(piece.length)
        this.#tail.push(piece)
        await transfer.write(piece)
      }
      this.#position = part.offset + part.bytes.length
    })
  }

  async commit(total: { bytes: number; parts: number }, options: CallOptions = {}): Promise<void> {
    const { signal } = options
    if (total.bytes !== this.#position) {
      throw this.#misuse(
        'upload.commit',
        `${this.#position} bytes were written, ${total.bytes} are to be committed`,
      )
    }
    await this.#attempt('upload.commit', signal, async () => {
      if (this.#open) await this.#finish()
      if (
        await this.#using('upload.commit', signal, connection => this.#alreadyThere(connection, total.bytes))
      )
        return
      await this.#makeWhole(total.bytes, signal)
      await this.#using('upload.commit', signal, async connection => {
        if ((await sizeOf(connection, this.#name)) !== null) {
          throw new EngineError('remote.exists', 'upload.commit', { subject: this.#name })
        }
        this.#renaming = true
        await renameFile(connection, this.#partial, this.#name, false)
      })
    })
  }

  async abort(): Promise<void> {
    this.#drop()
    try {
      const signal = AbortSignal.timeout(farewellMs)
      await this.#using('upload.abort', signal, async connection => {
        await removeFile(connection, this.#partial)
        await removeFile(connection, fitted(this.#partial))
      })
    } catch {
      // What cannot be removed now is a partial that no listing shows.
    }
  }

  async detach(): Promise<void> {
    await this.#hangUp()
  }

  /** A rename whose answer was lost has happened all the same. */
  async #alreadyThere(connection: FtpConnection, total: number): Promise<boolean> {
    if (!this.#renaming || (await sizeOf(connection, this.#partial)) !== null) return false
    return (await sizeOf(connection, this.#name)) === total
  }

  /** Sees to it that the partial holds exactly `total` bytes. */
  async #makeWhole(total: number, signal: AbortSignal | undefined): Promise<void> {
    const size = (): Promise<number | null> =>
      this.#using('upload.commit', signal, connection => sizeOf(connection, this.#partial))
    let held = await size()
    if (held === null && total > 0)
      throw new EngineError('remote.not-found', 'upload.commit', { subject: this.#partial })
    if (held === null || held < total) {
      // The end was lost on its way, and nobody sends a part any more: the tail has it.
      await this.#openAt(total, signal)
      await this.#finish()
      held = await size()
    }
    if (held !== null && held > total) {
      // Left over from before a rewind: FTP can overwrite but not cut off.
      await this.#cutTo(total, signal)
      held = await size()
    }
    if (held === total) return
    const detail = `the server holds ${held ?? 0} bytes of ${total}`
    throw new EngineError('remote.wrong-answer', 'upload.commit', { subject: this.#partial, detail })
  }

  /** Copies the first `total` bytes of the partial, through us, into a file that takes its place. */
  async #cutTo(total: number, signal: AbortSignal | undefined): Promise<void> {
    const during = 'upload.commit'
    const copy = fitted(this.#partial)
    await this.#using(during, signal, source =>
      this.#using(during, signal, async sink => {
        const writing = await FtpTransfer.begin(sink, `STOR ${copy}`)
        if (total > 0) {
          const reading = await FtpTransfer.begin(source, `RETR ${this.#partial}`)
          let left = total
          for await (const piece of reading.pieces()) {
            await writing.write(piece.subarray(0, left))
            left -= Math.min(left, piece.length)
            if (left === 0) break
          }
          await reading.stop()
        }
        await writing.finish()
        await renameFile(sink, copy, this.#partial, true)
      }),
    )
  }

  /** Opens the stream so that the next byte sent is the one at `offset`. */
  async #openAt(offset: number, signal: AbortSignal | undefined): Promise<{ transfer: FtpTransfer }> {
    this.#tail.cut(Math.min(offset, this.#tail.end))
    const connection = await this.#session.take('upload.write', 'write', signal)
    const release = connection.guard(signal, 'upload.write')
    try {
      const { transfer, from } = await this.#begin(connection, offset)
      this.#open = { connection, transfer }
      for (const piece of from < offset ? this.#tail.from(from) : []) {
        for (let at = 0; at < piece.length; at += pieceBytes)
          await transfer.write(piece.subarray(at, at + pieceBytes))
      }
      return { transfer }
    } catch (err) {
      this.#open = null
      // Decided here, where the connection is known; `#attempt` then tries again.
      const again = this.#session.fallsBack(err, connection)
      this.#session.giveBack(connection)
      throw again ? new TryAgain() : err
    } finally {
      release()
    }
  }

  /** Begins a STOR or APPE at most at `offset`; `from` is where it really begins. */
  async #begin(connection: FtpConnection, offset: number): Promise<{ transfer: FtpTransfer; from: number }> {
    const held = offset === 0 ? 0 : ((await settledSize(connection, this.#partial)) ?? 0)
    const from = Math.min(held, offset)
    if (from < this.#tail.start && from < offset) {
      throw new EngineError('data.missing', 'upload.write', {
        subject: this.#partial,
        detail: `the server holds ${held} bytes of ${offset}; the upload must be taken up again from there`,
      })
    }
    if (from === 0) return { transfer: await FtpTransfer.begin(connection, `STOR ${this.#partial}`), from }
    if (this.#session.resumeWay === 'rest') {
      try {
        return { transfer: await FtpTransfer.begin(connection, `STOR ${this.#partial}`, from), from }
      } catch (err) {
        // 421, 425, 426, 452 and 552 have other reasons than the restart.
        if (!isReply(err, 350, 450, 451, 500, 501, 502, 503, 504, 550, 551, 554)) throw err
        this.#session.resumeWay = 'appe'
      }
    }
    if (this.#session.resumeWay === 'none') {
      const detail = 'this server cannot continue a file'
      throw new EngineError('remote.unsupported', 'upload.write', { subject: this.#partial, detail })
    }
    if (held > from) await this.#cutTo(from, undefined)
    return { transfer: await FtpTransfer.begin(connection, `APPE ${this.#partial}`), from }
  }

  /** Ends the stream and waits until the server has said that it holds everything. */
  async #finish(): Promise<void> {
    const open = this.#open
    if (!open) return
    await open.transfer.finish()
    this.#open = null
    this.#session.giveBack(open.connection)
  }

  /** Ends the stream in peace if that can be had soon, so that the server keeps what is on its way. */
  async #hangUp(): Promise<void> {
    const signal = AbortSignal.timeout(farewellMs)
    const release = this.#open?.connection.guard(signal, 'upload.detach')
    try {
      await this.#finish()
    } catch {
      this.#drop()
    } finally {
      release?.()
    }
  }

  #drop(): void {
    const open = this.#open
    this.#open = null
    if (!open) return
    open.connection.close()
    this.#session.giveBack(open.connection)
  }

  /** Runs one call of the caller under its signal. Whatever fails, the stream is gone and can be opened anew. */
  async #attempt(
    during: string,
    signal: AbortSignal | undefined,
    work: () => Promise<unknown>,
  ): Promise<void> {
    for (;;) {
      // The connection may change under way, so it is looked up when the signal fires.
      const stop = (): void => this.#open?.connection.close(cancelled(during, this.#name, signal))
      signal?.addEventListener('abort', stop, { once: true })
      try {
        signal?.throwIfAborted()
        await work()
        return
      } catch (err) {
        const at = this.#open?.connection
        const again = err instanceof TryAgain || (at !== undefined && this.#session.fallsBack(err, at))
        this.#drop()
        if (signal?.aborted) throw cancelled(during, this.#name, signal)
        if (!again) throw fromFtpError(err, during, this.#name)
      } finally {
        signal?.removeEventListener('abort', stop)
      }
    }
  }

  #using<T>(
    during: string,
    signal: AbortSignal | undefined,
    work: (connection: FtpConnection) => Promise<T>,
  ): Promise<T> {
    return this.#session.use({ during, subject: this.#name, purpose: 'write', signal }, work)
  }

  #misuse(during: string, detail: string): EngineError {
    return new EngineError('input.invalid', during, { subject: this.#name, detail })
  }
}

/** TLS 1.2 is in force now: the same once more. */
class TryAgain extends Error {}

/** Beside the partial while a too long one is being cut. */
const fitted = (partial: string): string => `${partial}-fit`

/** The size once it no longer changes. */
async function settledSize(connection: FtpConnection, name: string): Promise<number | null> {
  let size = await sizeOf(connection, name)
  for (let look = 0; look < 40 && size !== null; look += 1) {
    await sleep(settleMs)
    const now = await sizeOf(connection, name)
    if (now === size) break
    size = now
  }
  return size
}
