import { EngineError } from '../../engine-error.ts'
import type { ReadOptions } from '../object-store.ts'
import { cancelled } from '../watchdog.ts'
import type { FtpConnection } from './ftp-connection.ts'
import { fromFtpError } from './ftp-errors.ts'
import { sizeOf, whyRefused } from './ftp-files.ts'
import type { FtpSession } from './ftp-session.ts'
import { FtpStream } from './ftp-stream.ts'
import { FtpTransfer } from './ftp-transfer.ts'

const during = 'store.read'

type Range = { offset: number; length?: number }

/** The downloads of a store. Ranges that follow one another come over one data connection (see `FtpStream`). */
export class FtpReads {
  readonly #session: FtpSession
  readonly #streams = new Set<FtpStream>()

  constructor(session: FtpSession) {
    this.#session = session
    session.whenShort = () => void this.dropIdle()
  }

  async *read(name: string, range: Range, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const { offset, length } = range
    const { signal, into } = options
    if (length !== undefined) mustFit(name, length, into)
    try {
      for (;;) {
        const stream = length ? this.#reaching(name, offset) : undefined
        if (!stream || !length) yield* this.#fresh(name, range, options)
        else if (await stream.turn(offset + length, options)) yield* serve(stream, offset, length, options)
        else continue
        return
      }
    } catch (err) {
      throw signal?.aborted ? cancelled(during, name, signal) : fromFtpError(err, during, name)
    }
  }

  /** Ends what waits for somebody to read on, of one file or of all. */
  async dropIdle(name?: string): Promise<void> {
    const chosen = [...this.#streams].filter(stream => name === undefined || stream.name === name)
    await Promise.all(chosen.map(stream => stream.drop()))
  }

  #reaching(name: string, offset: number): FtpStream | undefined {
    for (const stream of this.#streams) if (stream.name === name && stream.end === offset) return stream
    return undefined
  }

  /** A range over a connection of its own. Begins once more where the server and TLS 1.3 do not get on. */
  async *#fresh(name: string, range: Range, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const { offset, length } = range
    for (;;) {
      const stream = new FtpStream(name, length ? offset + length : Infinity, {
        gone: one => this.#streams.delete(one),
        giveBack: one => this.#session.giveBack(one),
      })
      // Before it is open: the reader of the next range may come in the same moment.
      this.#streams.add(stream)
      let connection: FtpConnection | null = null
      let yielded = false
      try {
        // Whoever read elsewhere does not read on there, and a connection that is there is better than a new one.
        await this.dropIdle()
        connection = await this.#session.take(during, 'read', options.signal)
        const count = await begin(stream, connection, range, options)
        for await (const piece of serve(stream, offset, count, options)) {
          yielded = true
          yield piece
        }
        return
      } catch (err) {
        if (!yielded && connection && this.#session.fallsBack(err, connection)) continue
        throw err
      } finally {
        if (!stream.began) {
          await stream.giveUp()
          if (connection) this.#session.giveBack(connection)
        }
      }
    }
  }
}

/** Asks for the file from the range's beginning on, unless the range is empty; answers the range's length. */
async function begin(
  stream: FtpStream,
  connection: FtpConnection,
  { offset, length }: Range,
  { signal, into }: ReadOptions,
): Promise<number> {
  const { name } = stream
  const release = connection.guard(signal, during)
  try {
    let count = length
    if (!count) {
      // Only the size tells the end of a file from the end of a connection.
      const size = await sizeOf(connection, name)
      if (size === null) throw new EngineError('remote.not-found', during, { subject: name })
      if (offset > size) throw beyond(name, size)
      count ??= size - offset
      mustFit(name, count, into)
      if (count === 0) return 0
    }
    try {
      stream.begun(connection, await FtpTransfer.begin(connection, `RETR ${name}`, offset))
    } catch (err) {
      throw await whyRefused(connection, name, err, during)
    }
    return count
  } finally {
    release()
  }
}

/** The next `length` bytes of a stream, for the reader who has the turn. Passes the turn on when it has them. */
async function* serve(
  stream: FtpStream,
  offset: number,
  length: number,
  { signal, gate, into }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  const { connection, transfer, name } = stream
  const release = connection.guard(signal, during)
  const room = into ? Buffer.from(into.buffer, into.byteOffset, length) : null
  let left = length
  try {
    if (room) transfer.aim(room)
    while (left > 0) {
      const piece = await stream.next()
      if (piece === null) {
        await transfer.settle()
        throw await whyShort(connection, name, offset + length, left)
      }
      if (piece.length > left) transfer.putBack(piece.subarray(left))
      const mine = inPlace(piece.subarray(0, left), room, length - left)
      left -= mine.length
      if (left === 0) {
        release()
        await stream.handOver(length)
      }
      await gate?.(mine.length)
      if (signal?.aborted) throw cancelled(during, name, signal)
      yield mine
    }
  } finally {
    if (left > 0) {
      release()
      await stream.giveUp()
    }
  }
}

/** A piece as a part of `room` at `at`, where there is a room: most have been read to there already. */
function inPlace(piece: Buffer, room: Buffer | null, at: number): Buffer {
  if (!room) return piece
  const place = room.subarray(at, at + piece.length)
  if (piece.buffer !== place.buffer || piece.byteOffset !== place.byteOffset) place.set(piece)
  return place
}

async function whyShort(
  connection: FtpConnection,
  name: string,
  end: number,
  left: number,
): Promise<EngineError> {
  const size = await sizeOf(connection, name)
  if (size === null) return new EngineError('remote.not-found', during, { subject: name })
  if (end > size) return beyond(name, size)
  const detail = `${left} bytes of the range did not come`
  return new EngineError('network.interrupted', during, { subject: name, detail })
}

function mustFit(name: string, count: number, into: Uint8Array | undefined): void {
  if (!into || count <= into.length) return
  const detail = `${count} bytes do not fit into ${into.length}`
  throw new EngineError('remote.wrong-answer', during, { subject: name, detail })
}

const beyond = (name: string, size: number): EngineError =>
  new EngineError('data.missing', during, { subject: name, detail: `the object has only ${size} bytes` })
