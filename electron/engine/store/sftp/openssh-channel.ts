import type { Socket } from 'node:net'
import { EngineError } from '../../engine-error.ts'
import { startOpenSsh } from '../../ssh/openssh-process.ts'
import type { OpenSshProcess } from '../../ssh/openssh-process.ts'
import type { SshContext, SshLogin } from '../../ssh/ssh-target.ts'
import type { Extension, FileAttrs, FileChannel } from './file-channel.ts'
import { ReplyReader } from './reply-reader.ts'
import { Pace } from './request-window.ts'
import { fromSftpError } from './sftp-errors.ts'
import {
  onlySize,
  openFlags,
  packet,
  putWrite,
  readAttrs,
  request,
  stringAt,
  wide,
  writeOverhead,
} from './sftp-packets.ts'
import type { SftpSession } from './sftp-session.ts'

type Reply = { type: number; body: Buffer }
type Pending = {
  /** Where data goes; null for requests that no data answers. */
  into: Buffer | null
  done: (err: unknown, reply: Reply | null, bytes: number) => void
}

/**
 * 4 MiB, twice what OpenSSH lets one channel have under way, so never the limit; more only leaves the processor's
 * caches (measured: 32 cost a tenth more of processor time on a get).
 */
const mostUnderWay = 16
const startsWithinMs = 8_000
const during = 'server.connect'

/**
 * SFTP version 3 in our own framing over OpenSSH's `ssh`, for file contents only: names stay with the session beside
 * it, which has verified the host and whose server it shares, limits and extensions included.
 */
export class OpenSshChannel implements FileChannel {
  readonly pace = new Pace(undefined, mostUnderWay)
  readonly readBytes: number
  readonly writeBytes: number
  /** The session whose host key this channel trusts. */
  readonly main: SftpSession
  #process: OpenSshProcess | null = null
  #failure: EngineError | null = null
  #nextId = 0
  readonly #pending = new Map<number, Pending>()
  readonly #version = Promise.withResolvers<void>()
  /** Memory of write requests that have left, for the next ones. At most as many as were under way at once. */
  readonly #spare: Buffer[] = []
  #wasted = Buffer.alloc(0)
  readonly #reader = new ReplyReader({
    placeFor: id => this.#pending.get(id)?.into ?? null,
    filled: (id, bytes) => this.#take(id)?.done(null, null, bytes),
    reply: (type, id, body) => {
      if (type === packet.version) this.#version.resolve()
      else this.#take(id)?.done(null, { type, body }, 0)
    },
    broken: detail =>
      this.#fail(new EngineError('remote.wrong-answer', during, { subject: this.#about, detail })),
  })

  private constructor(main: SftpSession) {
    this.main = main
    this.readBytes = main.readBytes
    this.writeBytes = main.writeBytes
    this.#version.promise.catch(() => {})
  }

  /** @throws whatever keeps it from starting: no `ssh`, a login it cannot do, no answer in time. */
  static async open(main: SftpSession, login: SshLogin, context: SshContext): Promise<OpenSshChannel> {
    const channel = new OpenSshChannel(main)
    const process = await startOpenSsh(main.connection, 'sftp', login, context, channel.#reader)
    channel.#process = process
    const { socket } = process
    const ended = (cause?: unknown) => channel.#ended(cause)
    socket
      .once('error', ended)
      .once('end', () => ended())
      .once('close', () => ended())
    const late = setTimeout(() => channel.#fail(channel.#interrupted('no answer in time')), startsWithinMs)
    try {
      socket.write(Buffer.from([0, 0, 0, 5, packet.init, 0, 0, 0, 3]))
      await channel.#version.promise
      await process.loggedIn()
      return channel
    } catch (err) {
      channel.end()
      const said = await process.lastWords
      throw said === '' ? err : channel.#interrupted(said, err)
    } finally {
      clearTimeout(late)
    }
  }

  get failure(): EngineError | null {
    return this.#failure
  }

  has(extension: Extension): boolean {
    return this.main.has(extension)
  }

  async open(path: string, flags: 'r' | 'r+', during: string): Promise<Buffer> {
    const reply = await this.#ask(during, path, packet.open, [path, openFlags[flags], 0], packet.handle)
    return stringAt(reply, 0)
  }

  async close(handle: Buffer, during: string): Promise<void> {
    await this.#ask(during, 'file', packet.close, [handle], packet.status)
  }

  /** Ends the channel and its process; what is under way fails. */
  end(): void {
    this.#fail(this.#interrupted('closed'))
  }

  async fstat(handle: Buffer, during: string, path: string): Promise<FileAttrs> {
    return readAttrs(await this.#ask(during, path, packet.fstat, [handle], packet.attrs))
  }

  async truncate(handle: Buffer, size: number, during: string, path: string): Promise<void> {
    await this.#ask(during, path, packet.fsetstat, [handle, ...onlySize(size)], packet.status)
  }

  async fsync(handle: Buffer, during: string, path: string): Promise<void> {
    await this.#ask(during, path, packet.extended, ['fsync@openssh.com', handle], packet.status)
  }

  read(
    handle: Buffer,
    into: Buffer,
    position: number,
    done: (err: unknown, bytes: number) => void,
  ): () => void {
    const pending: Pending = {
      into,
      done: (err, reply, bytes) => {
        const refusal = err ?? (reply && refused(reply))
        // The end of the file is an answer and no error here, as with ssh2.
        done(refusal && (refusal as { code?: unknown }).code === 1 ? null : refusal, bytes)
      },
    }
    this.#send(packet.read, [handle, ...wide(position), into.length], pending)
    return () => {
      pending.into = this.#waste(into.length)
      this.#reader.divert(into, pending.into)
    }
  }

  write(handle: Buffer, bytes: Buffer, position: number, done: (err: unknown) => void): void {
    if (this.#failure) return done(this.#failure)
    const memory = this.#memory(writeOverhead(handle) + bytes.length)
    const id = this.#expect({ into: null, done: (err, reply) => done(err ?? (reply && refused(reply))) })
    const length = putWrite(memory, id, handle, position, bytes)
    this.#socket.write(memory.subarray(0, length), () => void this.#spare.push(memory))
  }

  async explain(err: unknown, during: string, subject: string, folder: string): Promise<EngineError> {
    const error = fromSftpError(err, during, subject)
    if (error.code !== 'remote.failed' || this.#failure) return error
    return this.main.explain(error, during, subject, folder)
  }

  get #about(): string {
    return this.main.connection.about
  }

  get #socket(): Socket {
    return (this.#process as OpenSshProcess).socket
  }

  /** Memory for data that nobody wants any more, the same for all of it. */
  #waste(bytes: number): Buffer {
    if (this.#wasted.length < bytes) this.#wasted = Buffer.allocUnsafeSlow(bytes)
    return this.#wasted.subarray(0, bytes)
  }

  #memory(bytes: number): Buffer {
    const spare = this.#spare.pop()
    return spare && spare.length >= bytes
      ? spare
      : Buffer.allocUnsafeSlow(Math.max(bytes, this.writeBytes + 512))
  }

  async #ask(
    during: string,
    subject: string,
    type: number,
    fields: readonly (number | Buffer | string)[],
    wanted: number,
  ): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#send(type, fields, {
      into: null,
      done: (err, reply) => (reply ? resolve(reply) : reject(fromSftpError(err, during, subject))),
    })
    const reply = await promise
    const refusal = refused(reply)
    if (refusal) throw fromSftpError(refusal, during, subject)
    if (reply.type === wanted) return reply.body
    const detail = `the answer is a packet of type ${reply.type}`
    throw new EngineError('remote.wrong-answer', during, { subject, detail })
  }

  #send(type: number, fields: readonly (number | Buffer | string)[], pending: Pending): void {
    if (this.#failure) return pending.done(this.#failure, null, 0)
    this.#socket.write(request(type, this.#expect(pending), fields))
  }

  #expect(pending: Pending): number {
    this.#nextId = (this.#nextId + 1) % 2 ** 32
    this.#pending.set(this.#nextId, pending)
    return this.#nextId
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #ended(cause: unknown): void {
    this.#fail(this.#interrupted('the SFTP channel closed', cause))
  }

  #interrupted(detail: string, cause?: unknown): EngineError {
    return new EngineError('network.interrupted', during, { subject: this.#about, detail, cause })
  }

  #fail(failure: EngineError): void {
    if (this.#failure) return
    this.#failure = failure
    this.#version.reject(failure)
    this.#process?.close()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { done } of pending) done(failure, null, 0)
  }
}

/** The error a status reply is; null for one that says all is well, and for other replies. */
function refused({ type, body }: Reply): Error | null {
  if (type !== packet.status) return null
  const code = body.readUInt32BE(0)
  if (code === 0) return null
  // Servers of older versions of the protocol leave the message out.
  const words = body.length > 8 ? stringAt(body, 4).toString('utf8', 0, 500) : `status ${code}`
  return Object.assign(new Error(words), { code })
}
