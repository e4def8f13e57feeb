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
  /** Lines of the entry list, each with its line end. */
  entries: string
  counts: { entries: number; files: number; sockets: number }
  problems: Problem[]
}

/** Takes bytes in any amount and yields a block whenever one is full; each `yield` is answered with a new buffer. */
export class BlockFiller {
  private buffer: Buffer
  private index: number
  private used = 0
  private lines: string[] = []
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

  /** Free space of the block under way, to be filled in place and confirmed with `advance`. Never empty. */
  room(): Buffer {
    return this.buffer.subarray(this.used)
  }

  *advance(count: number, cursor: () => Cursor): Generator<TarBlock, void, Buffer> {
    this.used += count
    if (this.used === blockBytes) yield* this.flush(cursor())
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
    this.lines.push(encodeEntry(entry), '\n')
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
      entries: this.lines.join(''),
      counts: this.counts,
      problems: this.problems,
    }
    this.index++
    this.used = 0
    this.lines = []
    this.counts = { entries: 0, files: 0, sockets: 0 }
    this.problems = []
    this.buffer = yield block
  }
}
