import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'

/** What a command is answered with instead: a reply without its line end, or `drop` to hang up after doing it. */
export type FakeAnswer = string

export type FakeOptions = {
  /** Replaces the answer to a command, by its verb; a function may decide by the argument. */
  answers?: Record<string, FakeAnswer | ((argument: string) => FakeAnswer | undefined)>
  /** What LIST and MLSD send, instead of a listing of the files. */
  listing?: string | Buffer
  features?: readonly string[]
  /** With a certificate it speaks AUTH TLS. */
  certificate?: { cert: string; key: string }
  /** Most connections at once; more are turned away with 421. */
  mostConnections?: number
  /** REST before STOR is refused, as ProFTPD does by default. */
  noRestartedStor?: boolean
  /** Data connections under TLS 1.3 are refused with 522, as servers do that miss the session they wanted. */
  refusesTls13Data?: boolean
}

/**
 * A FAKE: a small FTP server in memory, for answers that no server on this machine gives. What vsftpd does is
 * tested against vsftpd.
 */
export class FakeFtpServer {
  readonly files = new Map<string, Buffer>()
  /** Every command that came, without the password. */
  readonly commands: string[] = []
  readonly #options: FakeOptions
  readonly #listener = net.createServer(socket => void this.#serve(socket).catch(() => socket.destroy()))
  readonly #sockets = new Set<net.Socket>()
  #sessions = 0

  private constructor(options: FakeOptions) {
    this.#options = options
  }

  static async start(options: FakeOptions = {}): Promise<FakeFtpServer> {
    const server = new FakeFtpServer(options)
    server.#listener.listen(0, '127.0.0.1')
    await once(server.#listener, 'listening')
    return server
  }

  get port(): number {
    return (this.#listener.address() as net.AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#listener.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#listener, 'close')
  }

  async #serve(raw: net.Socket): Promise<void> {
    this.#keep(raw)
    if (this.#sessions >= (this.#options.mostConnections ?? Infinity)) {
      raw.end('421 There are too many connections from your internet address.\r\n')
      return
    }
    this.#sessions += 1
    raw.once('close', () => (this.#sessions -= 1))
    const session = new FakeSession(this.files, this.#options, socket => this.#keep(socket))
    let socket: net.Socket = raw
    socket.write('220 fake\r\n')
    for (let text = ''; ;) {
      const line = /^(.*?)\r\n/.exec(text)
      if (!line) {
        const [chunk] = (await once(socket, 'data')) as [Buffer]
        text += chunk.toString()
        continue
      }
      text = text.slice(line[0].length)
      const [verb = '', argument = ''] = (line[1] ?? '').split(/ (.*)/s)
      this.commands.push(verb === 'PASS' ? 'PASS' : (line[1] ?? ''))
      const custom = this.#options.answers?.[verb]
      const answer = typeof custom === 'function' ? custom(argument) : custom
      if (answer !== undefined && answer !== 'drop') {
        socket.write(`${answer}\r\n`)
        continue
      }
      if (verb === 'AUTH' && this.#options.certificate) {
        socket.write('234 go on\r\n')
        socket = new tls.TLSSocket(raw, { isServer: true, ...this.#options.certificate })
        this.#keep(socket)
        continue
      }
      for await (const reply of session.run(verb, argument))
        if (answer !== 'drop') socket.write(`${reply}\r\n`)
      if (answer === 'drop') socket.destroy()
    }
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

/** What one connection remembers, and what its commands do. */
class FakeSession {
  readonly #files: Map<string, Buffer>
  readonly #options: FakeOptions
  readonly #keep: (socket: net.Socket) => void
  #offset = 0
  #from = ''
  #data: Promise<net.Socket> | undefined

  constructor(files: Map<string, Buffer>, options: FakeOptions, keep: (socket: net.Socket) => void) {
    this.#files = files
    this.#options = options
    this.#keep = keep
  }

  async *run(verb: string, name: string): AsyncGenerator<string, void, void> {
    const file = this.#files.get(name)
    switch (verb) {
      case 'USER':
        return yield '331 password?'
      case 'PASS':
        return yield '230 in'
      case 'FEAT':
        return yield [
          '211-Features:',
          ...(this.#options.features ?? []).map(each => ` ${each}`),
          '211 End',
        ].join('\r\n')
      case 'EPSV':
        return yield `229 Entering Extended Passive Mode (|||${await this.#listen()}|)`
      case 'REST':
        this.#offset = Number(name)
        return yield '350 restarting'
      case 'SIZE':
        return yield file ? `213 ${file.length}` : '550 not there'
      case 'DELE':
        return yield this.#files.delete(name) ? '250 gone' : '550 not there'
      case 'RNFR':
        this.#from = name
        return yield file ? '350 and to?' : '550 not there'
      case 'RNTO':
        this.#files.set(name, this.#files.get(this.#from) ?? Buffer.alloc(0))
        this.#files.delete(this.#from)
        return yield '250 renamed'
      case 'RETR':
        if (!file) return yield '550 not there'
        return yield* this.#send(file.subarray(this.#taken()))
      case 'LIST':
      case 'MLSD':
        return yield* this.#send(Buffer.from(this.#options.listing ?? this.#unixListing()))
      case 'STOR':
      case 'APPE':
        return yield* this.#receive(verb, name)
      default:
        return yield '200 as you like'
    }
  }

  async *#send(bytes: Buffer): AsyncGenerator<string, void, void> {
    yield '150 here it comes'
    const socket = await this.#socket()
    if (!socket) return yield '522 SSL connection failed: session reuse required'
    await new Promise<void>(resolve => socket.once('close', () => resolve()).end(bytes))
    yield '226 done'
  }

  async *#receive(verb: string, name: string): AsyncGenerator<string, void, void> {
    const offset = this.#taken()
    if (offset > 0 && this.#options.noRestartedStor) return yield '451 Restart not permitted, try again'
    yield '150 send it'
    const socket = await this.#socket()
    if (!socket) return yield '522 SSL connection failed: session reuse required'
    const old = this.#files.get(name) ?? Buffer.alloc(0)
    const start = verb === 'APPE' ? old.length : offset
    const chunks: Buffer[] = []
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
    const fresh = Buffer.concat(chunks)
    const behind = start > 0 ? old.subarray(start + fresh.length) : Buffer.alloc(0)
    this.#files.set(name, Buffer.concat([old.subarray(0, start), fresh, behind]))
    yield '226 thanks'
  }

  #taken(): number {
    const offset = this.#offset
    this.#offset = 0
    return offset
  }

  async #listen(): Promise<number> {
    const listener = net.createServer()
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    this.#data = once(listener, 'connection').then(([socket]) => {
      listener.close()
      this.#keep(socket as net.Socket)
      return socket as net.Socket
    })
    return (listener.address() as net.AddressInfo).port
  }

  /** The data connection, under TLS where the dialogue is; undefined when it is refused. */
  async #socket(): Promise<net.Socket | undefined> {
    const raw = await this.#data
    if (!raw || !this.#options.certificate) return raw
    const socket = new tls.TLSSocket(raw, { isServer: true, ...this.#options.certificate })
    this.#keep(socket)
    await once(socket, 'secure')
    if (!this.#options.refusesTls13Data || socket.getProtocol() !== 'TLSv1.3') return socket
    socket.destroy()
    return undefined
  }

  #unixListing(): string {
    const line = ([name, body]: [string, Buffer]): string =>
      `-rw-r--r--    1 1000     1000     ${String(body.length).padStart(8)} Jan 01 12:00 ${name}\r\n`
    return [...this.#files].map(line).join('')
  }
}
