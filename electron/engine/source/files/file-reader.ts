import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { MiB } from '../../../../shared/units.ts'

/** A file open for being archived: synchronous, because it lives in a worker thread of its own. */
export class FileReader {
  /** Of what was opened, which may be another file than the one `lstat` saw before. */
  readonly stat: BigIntStats
  private readonly fd: number
  private running: Hash | null = null

  /** Never follows a link, never waits for the writer of a FIFO that took the file's place. */
  constructor(path: Buffer | string) {
    this.fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    try {
      this.stat = fstatSync(this.fd, { bigint: true })
      if (!this.stat.isFile())
        throw Object.assign(new Error('no longer a file'), { code: 'ENOENT', syscall: 'open' })
    } catch (err) {
      closeSync(this.fd)
      throw err
    }
  }

  /** The hash of the content in order; made when first needed, because small files are hashed in one go. */
  get hash(): Hash {
    return (this.running ??= createHash('sha256'))
  }

  /** Reads up to `count` bytes at `position` into `into` from `at` on; fewer at the end of the file, 0 behind it. */
  read(into: Buffer, at: number, count: number, position: number): number {
    return readSync(this.fd, into, at, count, position)
  }

  /** Hashes the first `count` bytes again, which an earlier process has archived. Answers false when they are not there. */
  rehash(count: number): boolean {
    const buffer = Buffer.allocUnsafeSlow(Math.min(MiB, Math.max(1, count)))
    for (let at = 0; at < count;) {
      const got = this.read(buffer, 0, Math.min(buffer.length, count - at), at)
      if (got === 0) return false
      this.hash.update(buffer.subarray(0, got))
      at += got
    }
    return true
  }

  /** Whether the file is another one, or has other content, than when it was opened. */
  changed(): boolean {
    // Plain numbers: asked for every file, and the exact form costs eighteen objects. Times differ by more than 1 µs.
    const now = fstatSync(this.fd)
    return (
      now.size !== Number(this.stat.size) || Math.abs(now.mtimeMs - Number(this.stat.mtimeNs) / 1e6) > 0.001
    )
  }

  close(): void {
    closeSync(this.fd)
  }
}
