import type net from 'node:net'
import type { FTPResponse } from 'basic-ftp'
import type { FtpConnection } from './ftp-connection.ts'
import { isReply } from './ftp-errors.ts'
import type { FtpIntake } from './ftp-intake.ts'

/** Longest silence, in ms, of a data connection that somebody waits for. */
const stallMs = 60_000
/** How long the server may take to say 226 once all is sent: some move the file elsewhere first. */
const verdictMs = 5 * 60_000
/** How long it may take to notice that we hung up, or to explain why it did. */
const settleMs = 3_000
/** More than all buffers on the way hold: when so much was taken, the server is reading. */
export const buffersBytes = 16 * 1024 * 1024

/**
 * One transfer on its own data connection. basic-ftp would move the whole file in one go; we need to pause
 * between pieces, to send the parts of one file as they come, and to stop in the middle of a file without
 * giving up the control connection.
 */
export class FtpTransfer {
  readonly #connection: FtpConnection
  readonly #socket: net.Socket
  readonly #intake: FtpIntake
  readonly #verdict: Promise<FTPResponse>
  #settled = false
  #sent = 0

  private constructor(
    connection: FtpConnection,
    socket: net.Socket,
    intake: FtpIntake,
    verdict: Promise<FTPResponse>,
  ) {
    this.#connection = connection
    this.#intake = intake
    this.#socket = socket
    this.#verdict = verdict
    verdict.then(
      () => (this.#settled = true),
      (err: Error) => {
        this.#settled = true
        // The server has given up: wake whoever waits for the socket.
        socket.destroy(err)
      },
    )
  }

  /**
   * Begins `STOR`, `APPE`, `RETR`, `LIST` or `MLSD`, at `offset` when it is not 0.
   * @throws FTPError when the server refuses; the connection stays usable. Anything else has ended it.
   */
  static async begin(connection: FtpConnection, command: string, offset = 0): Promise<FtpTransfer> {
    const data = await connection.openData()
    const { socket, intake } = data
    try {
      if (offset > 0) await connection.send(`REST ${offset}`)
      const { started, verdict } = connection.exchange(command)
      await started
      try {
        await connection.secured(data)
      } catch (err) {
        throw await explained(connection, verdict, err)
      }
      return new FtpTransfer(connection, socket, intake, verdict)
    } catch (err) {
      socket.destroy()
      throw connection.closedBecause ?? err
    }
  }

  /** Resolves when the system has taken the bytes, which may still be on their way to the server. */
  async write(piece: Uint8Array): Promise<void> {
    const socket = this.#socket
    this.#watch()
    try {
      await new Promise<void>((resolve, reject) => {
        socket.write(piece, err => (err ? reject(err) : resolve()))
      })
      this.#sent += piece.length
      if (this.#sent > buffersBytes) this.#connection.security.proven13 = true
    } catch (err) {
      throw await this.#explained(err)
    } finally {
      this.#unwatch()
    }
  }

  /** Ends an upload and waits until the server says that it has everything. */
  async finish(): Promise<void> {
    this.#watch()
    try {
      await new Promise<void>((resolve, reject) => {
        this.#socket.once('close', () => reject(new Error('Server closed connection unexpectedly.')))
        this.#socket.end(resolve)
      })
    } catch (err) {
      // Servers may say 226 and hang up before our side of the closing has gone out.
      if (!this.#settled) throw await this.#explained(err)
    } finally {
      this.#unwatch()
    }
    await this.#lastWord(verdictMs)
    this.#connection.security.proven13 = true
  }

  /** The next piece of what comes; null when the data connection has ended. `settle` or `stop` must follow. */
  async next(): Promise<Buffer | null> {
    this.#watch()
    try {
      const piece = await this.#intake.next()
      if (piece) this.#connection.security.proven13 = true
      return piece
    } catch (err) {
      throw await this.#explained(err)
    } finally {
      this.#unwatch()
    }
  }

  /** What comes, in pieces; ends with the data connection. `settle` or `stop` must follow. */
  async *pieces(): AsyncGenerator<Buffer> {
    for (let piece = await this.next(); piece; piece = await this.next()) yield piece
  }

  /** Where what comes belongs, see `FtpIntake`. */
  aim(target: Buffer): void {
    this.#intake.aim(target)
  }

  putBack(rest: Buffer): void {
    this.#intake.putBack(rest)
  }

  /** Resolves when the data connection has ended, or broke. */
  get over(): Promise<void> {
    return this.#intake.over
  }

  /** Whether the data connection has ended and all that came has been taken. */
  get complete(): boolean {
    return this.#intake.empty
  }

  /** Waits for the server's word that a download was whole. */
  async settle(): Promise<void> {
    await this.#lastWord(stallMs)
    this.#socket.destroy()
  }

  /** Ends it wherever it is. The connection is usable afterwards if the server says a word; else it is closed. */
  async stop(): Promise<void> {
    this.#socket.destroy()
    const answered = await within(settleMs, this.#verdict)
    if (answered === late || !(isReply(answered) || this.#connection.usable)) this.#connection.close()
  }

  async #lastWord(ms: number): Promise<void> {
    if (!this.#settled) this.#connection.expectAnswer(ms)
    try {
      await this.#verdict
    } catch (err) {
      this.#socket.destroy()
      throw this.#connection.closedBecause ?? err
    }
    this.#socket.destroy()
  }

  #watch(): void {
    if (this.#socket.listenerCount('timeout') === 0) {
      this.#socket.on('timeout', () => this.#socket.destroy(new Error('Timeout of the data connection')))
    }
    this.#socket.setTimeout(stallMs)
  }

  #unwatch(): void {
    this.#socket.setTimeout(0)
  }

  #explained(err: unknown): Promise<unknown> {
    return explained(this.#connection, this.#verdict, err)
  }
}

/** The server's own word says more than a broken socket does: it is given a moment to arrive. */
async function explained(
  connection: FtpConnection,
  verdict: Promise<FTPResponse>,
  err: unknown,
): Promise<unknown> {
  if (connection.closedBecause) return connection.closedBecause
  const answer = await within(settleMs, verdict)
  if (isReply(answer)) return answer
  const reason = connection.closedBecause ?? err
  // Without the last answer the dialogue is out of step.
  if (answer === late) connection.close()
  return reason
}

const late = Symbol('late')

/** The answer or the error of a promise, or `late`. Never rejects. */
async function within(ms: number, promise: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<typeof late>(resolve => (timer = setTimeout(resolve, ms, late)))
  try {
    return await Promise.race([promise.catch((err: unknown) => err), timeout])
  } finally {
    clearTimeout(timer)
  }
}
