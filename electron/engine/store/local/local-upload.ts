import type { FileHandle } from 'node:fs/promises'
import { stat, unlink } from 'node:fs/promises'
import { EngineError } from '../../engine-error.ts'
import type { CallOptions, Transfer, Upload, UploadToken } from '../object-store.ts'
import { pieceBytes } from '../object-store.ts'
import { linkInto, syncFolder } from './file-system.ts'

type Opened = {
  file: FileHandle
  partial: string
  path: string
  folder: string
  tag: string
  size: number
  failure: (err: unknown, during: string) => EngineError
}

/** An upload into a partial file beside the final name. */
export class LocalUpload implements Upload {
  readonly token: UploadToken
  /** One at a time: the size of the partial file says what is confirmed, so no part may lie behind a gap. */
  readonly width = 1
  readonly confirmed: { bytes: number; parts: null }
  private readonly opened: Opened
  private open = true
  private flushing: Promise<void> = Promise.resolve()
  private unflushed = 0

  constructor(opened: Opened) {
    this.opened = opened
    this.token = { tag: opened.tag }
    this.confirmed = { bytes: opened.size, parts: null }
  }

  async rewind(to: { bytes: number }): Promise<void> {
    try {
      await this.opened.file.truncate(to.bytes)
    } catch (err) {
      throw this.opened.failure(err, 'server.upload')
    }
  }

  async write(
    { offset, bytes }: { offset: number; bytes: Uint8Array },
    { signal, gate }: Transfer = {},
  ): Promise<void> {
    try {
      // Unlimited, one call writes the whole part: the pieces only serve the gate.
      const step = gate ? pieceBytes : bytes.length
      for (let at = 0; at < bytes.length;) {
        const want = Math.min(step, bytes.length - at)
        await gate?.(want)
        signal?.throwIfAborted()
        const { bytesWritten } = await this.opened.file.write(bytes, at, want, offset + at)
        at += bytesWritten
      }
    } catch (err) {
      throw this.opened.failure(err, 'server.upload')
    }
    this.flushNowAndThen(bytes.length)
  }

  async commit(total: { bytes: number }, { signal }: CallOptions = {}): Promise<void> {
    const { file, partial, path, folder } = this.opened
    try {
      signal?.throwIfAborted()
      if (this.open) {
        await this.flushing
        await file.sync()
        const { size } = await file.stat()
        if (size !== total.bytes)
          throw new EngineError('remote.wrong-answer', 'server.upload', {
            subject: path,
            detail: `${total.bytes} bytes written, ${size} there`,
          })
        await this.detach()
      }
      await linkInto(partial, path)
    } catch (err) {
      // A commit repeated after its first answer was lost: the partial name is gone, the final one is ours.
      if ((err as NodeJS.ErrnoException).code === 'ENOENT' && (await sizeOf(path)) === total.bytes) return
      throw this.opened.failure(err, 'server.upload')
    }
    await unlink(partial).catch(() => {})
    await syncFolder(folder)
  }

  async abort(): Promise<void> {
    await this.detach()
    await unlink(this.opened.partial).catch(() => {})
  }

  async detach(): Promise<void> {
    if (!this.open) return
    this.open = false
    await this.flushing.catch(() => {})
    await this.opened.file.close().catch(() => {})
  }

  /** Starts the disk early, so that the sync at the end has little left to wait for. Its errors show at commit. */
  private flushNowAndThen(bytes: number): void {
    this.unflushed += bytes
    if (this.unflushed < 64 * 1024 * 1024) return
    this.unflushed = 0
    this.flushing = this.flushing.then(() => (this.open ? this.opened.file.datasync() : undefined))
    this.flushing.catch(() => {})
  }
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    s => s.size,
    () => null,
  )
