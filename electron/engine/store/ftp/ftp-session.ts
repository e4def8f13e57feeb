import { FTPError } from 'basic-ftp'
import { EngineError } from '../../engine-error.ts'
import type { FtpSecrets, FtpServer, StoreContext } from '../server-record.ts'
import { cancelled } from '../watchdog.ts'
import { FtpConnection, type FtpLogin } from './ftp-connection.ts'
import { fromFtpError, isReply } from './ftp-errors.ts'
import type { Purpose } from './ftp-files.ts'
import { enterFolder } from './ftp-files.ts'
import { FtpSecurity } from './ftp-security.ts'

/** Most connections at once; each open upload and each read under way holds one. */
const mostConnections = 8
/** An idle connection is asked whether it still lives, once it has been idle for so many ms. */
const doubtAfterMs = 2_000
/** How servers word that they miss the control connection's TLS session on a data connection. */
const reuseWords = /session|reuse|resum|\bTLS\b|\bSSL\b|handshake/i

/** How a file is continued on this server: learned by the probe or on the way. */
export type ResumeWay = 'rest' | 'appe' | 'none'

/** The connections to one server, and what was learned about it on the way. */
export class FtpSession {
  readonly record: FtpServer
  readonly about: string
  readonly security: FtpSecurity
  resumeWay: ResumeWay
  /** Called when somebody must wait for a connection: those that are only kept for later are to be given back. */
  whenShort: () => void = () => {}
  readonly #context: StoreContext
  readonly #login: FtpLogin
  readonly #idle: { connection: FtpConnection; since: number }[] = []
  readonly #busy = new Set<FtpConnection>()
  readonly #waiting: (() => void)[] = []
  #opening = 0
  #most = mostConnections
  #closed = false

  constructor(record: FtpServer, secrets: FtpSecrets, context: StoreContext) {
    this.record = record
    this.#context = context
    const scheme = record.tls === 'none' ? 'ftp' : 'ftps'
    const host = record.host.includes(':') ? `[${record.host}]` : record.host
    const path = record.path.startsWith('/') ? record.path : `/~/${record.path === '.' ? '' : record.path}`
    this.about = `${scheme}://${record.user}@${host}:${record.port ?? (record.tls === 'implicit' ? 990 : 21)}${path}`
    this.security = new FtpSecurity(record)
    const { resume } = record.learned
    this.resumeWay = resume === 'appe' || resume === 'none' ? resume : 'rest'
    this.#login = { record, password: secrets.password, security: this.security, about: this.about }
  }

  /**
   * Runs `work` on a connection of its own that the signal closes. Errors become EngineErrors about `subject`.
   * Runs it once more when it turned out that the server and TLS 1.3 do not get on (see `FtpSecurity`).
   */
  async use<T>(
    call: { during: string; subject: string; purpose: Purpose; signal: AbortSignal | undefined },
    work: (connection: FtpConnection) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const connection = await this.take(call.during, call.purpose, call.signal)
      const release = connection.guard(call.signal, call.during)
      try {
        return await work(connection)
      } catch (err) {
        if (this.fallsBack(err, connection)) continue
        throw fromFtpError(err, call.during, call.subject)
      } finally {
        release()
        this.giveBack(connection)
      }
    }
  }

  /** A connection of the caller's own until `giveBack`. Waits while there are too many. */
  async take(during: string, purpose: Purpose, signal: AbortSignal | undefined): Promise<FtpConnection> {
    for (;;) {
      if (signal?.aborted) throw cancelled(during, this.about, signal)
      if (this.#closed)
        throw new EngineError('internal', during, { subject: this.about, detail: 'the store is closed' })
      const connection = (await this.#idleOne()) ?? (await this.#newOne(during, signal))
      if (!connection) continue
      const release = connection.guard(signal, during)
      try {
        await enterFolder(connection, this.record.path, purpose)
        return connection
      } catch (err) {
        this.giveBack(connection)
        throw fromFtpError(err, during, this.about)
      } finally {
        release()
      }
    }
  }

  giveBack(connection: FtpConnection): void {
    this.#busy.delete(connection)
    if (connection.usable && !this.#closed) this.#idle.push({ connection, since: performance.now() })
    else connection.close()
    this.#waiting.shift()?.()
  }

  /**
   * Whether the error may come from TLS 1.3 tickets. If so, the connections speak TLS 1.2 from now on and the
   * caller may try again, once: afterwards the answer is false.
   */
  fallsBack(err: unknown, connection: FtpConnection): boolean {
    if (connection.tls?.version !== 'TLSv1.3') return false
    // Another transfer may have found out meanwhile.
    const suspicious =
      err instanceof FTPError
        ? isReply(err, 425, 426, 450, 451, 522, 550) && reuseWords.test(err.message)
        : !this.security.proven13 && fromFtpError(err, '', '').code === 'network.interrupted'
    if (!suspicious) return false
    if (!this.security.limited) {
      this.#context.log('warn', 'ftp: a data connection failed under TLS 1.3, going on with TLS 1.2', {
        server: this.about,
      })
      this.security.limitTo12()
    }
    connection.close()
    for (const idle of this.#idle.splice(0)) idle.connection.close()
    return true
  }

  close(): void {
    this.#closed = true
    for (const { connection } of this.#idle.splice(0)) connection.close()
    for (const connection of this.#busy) connection.close()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** An idle connection that answers, the one used last first. */
  async #idleOne(): Promise<FtpConnection | undefined> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      const { connection, since } = idle
      if (!connection.usable) continue
      this.#busy.add(connection)
      if (performance.now() - since < doubtAfterMs) return connection
      try {
        await connection.send('NOOP')
        return connection
      } catch {
        this.#busy.delete(connection)
        connection.close()
      }
    }
    return undefined
  }

  /** A new connection; undefined when it is worth looking again for one of the others. */
  async #newOne(during: string, signal: AbortSignal | undefined): Promise<FtpConnection | undefined> {
    if (this.#busy.size + this.#opening >= this.#most) return this.#turn(during, signal)
    this.#opening += 1
    let refusal: unknown
    try {
      const connection = await FtpConnection.open(this.#login, signal)
      this.#busy.add(connection)
      if (!this.#closed) return connection
      this.giveBack(connection)
      return undefined
    } catch (err) {
      refusal = err
    } finally {
      this.#opening -= 1
    }
    // The server takes no more connections from us: those that there are must do.
    const others = this.#busy.size + this.#opening + this.#idle.length
    const full = refusal instanceof EngineError && refusal.code === 'network.throttled'
    if (!full || others === 0) {
      // Whoever waits for a place may have waited for this one.
      this.#waiting.shift()?.()
      throw refusal
    }
    this.#most = others
    return this.#idle.length > 0 ? undefined : this.#turn(during, signal)
  }

  async #turn(during: string, signal: AbortSignal | undefined): Promise<undefined> {
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        const at = this.#waiting.indexOf(wake)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(cancelled(during, this.about, signal))
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      this.#waiting.push(wake)
      this.whenShort()
      signal?.addEventListener('abort', stop, { once: true })
    })
    return undefined
  }
}
