import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../../engine-error.ts'
import type { CallOptions, Transfer, Upload, UploadToken } from '../object-store.ts'
import { abortable, stopped } from './abortable.ts'
import type { FileChannel, OpenFile } from './file-channel.ts'
import { RequestWindow } from './request-window.ts'
import { status, statusOf } from './sftp-errors.ts'
import type { SftpSession } from './sftp-session.ts'

/** Where an upload goes. `session` answers the store's live session, connecting anew when the last one died. */
export type UploadPlace = {
  session(during: string, signal?: AbortSignal): Promise<SftpSession>
  /** The channel on which the next `bytes` should go, when another one than that is better. */
  better(than: FileChannel, bytes: number): Promise<FileChannel | null>
  name: string
  /** Full paths. */
  partial: string
  final: string
  folder: string
}

const during = 'server.upload'
const goodbyeMs = 10_000

/**
 * An upload into a partial file beside the final name, written at explicit offsets.
 *
 * A later process knows only the size of the partial file, so it must never have a hole: pieces leave in the order
 * of their offsets, over one channel (OpenSSH works a channel's requests off one by one); a part succeeds only
 * after the one before it; and when a part fails while the server still listens, the file is cut back to where it
 * began.
 */
export class SftpUpload implements Upload {
  readonly token: UploadToken
  readonly width = 2
  readonly confirmed: { bytes: number; parts: null }
  readonly #place: UploadPlace
  #file: Promise<OpenFile> | null
  /** End of what was sent without a gap and without a known failure. */
  #sent: number
  /** End of what was acknowledged without a gap. */
  #acknowledged: number
  #failure: EngineError | null = null
  #mending: Promise<void> = Promise.resolve()
  /** Settles when the last part that was handed in has left; never rejects. */
  #turn: Promise<void> = Promise.resolve()
  /** What was handed in and is not decided yet; these never reject. */
  readonly #underway = new Set<Promise<void>>()
  /** The last part that was handed in. */
  #last: { offset: number; outcome: Promise<void> } | null = null

  constructor(place: UploadPlace, file: OpenFile, size: number, token: UploadToken) {
    this.#place = place
    this.#file = Promise.resolve(file)
    this.token = token
    this.confirmed = { bytes: size, parts: null }
    this.#sent = size
    this.#acknowledged = size
  }

  async rewind(to: { bytes: number }): Promise<void> {
    const { partial, name } = this.#place
    if (to.bytes > this.confirmed.bytes)
      throw new EngineError('input.invalid', during, { subject: name, detail: 'nothing to go forward to' })
    const { session, handle } = await this.#opened()
    await session.truncate(handle, to.bytes, during, partial)
    this.#sent = to.bytes
    this.#acknowledged = to.bytes
  }

  write({ offset, bytes }: { offset: number; bytes: Uint8Array }, transfer: Transfer = {}): Promise<void> {
    // A part waits for the one before it in the file. The one before it in time may also be a later one, or an
    // earlier try of the same, when parts that failed are sent again.
    const below = this.#last && this.#last.offset < offset ? this.#last.outcome : null
    const before = { turn: this.#turn, outcome: below, all: [...this.#underway] }
    const left = Promise.withResolvers<void>()
    this.#turn = left.promise
    const outcome = this.#send(offset, bytes, transfer, before, left.resolve)
    const last = { offset, outcome }
    this.#last = last
    const decided = outcome.catch(() => {
      // What failed is remembered in #sent; a part that comes later has nothing to do with this try.
      if (this.#last === last) this.#last = null
    })
    this.#underway.add(decided)
    void decided.then(() => this.#underway.delete(decided))
    return outcome
  }

  async #send(
    offset: number,
    bytes: Uint8Array,
    { signal, gate }: Transfer,
    before: { turn: Promise<void>; outcome: Promise<void> | null; all: readonly Promise<void>[] },
    left: () => void,
  ): Promise<void> {
    const { name } = this.#place
    const cancelled = () => stopped(signal, during, name)
    let file: OpenFile | null = null
    try {
      await abortable(before.turn, signal, during, name)
      const better = await this.#better(bytes.length)
      // Order holds within one channel only: on the old one everything must be done before the new one begins.
      if (better) await abortable(Promise.all(before.all), signal, during, name)
      await abortable(this.#mending, signal, during, name)
      if (offset > this.#sent)
        throw (
          this.#failure ??
          new EngineError('input.invalid', during, { subject: name, detail: 'parts must be sent in order' })
        )
      if (better) this.#moveTo(better)
      file = await abortable(this.#opened(signal), signal, during, name)
      const { session, handle } = file
      this.#failure = null
      const window = new RequestWindow(session.pace, signal, cancelled)
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < view.length;) {
        const want = Math.min(session.writeBytes, view.length - at)
        await gate?.(want)
        await window.room()
        session.write(handle, view.subarray(at, at + want), offset + at, window.begin())
        at += want
      }
      this.#sent = Math.max(this.#sent, offset + view.length)
      void before.turn.then(left)
      await window.drained()
      if (before.outcome)
        await abortable(before.outcome, signal, during, name).catch((err: unknown) => {
          throw signal?.aborted ? err : afterFailureOf(err, name)
        })
      this.#acknowledged = Math.max(this.#acknowledged, offset + view.length)
    } catch (err) {
      const error = signal?.aborted ? cancelled() : await this.#explained(file?.session ?? null, err)
      this.#mend(file, offset, error)
      throw error
    } finally {
      void before.turn.then(left)
    }
  }

  async commit(total: { bytes: number; parts: number }, { signal }: CallOptions = {}): Promise<void> {
    await this.finish(total.bytes, 'create', signal)
  }

  /** Makes the file durable and gives it its name: `create` refuses one that exists, `replace` takes its place. */
  async finish(bytes: number, how: 'create' | 'replace', signal?: AbortSignal): Promise<void> {
    const { name } = this.#place
    if (signal?.aborted) throw stopped(signal, during, name)
    await abortable(this.#finish(bytes, how, signal), signal, during, name)
  }

  async #finish(bytes: number, how: 'create' | 'replace', signal?: AbortSignal): Promise<void> {
    const { partial, final, name } = this.#place
    let session: SftpSession | null = null
    try {
      await this.#turn
      session = await this.#place.session(during, signal)
      if (!(await this.#flush(bytes, signal))) {
        // The partial name is gone: an earlier commit did its work and only its answer was lost.
        if ((await sizeOf(session, final)) === bytes) return
        throw new EngineError('remote.not-found', during, {
          subject: name,
          detail: 'the partial upload is gone',
        })
      }
      signal?.throwIfAborted()
      if (how === 'create') {
        // Some servers' plain rename replaces silently; OpenSSH's does not, which closes the gap between the two.
        if ((await sizeOf(session, final)) !== null)
          throw new EngineError('remote.exists', during, { subject: name })
        await session.rename(partial, final, during)
      } else if (session.has('posix-rename')) await session.replace(partial, final, during)
      else {
        await session.unlink(final, during).catch(unlessAbsent)
        await session.rename(partial, final, during)
      }
    } catch (err) {
      if (
        how === 'create' &&
        session &&
        statusOf(err) === status.failure &&
        (await sizeOf(session, final)) !== null
      )
        throw new EngineError('remote.exists', during, { subject: name, cause: err })
      throw await this.#explained(session, err)
    }
  }

  /** Everything on the server's disk, as many bytes as there should be, handle closed. False: no partial file. */
  async #flush(bytes: number, signal?: AbortSignal): Promise<boolean> {
    const { partial, name } = this.#place
    let file
    try {
      file = await this.#opened(signal)
    } catch (err) {
      if (statusOf(err) === status.noSuchFile) return false
      throw err
    }
    const { session, handle } = file
    if (session.has('fsync')) await session.fsync(handle, during, partial)
    const { size } = await session.fstat(handle, during, partial)
    if (size !== bytes)
      throw new EngineError('remote.wrong-answer', during, {
        subject: name,
        detail: `${bytes} bytes were sent, ${size} are there`,
      })
    this.#file = null
    await session.close(handle, during)
    return true
  }

  async abort(): Promise<void> {
    await this.detach()
    const { partial } = this.#place
    const gone = this.#place.session(during).then(session => session.unlink(partial, during))
    await withinGoodbye(gone)
  }

  async detach(): Promise<void> {
    const file = this.#file
    this.#file = null
    if (file) await withinGoodbye(file.then(({ session, handle }) => session.close(handle, during)))
  }

  /** The partial file, opened again when the connection it was open on has died. */
  #opened(signal?: AbortSignal): Promise<OpenFile> {
    const current = this.#file
    const reopen = async (): Promise<OpenFile> => {
      const file = await current?.catch(() => null)
      if (file && !file.session.failure) return file
      const session = await this.#place.session(during, signal)
      return { session, handle: await session.open(this.#place.partial, 'r+', during) }
    }
    const file = reopen()
    this.#file = file
    file.catch(() => {
      if (this.#file === file) this.#file = null
    })
    return file
  }

  /** Null when the file is open on the best channel already, or on none. */
  async #better(bytes: number): Promise<FileChannel | null> {
    const file = await this.#file?.catch(() => null)
    return file && !file.session.failure ? this.#place.better(file.session, bytes) : null
  }

  #moveTo(session: FileChannel): void {
    const current = this.#file
    const file = session
      .open(this.#place.partial, 'r+', during)
      .then(handle => ({ session, handle }))
      // No reason to fail: the old one is still there.
      .catch((err: unknown) => current ?? Promise.reject(err as Error))
    this.#file = file
    void file.then(
      moved =>
        current?.then(old => (old === moved ? null : old.session.close(old.handle, during))).catch(() => {}),
      () => (this.#file === file ? (this.#file = null) : null),
    )
  }

  /** Not waited for by the part that failed, which may have been told to stop at once; the next part does. */
  #mend(file: OpenFile | null, offset: number, error: EngineError): void {
    this.#sent = Math.min(this.#sent, offset)
    if (this.#failure) return
    this.#failure = error
    // Never below what a caller was told is safe, as when a part is sent twice and fails the second time.
    if (!file || offset < this.#acknowledged) return
    const { session, handle } = file
    this.#mending = withinGoodbye(session.truncate(handle, offset, during, this.#place.partial))
  }

  async #explained(session: FileChannel | null, err: unknown): Promise<EngineError> {
    if (err instanceof EngineError && err.code !== 'remote.failed') return err
    const { name, folder } = this.#place
    if (session) return session.explain(err, during, name, folder)
    return err instanceof EngineError
      ? err
      : new EngineError('internal', during, { subject: name, cause: err })
  }
}

/** A part cannot stand when the one before it fell. Its own retry comes behind the other's. */
function afterFailureOf(err: unknown, subject: string): EngineError {
  if (err instanceof EngineError && err.code !== 'cancelled') return err
  const detail = 'the part before it did not arrive'
  return new EngineError('network.interrupted', during, { subject, detail, cause: err })
}

async function sizeOf(session: SftpSession, path: string): Promise<number | null> {
  try {
    return (await session.stat(path, during)).size
  } catch (err) {
    if (statusOf(err) === status.noSuchFile) return null
    throw err
  }
}

export function unlessAbsent(err: unknown): void {
  if (statusOf(err) !== status.noSuchFile) throw err
}

/** Cleaning up is tried, for a while, and its failure is nobody's concern. */
async function withinGoodbye(work: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  const deadline = delay(goodbyeMs, undefined, { signal: timer.signal, ref: false }).catch(() => {})
  await Promise.race([work.catch(() => {}), deadline])
  timer.abort()
}
