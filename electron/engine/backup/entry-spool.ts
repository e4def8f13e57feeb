import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { fromFsError } from '../engine-error.ts'

/** Lines of the entry list as they come, in a file of the run: a million entries would not fit into memory. */
export class EntrySpool {
  readonly file: string
  private readonly handle: FileHandle
  private position: number

  private constructor(file: string, handle: FileHandle, position: number) {
    this.file = file
    this.handle = handle
    this.position = position
  }

  /** @param keep bytes of an earlier process that still hold; the rest is cut off */
  static async open(file: string, keep: number): Promise<EntrySpool> {
    try {
      const handle = await open(file, keep > 0 ? 'r+' : 'w+', 0o600)
      await handle.truncate(keep)
      return new EntrySpool(file, handle, keep)
    } catch (err) {
      throw fromFsError(err, 'backup.entries', file)
    }
  }

  get size(): number {
    return this.position
  }

  async append(lines: string): Promise<void> {
    if (lines === '') return
    const bytes = Buffer.from(lines)
    try {
      for (let at = 0; at < bytes.length;)
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
