import { packet } from './sftp-packets.ts'

/** Who gets what a `ReplyReader` has read. */
export type ReplySink = {
  /** Where the data that answers request `id` belongs; null when that request asked for none. */
  placeFor(id: number): Buffer | null
  /** The data has come, `bytes` of it, into that place. */
  filled(id: number, bytes: number): void
  /** Any other reply. Of the first, the version, `id` is the version. */
  reply(type: number, id: number, body: Buffer): void
  /** What came is no reply; nothing more is read. */
  broken(detail: string): void
}

/** Length, type, number, and the four bytes that every reply but the version has at least. */
const headBytes = 13
const versionHeadBytes = 9
/** Of replies that are no data: names, attributes, messages. */
const longestBody = 256 * 1024

/**
 * Reads the replies of an SFTP server straight from a socket, asking for the bytes it needs next: the payload of a
 * data reply is put by the kernel where it belongs and never copied. For `onread` of a socket.
 */
export class ReplyReader {
  readonly #sink: ReplySink
  readonly #head = Buffer.alloc(headBytes)
  #headNeeded = versionHeadBytes
  #have = 0
  #body: { bytes: Buffer; filled: number; data: boolean } | null = null
  #broken = false

  constructor(sink: ReplySink) {
    this.#sink = sink
  }

  /** Where the next bytes are to be read to. */
  readonly buffer = (): Buffer => {
    const body = this.#body
    return body ? body.bytes.subarray(body.filled) : this.#head.subarray(this.#have, this.#headNeeded)
  }

  /** So many bytes have been read to `buffer`. */
  readonly callback = (count: number): boolean => {
    if (this.#broken) return false
    const body = this.#body
    if (body) {
      body.filled += count
      if (body.filled === body.bytes.length) this.#complete()
    } else {
      this.#have += count
      if (this.#have === this.#headNeeded) this.#begin()
    }
    return !this.#broken
  }

  /**
   * What is being read into `from`, if it is, goes into `to` from now on. The socket may hold on to the place it was
   * last told until it has read once more.
   */
  divert(from: Buffer, to: Buffer): void {
    const body = this.#body
    if (body?.data && body.bytes.buffer === from.buffer && body.bytes.byteOffset === from.byteOffset)
      body.bytes = to.subarray(0, body.bytes.length)
  }

  #begin(): void {
    const head = this.#head
    const [length, type, id] = [head.readUInt32BE(0), head[4] as number, head.readUInt32BE(5)]
    const rest = length - 5
    const first = this.#headNeeded - versionHeadBytes
    if (rest < first || length < 5) return this.#break('a reply is too short')
    if (first === 0 && type !== packet.version) return this.#break('no version came first')
    if (type !== packet.data) {
      if (rest > longestBody) return this.#break('a reply is too long')
      const bytes = Buffer.allocUnsafeSlow(rest)
      head.copy(bytes, 0, versionHeadBytes, this.#headNeeded)
      this.#body = { bytes, filled: first, data: false }
    } else {
      const place = this.#sink.placeFor(id)
      const size = head.readUInt32BE(versionHeadBytes)
      if (!place) return this.#break('data came that nobody asked for')
      if (size !== rest - 4 || size > place.length) return this.#break('more data came than was asked for')
      this.#body = { bytes: place.subarray(0, size), filled: 0, data: true }
    }
    if (this.#body.filled === this.#body.bytes.length) this.#complete()
  }

  #complete(): void {
    const body = this.#body
    const [type, id] = [this.#head[4] as number, this.#head.readUInt32BE(5)]
    this.#body = null
    this.#have = 0
    this.#headNeeded = headBytes
    if (body?.data) this.#sink.filled(id, body.bytes.length)
    else if (body) this.#sink.reply(type, id, body.bytes)
  }

  #break(detail: string): void {
    this.#broken = true
    this.#sink.broken(detail)
  }
}
