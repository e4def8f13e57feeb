import { EngineError } from '../../engine-error.ts'
import { whyNotOpenSsh } from '../../ssh/openssh-process.ts'
import type { SshContext, SshLogin } from '../../ssh/ssh-target.ts'
import type { FileChannel } from './file-channel.ts'
import { OpenSshChannel } from './openssh-channel.ts'
import type { SftpSession } from './sftp-session.ts'

/** `always` and `never` are for tests: the first fails where `auto` would go on without. */
export type BulkUse = 'auto' | 'always' | 'never'

/** A store that moves less than this needs no second connection. */
const worthwhileBytes = 16 * 1024 * 1024
/** A transfer of less than this is not worth opening the file once more. */
const smallBytes = 1024 * 1024
/** A channel that breaks is started again, but not for ever. */
const mostStarts = 5

/**
 * The way large transfers take: OpenSSH's own connection beside the store's, once so much has been moved that it
 * pays, and if it can be had. Nobody waits for it, and nothing fails for want of it.
 */
export class BulkLane {
  readonly #use: BulkUse
  readonly #login: SshLogin
  readonly #context: SshContext
  #moved = 0
  #starts = 0
  #starting: Promise<OpenSshChannel | null> | null = null
  #channel: OpenSshChannel | null = null
  #closed = false

  constructor(use: BulkUse, login: SshLogin, context: SshContext) {
    this.#use = use
    this.#login = login
    this.#context = context
  }

  /** Whether the answer of `choose` may become another one soon. */
  get undecided(): boolean {
    return this.#starting !== null
  }

  /** To be told of every transfer before it begins. */
  expect(bytes: number, main: SftpSession): void {
    this.#moved += bytes
    if (this.#use === 'auto' && this.#moved >= worthwhileBytes) void this.#start(main)
  }

  /** The channel on which `bytes` of one file go best now. */
  async choose(bytes: number, main: SftpSession): Promise<FileChannel> {
    if (this.#use === 'never') return main
    if (this.#use === 'always') {
      const channel = this.#ready(main) ?? (await this.#start(main))
      if (!channel) throw new EngineError('internal', 'server.connect', { detail: 'no OpenSSH channel' })
      return channel
    }
    return (bytes >= smallBytes && this.#ready(main)) || main
  }

  close(): void {
    this.#closed = true
    this.#channel?.end()
  }

  /** It must have been made for this session: another one has verified the host anew. */
  #ready(main: SftpSession): OpenSshChannel | null {
    const channel = this.#channel
    return channel && channel.main === main && !channel.failure ? channel : null
  }

  #start(main: SftpSession): Promise<OpenSshChannel | null> {
    if (this.#starting) return this.#starting
    const ready = this.#ready(main)
    if (ready || this.#starts >= mostStarts) return Promise.resolve(ready)
    this.#channel?.end()
    this.#channel = null
    this.#starts += 1
    this.#starting = this.#open(main).finally(() => (this.#starting = null))
    return this.#starting
  }

  async #open(main: SftpSession): Promise<OpenSshChannel | null> {
    const { log } = this.#context
    const server = main.connection.about
    const without = (reason: string) => {
      this.#starts = mostStarts
      log('info', 'sftp: large transfers go on without OpenSSH', { server, reason })
      return null
    }
    const obstacle = whyNotOpenSsh(main.connection, this.#login, this.#context)
    if (obstacle) return without(obstacle)
    try {
      const channel = await OpenSshChannel.open(main, this.#login, this.#context)
      if (this.#closed) {
        channel.end()
        return null
      }
      this.#channel = channel
      log('info', 'sftp: large transfers go over OpenSSH', { server })
      return channel
    } catch (err) {
      return without(err instanceof EngineError ? (err.detail ?? err.message) : String(err))
    }
  }
}
