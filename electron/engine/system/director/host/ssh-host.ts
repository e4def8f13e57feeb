import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientChannel } from 'ssh2'
import { EngineError } from '../../../engine-error.ts'
import type { SshConnection } from '../../../ssh/ssh-connection.ts'
import { fromSshError } from '../../../ssh/ssh-errors.ts'
import type { Host, HostResult, HostRun, HostStream } from './host.ts'
import { readOverShell, writeOverShell } from './shell-files.ts'
import { during, runScript, streamScript } from './script.ts'
import type { Script } from './script.ts'

/** OpenSSH allows ten sessions on one connection (MaxSessions); some are left for others who share it. */
const maxSessions = 8
/** What `sh` says first, with its process id. Whatever comes before it is a login shell's chatter. */
const greeting = /(?:^|\n)drydock:sh (\d{1,10})\n/
const maxChatter = 64 * 1024
/** How long a session may be refused before that counts, ms: a server frees one a moment after it has closed. */
const refusedMs = 5_000
/** How long a login may take to become a shell, ms. */
const shellMs = 20_000

/**
 * A machine over ssh. Only a POSIX `sh` is needed there: no sftp, and any login shell. A script goes over standard
 * input once `sh` has answered, so it is in no list of processes and no login shell reads its quotes; an account that
 * gives no shell is told apart from a script that failed, and is never sent anything.
 *
 * A connection that was lost is made again by the next call; the call it was lost under fails.
 */
export class SshHost implements Host {
  readonly about: string
  readonly local = false
  readonly #connect: () => Promise<SshConnection>
  #connection: Promise<SshConnection> | null = null
  #closed = false
  #free = maxSessions
  readonly #waiting: (() => void)[] = []

  /** @param connect logs in; called again after the connection was lost */
  constructor(about: string, connect: () => Promise<SshConnection>) {
    this.about = about
    this.#connect = connect
  }

  run(script: string, options?: HostRun): Promise<HostResult> {
    return runScript(signal => this.#start(script, signal), this.about, options)
  }

  stream(script: string, options?: HostStream): ReturnType<Host['stream']> {
    return streamScript(signal => this.#start(script, signal), this.about, options)
  }

  readFile(path: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
    return readOverShell(this, path, maxBytes, signal)
  }

  writeFile(path: string, bytes: Uint8Array, options?: Parameters<Host['writeFile']>[2]): Promise<void> {
    return writeOverShell(this, path, bytes, options)
  }

  async forward(host: string, port: number): Promise<Duplex> {
    const connection = await this.connection()
    return connection.forward(host, port, during)
  }

  async close(): Promise<void> {
    this.#closed = true
    const connection = this.#connection
    this.#connection = null
    await connection?.then(
      open => open.close(),
      () => {},
    )
  }

  /** The connection, made again if it was lost. */
  async connection(): Promise<SshConnection> {
    if (this.#closed)
      throw new EngineError('network.interrupted', during, { subject: this.about, detail: 'it was closed' })
    const present = this.#connection
    if (present) {
      const open = await present
      if (!open.failure) return open
      // Another call may have begun to connect while this one looked.
      if (this.#connection === present) this.#connection = null
    }
    const next = (this.#connection ??= this.#connect().catch((err: unknown) => {
      this.#connection = null
      throw err
    }))
    const open = await next
    if (this.#closed) open.close()
    return open
  }

  async #start(text: string, signal: AbortSignal): Promise<Script> {
    await this.#turn()
    let left = false
    const leave = () => {
      if (left) return
      left = true
      this.#free += 1
      this.#waiting.shift()?.()
    }
    try {
      signal.throwIfAborted()
      const connection = await this.connection()
      const script = Buffer.from(text)
      const channel = await open(
        connection,
        `exec sh -c 'echo "drydock:sh $$"; eval "$(dd bs=1 count=${script.length} 2>/dev/null)"'`,
        this.about,
        signal,
      )
      channel.once('close', leave)
      if (signal.aborted) channel.destroy()
      const shell = await greeted(channel, connection, this.about, signal).catch((err: unknown) => {
        drop(channel)
        throw err
      })
      channel.write(script)
      return {
        stdin: channel,
        stdout: shell.stdout,
        stderr: channel.stderr,
        ended: shell.ended,
        kill: () => {
          drop(channel)
          // sshd lets a command live on when its channel is closed. It leads a session and group of its own.
          if (!connection.failure && !shell.over())
            connection.client.exec(`exec sh -c 'kill -s TERM -- -${shell.pid}'`, (err, killer) => {
              if (!err) drop(killer, false)
            })
          leave()
        },
      }
    } catch (err) {
      leave()
      throw err
    }
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#free -= 1
  }
}

async function open(
  connection: SshConnection,
  command: string,
  about: string,
  signal: AbortSignal,
): Promise<ClientChannel> {
  for (const began = performance.now(); ;) {
    try {
      return await tryOpen(connection, command)
    } catch (err) {
      if (connection.failure) throw connection.failure
      // RFC 4254: 2 connect failed, 4 resource shortage. OpenSSH says 2 when it has no session left.
      const { reason } = err as { reason?: number }
      if (reason !== 2 && reason !== 4) throw fromSshError(err, during, about)
      if (performance.now() - began > refusedMs)
        throw new EngineError('remote.limit', during, {
          subject: about,
          detail: 'it opens no further session on this connection (MaxSessions in its sshd_config)',
          cause: err,
        })
      await sleep(100, undefined, { signal })
    }
  }
}

function tryOpen(connection: SshConnection, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    // ssh2 throws when the connection is gone; that rejects as well.
    connection.client.exec(command, (err, channel) => (err ? reject(err) : resolve(channel)))
  })
}

/** Lets go of a channel. What still comes is read away, or it would never close. */
function drop(channel: ClientChannel, now = true): void {
  channel.on('error', () => {})
  if (now) channel.destroy()
  else channel.end()
  channel.resume()
  channel.stderr.resume()
}

type Shell = {
  pid: number
  stdout: AsyncIterable<Uint8Array>
  ended: Script['ended']
  over: () => boolean
}

/** Waits until `sh` has said who it is. @throws EngineError `local.command` for an account without a shell */
async function greeted(
  channel: ClientChannel,
  connection: SshConnection,
  about: string,
  signal: AbortSignal,
): Promise<Shell> {
  let exit: number | null | undefined
  let killedBy: string | null = null
  channel.once('exit', (code: number | null, name?: string) => {
    exit = code
    killedBy = name ?? null
  })
  let over = false
  const closed = once(channel, 'close').then(() => {
    over = true
  })
  const ended = closed.then(() => {
    // A channel that closes without saying how the command ended was cut.
    if (exit === undefined)
      throw connection.failure ?? new EngineError('network.interrupted', during, { subject: about })
    return { exit, signal: killedBy }
  })
  ended.catch(() => {})

  const output = (channel as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  let said = Buffer.alloc(0)
  let found: RegExpExecArray | null = null
  const noShell = (detail: string) =>
    new EngineError('local.command', during, {
      subject: about,
      detail: `this account gives no shell (sh): ${detail}`,
    })
  const late = setTimeout(() => channel.destroy(), shellMs)
  const stopped = () => channel.destroy()
  signal.addEventListener('abort', stopped, { once: true })
  const began = performance.now()
  try {
    while (!found) {
      const next = await Promise.race([output.next(), closed.then(() => null)])
      if (next === null || next.done) {
        if (signal.aborted) throw signal.reason as Error
        if (connection.failure) throw connection.failure
        if (performance.now() - began >= shellMs) throw noShell(`nothing answered within ${shellMs / 1000} s`)
        const { exit } = await ended
        const complaint: unknown = channel.stderr.read()
        const words = `${said.toString('utf8')} ${complaint instanceof Buffer ? complaint.toString('utf8') : ''}`
        throw noShell(`it says “${plain(words) || 'nothing'}” and ends with status ${exit ?? killedBy}`)
      }
      said = Buffer.concat([said, next.value])
      if (said.length > maxChatter) throw noShell(`it says “${plain(said.toString('utf8'))}” and more`)
      found = greeting.exec(said.toString('latin1'))
    }
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', stopped)
  }
  const rest = said.subarray(found.index + found[0].length)
  return { pid: Number(found[1]), stdout: after(rest, output), ended, over: () => over }
}

async function* after(first: Uint8Array, output: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (;;) {
    const next = await output.next()
    if (next.done) return
    yield next.value
  }
}

const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200)
