import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EngineError, fromFsError } from '../engine-error.ts'
import { syncFolder } from './atomic-file.ts'

type Waiting = { bytes: Buffer; sync: boolean; resolve: () => void; reject: (err: unknown) => void }

/** Largest write at once; what waits beyond it goes with the next. */
const batchBytes = 1024 * 1024

/**
 * A file of lines that only grows. Appends keep their order; those that come while one is being written go to the
 * disk together, and one wait for the disk serves them all.
 */
export class LineFile {
  readonly #file: string
  readonly #handle: FileHandle
  #size: number
  #queue: Waiting[] = []
  #pump: Promise<void> | undefined
  #broken: EngineError | undefined
  #closed = false

  private constructor(file: string, handle: FileHandle, size: number) {
    this.#file = file
    this.#handle = handle
    this.#size = size
  }

  /** Opens or creates `file` (readable by its owner only) and cuts off what lies beyond `keep` bytes. */
  static async open(file: string, keep?: number): Promise<LineFile> {
    try {
      // Not 'a': a failed append must be able to take its torn line back.
      const handle = await open(file, 'r+', 0o600).catch(err => {
        if ((err as { code?: string }).code === 'ENOENT') return open(file, 'wx+', 0o600)
        throw err
      })
      try {
        let { size } = await handle.stat()
        if (size === 0) await syncFolder(dirname(file))
        if (keep !== undefined && keep < size) {
          await handle.truncate(keep)
          size = keep
        }
        return new LineFile(file, handle, size)
      } catch (err) {
        await handle.close()
        throw err
      }
    } catch (err) {
      throw fromFsError(err, 'state.open', file)
    }
  }

  /** Bytes written so far, those still waiting not counted. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds `line` and a line feed. Resolves when the system has it (it survives the death of this process), with
   * `sync` when the disk has it, and with it everything appended before. After a failed write every append fails.
   */
  append(line: string, options: { sync?: boolean } = {}): Promise<void> {
    if (this.#closed)
      return Promise.reject(new EngineError('internal', 'state.append', { detail: 'already closed' }))
    if (this.#broken) return Promise.reject(this.#broken)
    return new Promise((resolve, reject) => {
      this.#queue.push({ bytes: Buffer.from(`${line}\n`), sync: options.sync ?? false, resolve, reject })
      this.#pump ??= this.#drain()
    })
  }

  /** Waits for what was appended and lets go of the file. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#pump) await this.#pump
    await this.#handle.close().catch(() => {})
  }

  async #drain(): Promise<void> {
    // Lets everything that this tick appends join the first write.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#take()
      try {
        if (this.#broken) throw this.#broken
        await this.#write(Buffer.concat(batch.map(entry => entry.bytes)))
        if (batch.some(entry => entry.sync)) await this.#handle.datasync()
      } catch (err) {
        this.#broken ??= fromFsError(err, 'state.append', this.#file)
        for (const entry of batch) entry.reject(this.#broken)
        continue
      }
      for (const entry of batch) entry.resolve()
    }
    // At once with the look at the queue: a moment later an append would wait for a pump that has ended.
    this.#pump = undefined
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const entry of this.#queue) {
      if (count > 0 && bytes + entry.bytes.length > batchBytes) break
      bytes += entry.bytes.length
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #write(bytes: Buffer): Promise<void> {
    let done = 0
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#size + done)
        done += bytesWritten
      }
      this.#size += done
    } catch (err) {
      // A full disk takes half a line; without it the file stays readable to its end.
      await this.#handle.truncate(this.#size).catch(() => {})
      throw err
    }
  }
}
