/**
 * The last bytes that were handed to the system for sending. FTP confirms nothing before the end of a file, so
 * after a broken connection some of what was taken never arrived: at most what fits into the buffers on the way.
 * Kept here, it can be sent again without asking the caller for parts that are long gone.
 */
export class FtpTail {
  readonly #ring: Buffer
  #end: number
  #kept = 0

  /** @param offset of the first byte to come. @param capacity in bytes; the system's buffers are smaller. */
  constructor(offset: number, capacity: number) {
    // Memory that is never touched is never taken, so a small upload costs little.
    this.#ring = Buffer.allocUnsafeSlow(capacity)
    this.#end = offset
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end
  }

  /** Offset of the first byte that is still known. */
  get start(): number {
    return this.#end - this.#kept
  }

  push(bytes: Uint8Array): void {
    const size = this.#ring.length
    const last = bytes.length > size ? bytes.subarray(bytes.length - size) : bytes
    const at = (this.#end + bytes.length - last.length) % size
    const first = Math.min(last.length, size - at)
    this.#ring.set(last.subarray(0, first), at)
    this.#ring.set(last.subarray(first), 0)
    this.#end += bytes.length
    this.#kept = Math.min(size, this.#kept + bytes.length)
  }

  /** Forgets what lies behind `offset`, which must not be behind the end. */
  cut(offset: number): void {
    this.#kept = Math.max(0, this.#kept - (this.#end - offset))
    this.#end = offset
  }

  /** The bytes from `offset` to the end in at most two pieces, good until the next `push`. */
  from(offset: number): Uint8Array[] {
    if (offset < this.start || offset > this.#end) throw new RangeError('not kept any more')
    const size = this.#ring.length
    const at = offset % size
    const count = this.#end - offset
    const first = Math.min(count, size - at)
    return [this.#ring.subarray(at, at + first), this.#ring.subarray(0, count - first)].filter(
      piece => piece.length > 0,
    )
  }
}
