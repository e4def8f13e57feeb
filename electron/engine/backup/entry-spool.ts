import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { EngineError, fromFsError } from '../engine-error.ts'

/** Lines of the entry list as they come, in a file of the run: a million entries would not fit into memory. */
export class EntrySpool {
  readonly file: string
  private readonly handle: FileHandle
  private position: number

  /** Up to here stands what an earlier process wrote, which is not written again. */
  private readonly kept: number

  private constructor(file: string, handle: FileHandle, position: number, kept: number) {
    this.file = file
    this.handle = handle
    this.position = position
    this.kept = kept
  }

  /**
   * @param from where appending goes on, bytes
   * @param keep bytes of an earlier process that hold whatever is appended below them: what is read a second time,
   * for a server that is behind, must not spoil them when the source has changed
   * @throws EngineError `run.not-resumable` when the earlier process's file is not as long as that
   */
  static async open(file: string, { from, keep }: { from: number; keep: number }): Promise<EntrySpool> {
    try {
      const handle = await open(file, keep > 0 ? 'r+' : 'w+', 0o600)
      if ((await handle.stat()).size < keep) {
        await handle.close()
        throw new EngineError('run.not-resumable', 'run.resume', {
          subject: file,
          detail: 'what the run noted of its entries is lost; start a new backup',
        })
      }
      await handle.truncate(keep)
      return new EntrySpool(file, handle, from, keep)
    } catch (err) {
      throw fromFsError(err, 'backup.entries', file)
    }
  }

  get size(): number {
    return this.position
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = Math.max(0, this.kept - this.position); at < bytes.length;)
        at += (await this.handle.write(bytes, at, bytes.length - at, this.position + at)).bytesWritten
    } catch (err) {
      throw fromFsError(err, 'backup.entries', this.file)
    }
    this.position += bytes.length
  }

  /** What has been appended, in pieces. */
  async *read(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.position;) {
      const piece = Buffer.allocUnsafe(Math.min(256 * 1024, this.position - at))
      const { bytesRead } = await this.handle.read(piece, 0, piece.length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  }

  async close(): Promise<void> {
    await this.handle.close()
  }
}
