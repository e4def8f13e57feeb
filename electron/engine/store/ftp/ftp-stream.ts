import type { Transfer } from '../object-store.ts'
import { cancelled } from '../watchdog.ts'
import type { FtpConnection } from './ftp-connection.ts'
import type { FtpTransfer } from './ftp-transfer.ts'

/** How long, in ms, a download whose range is over waits for somebody who wants what follows. */
const lingerMs = 1_000
/** Who reads less than this is hardly reading on. */
const worthWaitingBytes = 1024 * 1024
/** A range does not wait longer, in ms, for one before it that does not move. */
const patienceMs = 5_000
const beatMs = 1_000

type Waiter = { begin: number; decide: (mine: boolean) => void }

/**
 * One download (`RETR`) under way. It serves one range after the other as long as each begins where the one before
 * ends: a data connection for each would cost a TLS handshake, and what was on its way when the range was over.
 * A range is served by one reader at a time, between `begun` or a `turn` and `handOver` or `giveUp`.
 */
export class FtpStream {
  readonly name: string
  /** Where the last range ends that it has promised to serve. */
  end: number
  readonly #gone: (stream: FtpStream) => void
  readonly #giveBack: (connection: FtpConnection) => void
  readonly #queue: Waiter[] = []
  #open: { connection: FtpConnection; transfer: FtpTransfer } | null = null
  #moved = performance.now()
  #parked: NodeJS.Timeout | null = null
  #over = false

  /** @param ends `gone`: nobody can join it any more; `giveBack`: its connection is free, or closed. */
  constructor(
    name: string,
    end: number,
    ends: { gone: (stream: FtpStream) => void; giveBack: (connection: FtpConnection) => void },
  ) {
    this.name = name
    this.end = end
    this.#gone = ends.gone
    this.#giveBack = ends.giveBack
  }

  get began(): boolean {
    return this.#open !== null
  }

  get connection(): FtpConnection {
    return this.#opened.connection
  }

  get transfer(): FtpTransfer {
    return this.#opened.transfer
  }

  begun(connection: FtpConnection, transfer: FtpTransfer): void {
    this.#open = { connection, transfer }
    this.#moved = performance.now()
  }

  /** The next piece for the reader whose turn it is; null at the end of the file. */
  async next(): Promise<Buffer | null> {
    const piece = await this.transfer.next()
    this.#moved = performance.now()
    return piece
  }

  /**
   * Takes a place for the range from `end` to `until`. Answers true when all before has been read, and false when
   * that will not come to pass, or not soon: then a download of its own is called for. Meanwhile the gate hears of
   * 0 bytes while the stream moves.
   */
  async turn(until: number, { signal, gate }: Transfer): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter: Waiter = { begin: this.end, decide: resolve }
    this.end = until
    if (this.#parked) {
      this.#unpark()
      return true
    }
    this.#queue.push(waiter)
    const leave = () => this.#leave(waiter)
    const beat = setInterval(() => {
      if (performance.now() - this.#moved > patienceMs) {
        leave()
        // Nor is anybody else to wait here.
        this.end = Infinity
        return
      }
      const held = gate?.(0)
      if (held instanceof Promise) held.catch(() => {})
    }, beatMs)
    signal?.addEventListener('abort', leave, { once: true })
    if (signal?.aborted) leave()
    try {
      const mine = await promise
      if (!signal?.aborted) return mine
      if (mine) await this.giveUp()
      throw cancelled('store.read', this.name, signal)
    } finally {
      clearInterval(beat)
      signal?.removeEventListener('abort', leave)
    }
  }

  /** The range, of `length` bytes, has been taken whole: the next one's turn, now or within a moment. */
  async handOver(length: number): Promise<void> {
    const next = this.#queue.shift()
    this.#moved = performance.now()
    if (next) return next.decide(true)
    if (length < worthWaitingBytes) return this.giveUp()
    this.#parked = setTimeout(() => void this.drop(), lingerMs)
    this.#parked.unref()
    void this.transfer.over.then(() => (this.transfer.complete ? this.drop() : undefined))
  }

  /** Ends it, if nobody has a turn. Resolves when its connection has been given back. */
  async drop(): Promise<void> {
    if (!this.#parked) return
    this.#unpark()
    await this.giveUp()
  }

  /** Ends it: the file is over, or the range is not wanted any more, or something failed. */
  async giveUp(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#gone(this)
    // In order, so that the first can begin a download which the others join.
    for (const { decide } of this.#queue.splice(0)) decide(false)
    if (!this.#open) return
    const { connection, transfer } = this.#open
    // Where settling fails, the connection says itself whether it is still of use.
    if (transfer.complete) await transfer.settle().catch(() => {})
    else await transfer.stop()
    this.#giveBack(connection)
  }

  get #opened(): { connection: FtpConnection; transfer: FtpTransfer } {
    if (!this.#open) throw new Error('the download has not begun')
    return this.#open
  }

  #unpark(): void {
    if (this.#parked) clearTimeout(this.#parked)
    this.#parked = null
  }

  /** Those behind it would wait for bytes that nobody takes. */
  #leave(waiter: Waiter): void {
    const at = this.#queue.indexOf(waiter)
    if (at < 0) return
    this.end = waiter.begin
    for (const { decide } of this.#queue.splice(at)) decide(false)
  }
}
