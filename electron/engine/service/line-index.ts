import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { fromFsError } from '../engine-error.ts'

/** Every so many lines the place in the file is kept. */
const stride = 64
const chunkBytes = 256 * 1024
/** Longest line that is read, bytes. */
const longestLine = 1024 * 1024
/** What is compared to see that the file is still the one that was indexed, bytes. */
const tailBytes = 256

/**
 * Where the lines of a growing file are, and of which sort each is: one byte per line and one place per 64 lines, so
 * that a page out of a million lines is read without reading the others. Complete lines only.
 */
export class LineIndex {
  readonly #file: string
  readonly #sortOf: (line: Buffer) => number
  #sorts = new Uint8Array(1024)
  #count = 0
  #places: number[] = []
  #end = 0
  #tail: Buffer = Buffer.alloc(0)
  #last: Promise<unknown> = Promise.resolve()

  /** @param sortOf a number from 0 to 255 */
  constructor(file: string, sortOf: (line: Buffer) => number) {
    this.#file = file
    this.#sortOf = sortOf
  }

  /** Lines of the sorts wanted (empty: all), from the `from`-th of them on, and how many there are. */
  page(from: number, limit: number, sorts: readonly number[]): Promise<{ lines: string[]; total: number }> {
    const mine = this.#last.then(() => this.#page(from, limit, sorts))
    this.#last = mine.catch(() => {})
    return mine
  }

  async #page(from: number, limit: number, sorts: readonly number[]) {
    let handle: FileHandle
    try {
      handle = await open(this.#file, 'r')
    } catch (err) {
      if ((err as { code?: string }).code === 'ENOENT') return { lines: [], total: 0 }
      throw fromFsError(err, 'run.read', this.#file)
    }
    try {
      await this.#extend(handle)
      const wanted: number[] = []
      let total = 0
      const chosen = new Uint8Array(256).fill(sorts.length === 0 ? 1 : 0)
      for (const sort of sorts) chosen[sort] = 1
      for (let line = 0; line < this.#count; line++) {
        if (chosen[this.#sorts[line] ?? 0] !== 1) continue
        if (total >= from && wanted.length < limit) wanted.push(line)
        total++
      }
      return { lines: await this.#read(handle, wanted), total }
    } catch (err) {
      throw fromFsError(err, 'run.read', this.#file)
    } finally {
      await handle.close()
    }
  }

  /** Indexes what was added since; anew when the file was cut or replaced. */
  async #extend(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat()
    if (size < this.#end || !(await this.#isSame(handle))) {
      this.#count = 0
      this.#places = []
      this.#end = 0
    }
    const chunk = Buffer.allocUnsafe(chunkBytes)
    let rest: Buffer = Buffer.alloc(0)
    for (let at = this.#end; at < size;) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkBytes, size - at), at)
      if (bytesRead === 0) break
      at += bytesRead
      const bytes: Buffer =
        rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, bytesRead)]) : chunk.subarray(0, bytesRead)
      let start = 0
      for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, start)) {
        this.#add(bytes.subarray(start, feed))
        start = feed + 1
      }
      rest = Buffer.from(bytes.subarray(start))
      if (rest.length > longestLine) break
    }
    const length = Math.min(tailBytes, this.#end)
    this.#tail = Buffer.alloc(length)
    await handle.read(this.#tail, 0, length, this.#end - length)
  }

  #add(line: Buffer): void {
    if (this.#count % stride === 0) this.#places.push(this.#end)
    if (this.#count === this.#sorts.length) {
      const larger = new Uint8Array(this.#sorts.length * 2)
      larger.set(this.#sorts)
      this.#sorts = larger
    }
    this.#sorts[this.#count++] = this.#sortOf(line)
    this.#end += line.length + 1
  }

  async #isSame(handle: FileHandle): Promise<boolean> {
    if (this.#tail.length === 0) return true
    const now = Buffer.alloc(this.#tail.length)
    await handle.read(now, 0, now.length, this.#end - now.length)
    return now.equals(this.#tail)
  }

  /** @param wanted line numbers, rising */
  async #read(handle: FileHandle, wanted: readonly number[]): Promise<string[]> {
    const lines: string[] = []
    for (let i = 0; i < wanted.length;) {
      const group = Math.floor((wanted[i] ?? 0) / stride)
      const start = this.#places[group] ?? 0
      const end = this.#places[group + 1] ?? this.#end
      const bytes = Buffer.alloc(end - start)
      await handle.read(bytes, 0, bytes.length, start)
      let at = 0
      for (let line = group * stride; i < wanted.length && line < (group + 1) * stride; line++) {
        const feed = bytes.indexOf(10, at)
        if (feed < 0) break
        if (line === wanted[i]) {
          lines.push(bytes.toString('utf8', at, feed))
          i++
        }
        at = feed + 1
      }
      // A file that changed between the look and the read: what is missing is left out, never waited for.
      if (Math.floor((wanted[i] ?? -1) / stride) === group) break
    }
    return lines
  }
}
