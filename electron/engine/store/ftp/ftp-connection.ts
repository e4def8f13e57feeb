import net from 'node:net'
import tls from 'node:tls'
import { Client, type FTPResponse } from 'basic-ftp'
import { EngineError } from '../../engine-error.ts'
import type { FtpServer } from '../server-record.ts'
import { cancelled } from '../watchdog.ts'
import { fromFtpError, isReply, printable } from './ftp-errors.ts'
import { FtpIntake } from './ftp-intake.ts'
import type { FtpSecurity } from './ftp-security.ts'

/** How long, in ms, the server may take for an answer to a command, and for a connection to come about. */
const answerMs = 30_000
const openMs = 60_000
/** More preliminary answers to one command than this are no FTP any more. */
const mostPreliminaries = 100

export type FtpLogin = { record: FtpServer; password: string; security: FtpSecurity; about: string }

/** The connection for one transfer; `ready` when it is protected, where it is to be. */
export type DataConnection = { socket: net.Socket; intake: FtpIntake; ready: () => boolean }

/** What the server's TLS looked like when the connection was made. */
export type TlsFacts = { version: string; certificateEnds: Date | null }

/**
 * One control connection, logged in, binary, its data connections protected when it is itself. basic-ftp does the
 * dialogue; the data connections are ours (`FtpTransfer`). One command or transfer at a time.
 */
export class FtpConnection {
  readonly #client: Client
  readonly #login: FtpLogin
  #features: ReadonlyMap<string, string> = new Map()
  #closed: EngineError | undefined
  #data: net.Socket | undefined
  #plainPassive = false
  tls: TlsFacts | null = null
  /** Whether the working folder is the record's path. */
  inFolder = false
  /** The login's folder, where the record's path is relative to it and the server told; null when that is not known. */
  home: string | null = null

  private constructor(login: FtpLogin) {
    this.#login = login
    this.#client = new Client(answerMs)
  }

  /** @throws EngineError `trust.*`, `auth.*`, `network.*`. */
  static async open(login: FtpLogin, signal: AbortSignal | undefined): Promise<FtpConnection> {
    const connection = new FtpConnection(login)
    const during = 'server.connect'
    const late = new EngineError('network.stalled', during, {
      subject: login.about,
      detail: `no connection within ${openMs / 1000} s`,
    })
    const release = connection.guard(signal, during)
    // A TLS handshake that hangs is not seen by basic-ftp's own timer, nor does closing the socket end it.
    let giveUp = (): void => {}
    const timer = setTimeout(() => giveUp(), openMs)
    try {
      const stopped = new Promise<never>((_, reject) => {
        giveUp = () => {
          connection.close(late)
          reject(late)
        }
        signal?.addEventListener('abort', () => reject(cancelled(during, login.about, signal)), {
          once: true,
        })
      })
      const opening = connection.#open()
      opening.catch(() => {})
      stopped.catch(() => {})
      await Promise.race([opening, stopped])
      return connection
    } catch (err) {
      const reason = fromFtpError(connection.#closed ?? err, during, login.about)
      connection.close(reason)
      throw reason
    } finally {
      clearTimeout(timer)
      release()
    }
  }

  async #open(): Promise<void> {
    const { record, password, security, about } = this.#login
    if (/\p{Cc}/u.test(record.user + record.path) || /[\r\n\0]/.test(password)) {
      const detail = 'control characters in the user, the password or the path'
      throw new EngineError('input.invalid', 'server.connect', { subject: about, detail })
    }
    const client = this.#client
    if (security.mode === 'implicit') {
      await client.connectImplicitTLS(record.host, record.port ?? 990, security.options())
    } else {
      await client.connect(record.host, record.port ?? 21)
      if (security.mode === 'explicit') await this.#mustProtect(() => client.useTLS(security.options()))
    }
    this.tls = tlsFacts(client.ftp.socket)
    await client.login(record.user, password)
    this.#features = await client.features()
    if (this.#features.has('UTF8')) await client.sendIgnoringError('OPTS UTF8 ON')
    await client.send('TYPE I')
    if (security.mode !== 'none') {
      await client.sendIgnoringError('PBSZ 0')
      await this.#mustProtect(() => client.send('PROT P'))
    }
  }

  /** A refusal of protection ends it: what a man in the middle would like best is that we went on without. */
  async #mustProtect(step: () => Promise<unknown>): Promise<void> {
    try {
      await step()
    } catch (err) {
      if (!isReply(err) || err.code === 421) throw err
      throw new EngineError('trust.plaintext', 'server.connect', {
        subject: this.#login.about,
        detail: `the server refuses to protect the connection: ${printable(err.message)}`,
        cause: err,
      })
    }
  }

  get security(): FtpSecurity {
    return this.#login.security
  }

  get usable(): boolean {
    return this.#closed === undefined && !this.#client.closed
  }

  /** Why it was closed by us; undefined while it was not. */
  get closedBecause(): EngineError | undefined {
    return this.#closed
  }

  /** Whether FEAT names it. Servers that name nothing may still know SIZE, MDTM and REST. */
  offers(feature: string): boolean {
    return this.#features.has(feature)
  }

  get features(): string[] {
    return [...this.#features].map(([name, value]) => printable(`${name} ${value}`))
  }

  /** Sends a command with one answer. Throws FTPError for a refusal. The caller vouches for the arguments. */
  async send(command: string): Promise<FTPResponse> {
    if (this.#closed) throw this.#closed
    // basic-ftp refuses line ends; no other control character has business in a path either.
    if (/\p{Cc}/u.test(command)) {
      throw new EngineError('input.invalid', 'server.command', {
        subject: this.#login.about,
        detail: 'control characters in a path',
      })
    }
    try {
      return await this.#client.send(command)
    } catch (err) {
      throw this.#closed ?? err
    }
  }

  /**
   * Sends a command that moves data: `started` resolves with the first answer, `verdict` with the last one.
   * No other command may be sent before `verdict` has settled.
   */
  exchange(command: string): { started: Promise<void>; verdict: Promise<FTPResponse> } {
    const { ftp } = this.#client
    const started = Promise.withResolvers<void>()
    let preliminaries = 0
    const verdict = ftp.handle(command, (reply, task) => {
      if (reply instanceof Error) {
        started.reject(reply)
        task.reject(reply)
      } else if (reply.code < 200) {
        // While data moves the control connection is silent; the transfer has timers of its own.
        ftp.socket.setTimeout(0)
        started.resolve()
        preliminaries += 1
        if (preliminaries > mostPreliminaries)
          ftp.closeWithError(new Error("Can't parse an answer without an end"))
      } else if (reply.code < 300) {
        started.resolve()
        task.resolve(reply)
      } else {
        ftp.closeWithError(new Error(`Can't parse the answer to a transfer: ${reply.message}`))
      }
    }) as Promise<FTPResponse>
    started.promise.catch(() => {})
    verdict.catch(() => {})
    return { started: started.promise, verdict }
  }

  /** From now on the server has `ms` to come up with the last answer of an `exchange`. */
  expectAnswer(ms: number): void {
    this.#client.ftp.socket.setTimeout(ms)
  }

  /**
   * Opens the connection for the next transfer. Under TLS the handshake goes on by itself when the server is
   * ready for it, which many are only once they have answered the transfer's command: see `secured`.
   */
  async openData(): Promise<DataConnection> {
    const { ftp } = this.#client
    const port = await this.#passivePort()
    const { remoteAddress: host, remoteFamily } = ftp.socket
    if (host === undefined) throw new Error('Server closed connection unexpectedly.')
    const intake = new FtpIntake()
    const common = { port, noDelay: true, highWaterMark: 512 * 1024, onread: intake.onread }
    let ready = true
    let socket: net.Socket
    if (ftp.socket instanceof tls.TLSSocket) {
      // With the session of the control connection, as careful servers demand. TLS 1.3 tickets may be good for one
      // use: the next connection shows the newest.
      const session = ftp.tlsSessionStore ?? ftp.socket.getSession()
      // The name is what the certificate and the session are for; it must not lead to another of its addresses.
      const lookup = fixedLookup(host, remoteFamily === 'IPv6' ? 6 : 4)
      const options = { ...this.security.options(), ...common, lookup, ...(session ? { session } : {}) }
      socket = tls.connect(options).on('session', (newest: Buffer) => (ftp.tlsSessionStore = newest))
      ready = false
      socket.once('secureConnect', () => (ready = true))
    } else {
      // Always to the host of the control connection, whatever a PASV answer names: no bouncing to third parties.
      socket = net.connect({ host, ...common } as net.NetConnectOpts)
    }
    this.#data = socket
    intake.listen(socket)
    await this.#until(socket, 'connect')
    return { socket, intake, ready: () => ready }
  }

  /** Waits until a data connection is protected, where it is to be. */
  async secured({ socket, ready }: DataConnection): Promise<void> {
    // Not by asking for the cipher: TLS 1.3 knows it before the handshake is over.
    if (!ready()) await this.#until(socket, 'secureConnect')
  }

  async #until(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    const late = (): void => void socket.destroy(new Error('Timeout of the data connection'))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const closed = (): void =>
      reject(this.#closed ?? socket.errored ?? new Error('Server closed connection unexpectedly.'))
    socket.setTimeout(answerMs).once('timeout', late)
    socket.once(event, resolve).once('error', reject).once('close', closed)
    if (socket.destroyed) closed()
    try {
      await promise
    } finally {
      socket.setTimeout(0).off('timeout', late)
      socket.off(event, resolve).off('error', reject).off('close', closed)
    }
  }

  async #passivePort(): Promise<number> {
    if (!this.#plainPassive) {
      try {
        const { message } = await this.send('EPSV')
        const port = Number(/\(([!-~])\1\1(\d{1,5})\1\)/.exec(message)?.[2])
        if (port > 0 && port < 65_536) return port
        throw new Error(`Can't parse the answer to EPSV: ${message}`)
      } catch (err) {
        if (!isReply(err) || err.code < 500 || err.code === 530) throw err
        this.#plainPassive = true
      }
    }
    const { message } = await this.send('PASV')
    const [, high, low] = /\d{1,3}(?:,\d{1,3}){3},(\d{1,3}),(\d{1,3})/.exec(message) ?? []
    const port = Number(high) * 256 + Number(low)
    if (port > 0 && port < 65_536) return port
    throw new Error(`Can't parse the answer to PASV: ${message}`)
  }

  /** Closes it when the signal fires: whatever is under way fails at once. Call the result when it is done. */
  guard(signal: AbortSignal | undefined, during: string): () => void {
    if (!signal) return () => {}
    const stop = (): void => this.close(cancelled(during, this.#login.about, signal))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    return () => signal.removeEventListener('abort', stop)
  }

  close(reason?: EngineError): void {
    this.#closed ??=
      reason ??
      new EngineError('network.interrupted', 'server.connect', {
        subject: this.#login.about,
        detail: 'closed',
      })
    this.#data?.destroy(this.#closed)
    this.#client.ftp.closeWithError(this.#closed)
  }
}

/** Answers with one address, whatever it is asked for. */
const fixedLookup =
  (address: string, family: 4 | 6): net.LookupFunction =>
  (_host, options, answer) =>
    options.all ? answer(null, [{ address, family }]) : answer(null, address, family)

function tlsFacts(socket: net.Socket): TlsFacts | null {
  if (!(socket instanceof tls.TLSSocket)) return null
  const ends = Date.parse(socket.getPeerCertificate().valid_to)
  return {
    version: socket.getProtocol() ?? 'unknown',
    certificateEnds: Number.isNaN(ends) ? null : new Date(ends),
  }
}
