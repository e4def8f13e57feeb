import type { Problem } from '../../../../shared/run.ts'
import type { Entry } from '../../archive/entry.ts'
import { encodeEntry } from '../../archive/entry.ts'
import { blockBytes } from '../../archive/compress.ts'

/**
 * Where a block ends, enough to go on there in another process: inside `entry` (a line of the entry list, not
 * complete yet), of whose content `done` bytes lie in this and earlier blocks, beginning at `dataAt` of the tar
 * stream. `header` is the rest of its header in base64 when the boundary fell into it: it must go on as it began.
 * `ino` with the entry's size and mtime tells whether the file is still the same one.
 * `trailer` bytes are all that is left once every entry is stored.
 */
export type Cursor =
  | { entry: string; header?: string | undefined; done: number; dataAt: number; ino: string }
  | { trailer: number }

/**
 * Where an earlier process got to: `block` is the next one, `entry` the one that the cursor stands in, decoded. Files
 * changed at or after `since` (ms since 1970 UTC, when the run began) may not be in the archive as they are now.
 */
export type ResumePoint = { block: number; cursor: Cursor; since: number; entry: Entry | null }

/** A block of the tar stream, with what became complete in it. */
export type TarBlock = {
  index: number
  /** All blocks but the last are full. The buffer goes back to the source when it is done with. */
  bytes: Buffer
  cursor: Cursor
  /** Lines of the entry list, each with its line end, in UTF-8. */
  entries: Uint8Array<ArrayBuffer>
  counts: { entries: number; files: number; sockets: number }
  problems: Problem[]
}

/** Takes bytes in any amount and yields a block whenever one is full; each `yield` is answered with a new buffer. */
export class BlockFiller {
  private buffer: Buffer
  private index: number
  private used = 0
  private readonly lines = new TextBuffer()
  private counts = { entries: 0, files: 0, sockets: 0 }
  private problems: Problem[] = []

  constructor(buffer: Buffer, firstIndex: number) {
    this.buffer = buffer
    this.index = firstIndex
  }

  /** Offset in the tar stream of the next byte. */
  get at(): number {
    return this.index * blockBytes + this.used
  }

  /** The block under way and where its free space begins, never empty: filled in place, confirmed with `advance`. */
  room(): { block: Buffer; from: number } {
    return { block: this.buffer, from: this.used }
  }

  *advance(count: number, cursor: () => Cursor): Generator<TarBlock, void, Buffer> {
    this.used += count
    if (this.used === blockBytes) yield* this.flush(cursor())
  }

  /**
   * The short ways: each answers whether it could do it without filling the block up, which is nearly always, and
   * costs a fraction of a generator.
   */
  tryAdvance(count: number): boolean {
    if (this.used + count >= blockBytes) return false
    this.used += count
    return true
  }

  tryPut(bytes: Buffer): boolean {
    if (this.used + bytes.length >= blockBytes) return false
    this.buffer.set(bytes, this.used)
    this.used += bytes.length
    return true
  }

  tryZeros(count: number): boolean {
    if (this.used + count >= blockBytes) return false
    if (count > 0) this.buffer.fill(0, this.used, this.used + count)
    this.used += count
    return true
  }

  /** @param cursor given what of `bytes` lies behind the boundary, null for nothing */
  *put(bytes: Buffer, cursor: (rest: Buffer | null) => Cursor): Generator<TarBlock, void, Buffer> {
    let at = 0
    while (at < bytes.length) {
      const count = bytes.copy(this.buffer, this.used, at)
      at += count
      yield* this.advance(count, () => cursor(at < bytes.length ? bytes.subarray(at) : null))
    }
  }

  /** @param cursor given how many of the zeros lie behind the boundary */
  *zeros(count: number, cursor: (left: number) => Cursor): Generator<TarBlock, void, Buffer> {
    let left = count
    while (left > 0) {
      const step = Math.min(left, blockBytes - this.used)
      this.buffer.fill(0, this.used, this.used + step)
      left -= step
      yield* this.advance(step, () => cursor(left))
    }
  }

  /** An entry whose last byte has been taken. */
  complete(entry: Entry): void {
    this.lines.append(`${encodeEntry(entry)}\n`)
    this.counts.entries++
    if (entry.kind === 'file' || entry.kind === 'hardlink') this.counts.files++
  }

  problem(problem: Problem): void {
    this.problems.push(problem)
  }

  socket(): void {
    this.counts.sockets++
  }

  /** Yields what is there as the last block, also when it holds no byte but news. */
  *flush(cursor: Cursor): Generator<TarBlock, void, Buffer> {
    const block: TarBlock = {
      index: this.index,
      bytes: this.buffer.subarray(0, this.used),
      cursor,
      entries: this.lines.take(),
      counts: this.counts,
      problems: this.problems,
    }
    this.index++
    this.used = 0
    this.counts = { entries: 0, files: 0, sockets: 0 }
    this.problems = []
    this.buffer = yield block
  }
}

/** Text that grows, kept as bytes: as strings, a block's lines would outlive the young generation and fill the old one. */
class TextBuffer {
  private bytes = Buffer.allocUnsafeSlow(256 * 1024)
  private used = 0

  append(text: string): void {
    // UTF-8 takes at most three bytes for what a string counts as one.
    if (this.used + text.length * 3 > this.bytes.length) this.grow(text.length * 3)
    this.used += this.bytes.write(text, this.used)
  }

  /** What has been appended, in memory of its own, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.bytes.subarray(0, this.used))
    this.used = 0
    return taken
  }

  private grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(this.bytes.length * 2 + least)
    this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
  }
}
