import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { Algorithms, Client, ServerHostKeyAlgorithm } from 'ssh2'
import { EngineError } from '../engine-error.ts'
import { gatheringSocket } from './gathering-socket.ts'
import { readHostKey } from './host-key.ts'
import type { HostKey } from './host-key.ts'
import { HostTrust, distrust } from './host-trust.ts'
import type { TrustedBy, Verdict } from './host-trust.ts'
import { useKeyObjects } from './session-keys.ts'
import { ciphers, macs } from './ssh-algorithms.ts'
import { fromSshError } from './ssh-errors.ts'
import { LoginMethods } from './ssh-login.ts'
import type { SshContext, SshHost, SshLogin } from './ssh-target.ts'
import { showHost } from './ssh-target.ts'

/** A host on the way, and why it is believed to be the one that was meant. */
export type TrustedHost = { host: SshHost; key: HostKey; by: TrustedBy }

/** Without SHA-1 and CBC. */
const algorithms: Omit<Algorithms, 'serverHostKey'> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [...ciphers],
  hmac: [...macs],
  compress: ['none'],
}

const readyTimeoutMs = 20_000
/** A NAT box forgets a silent connection after minutes, and a dead peer shows only when asked. */
const keepalive = { keepaliveInterval: 15_000, keepaliveCountMax: 4 }

/** What carries a connection instead of a socket of this machine: another connection, or a host that forwards. */
export type SshVia = {
  /** The hosts it passes; none when that is somebody else's business. */
  readonly trusted?: readonly TrustedHost[]
  forward(host: string, port: number, during: string): Promise<Duplex>
  /** Called when the connection that it carried has ended. */
  close(): void
}

/** A logged-in connection whose host keys have all been verified. Carries SFTP, commands and forwarded streams. */
export class SshConnection {
  readonly client: Client
  /** The hosts passed, the jump host first and the target last. */
  readonly trusted: readonly TrustedHost[]
  #failure: EngineError | null = null
  readonly #via: SshVia | null

  private constructor(client: Client, trusted: readonly TrustedHost[], via: SshVia | null, during: string) {
    this.client = client
    this.trusted = trusted
    this.#via = via
    const subject = this.about
    client.on('error', err => (this.#failure ??= fromSshError(err, during, subject)))
    client.on('close', () => {
      this.#failure ??= new EngineError('network.interrupted', during, {
        subject,
        detail: 'the connection closed',
      })
      via?.close()
    })
  }

  /**
   * Connects, verifies each hop under its own name, and logs in. Nobody's key is taken on faith: see `HostTrust`.
   * A person is asked (`confirmHostKey`) between two connections, so that thinking may take as long as it does.
   */
  static async open(
    host: SshHost,
    login: SshLogin,
    context: SshContext,
    options: { jump?: SshHost | undefined; via?: SshVia | undefined; during: string },
  ): Promise<SshConnection> {
    const via = options.via ?? null
    if (!options.jump) return hop(host, login, context, options.during, via)
    const jump = await hop(options.jump, login, context, options.during, via)
    try {
      return await hop(host, login, context, options.during, jump)
    } catch (err) {
      jump.close()
      throw err
    }
  }

  /** @internal Wraps a client that is logged in. */
  static of(client: Client, trusted: TrustedHost, via: SshVia | null, during: string): SshConnection {
    return new SshConnection(client, [...(via?.trusted ?? []), trusted], via, during)
  }

  get about(): string {
    return showHost((this.trusted.at(-1) as TrustedHost).host)
  }

  /** Why it can no longer be used; null while it can. */
  get failure(): EngineError | null {
    return this.#failure
  }

  /** A stream to `host:port` as seen from the far end. */
  forward(host: string, port: number, during: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.client.forwardOut('127.0.0.1', 0, host, port, (err, channel) => {
        if (err) reject(fromSshError(err, during, `${host}:${port}`))
        else resolve(channel)
      })
    })
  }

  close(): void {
    this.client.end()
    this.#via?.close()
  }
}

async function hop(
  host: SshHost,
  login: SshLogin,
  context: SshContext,
  during: string,
  via: SshVia | null,
): Promise<SshConnection> {
  const subject = showHost(host)
  /** Key types shown that were not the pinned key: a server has several, and a pin does not tell its type. */
  const without = new Set<string>()
  let mismatch: Verdict | null = null
  let confirmed: string | undefined
  for (;;) {
    const trust = await HostTrust.of({ ...host, hostKey: confirmed ?? host.hostKey }, context, during)
    const methods = new LoginMethods(host, login, context, during)
    const seen = await handshake(host, methods, trust, without, during, via).catch((err: unknown) => {
      throw mismatch && err instanceof EngineError && err.code === 'remote.unsupported'
        ? distrust(mismatch, subject, during)
        : err
    })
    const { key, verdict, client } = seen
    if (verdict.is === 'trusted' && client)
      return SshConnection.of(client, { host, key, by: confirmed ? 'confirmed' : verdict.by }, via, during)
    if (verdict.is === 'changed' && trust.pinned && !confirmed) {
      mismatch ??= verdict
      without.add(key.type)
      if (trust.algorithms(without).length > 0) continue
      throw distrust(mismatch, subject, during)
    }
    if (verdict.is !== 'unknown' || !context.confirmHostKey) throw distrust(verdict, subject, during)
    const question = { host: host.host, port: host.port, keyType: key.type, fingerprint: key.fingerprint }
    if (!(await context.confirmHostKey(question))) throw distrust(verdict, subject, during)
    confirmed = key.fingerprint
  }
}

type Seen = { key: HostKey; verdict: Verdict; client: Client | null }

/** One connection attempt. Resolves without a client when the host's key was refused: then nothing was sent to it. */
async function handshake(
  host: SshHost,
  methods: LoginMethods,
  trust: HostTrust,
  without: ReadonlySet<string>,
  during: string,
  via: SshVia | null,
): Promise<Seen> {
  const subject = showHost(host)
  const client = new ssh2.Client()
  useKeyObjects(client)
  const gathering = via ? null : gatheringSocket(host.host, host.port)
  const stream = gathering?.socket ?? (await (via as SshVia).forward(host.host, host.port, during))
  const attempt = Promise.withResolvers<Seen>()
  let seen: Omit<Seen, 'client'> | null = null
  let agentTrouble = ''
  client.once('ready', () => {
    gathering?.reuseMemory()
    if (seen) attempt.resolve({ ...seen, client })
  })
  client.on('error', err => {
    if (err.level === 'agent') {
      // ssh2 goes on to the next method by itself; only its end decides.
      agentTrouble = '; the ssh agent could not be asked'
      return
    }
    if (seen && seen.verdict.is !== 'trusted') attempt.resolve({ ...seen, client: null })
    else if (err.level === 'client-authentication')
      attempt.reject(
        new EngineError('auth.rejected', during, {
          subject,
          detail: methods.outcome() + agentTrouble,
          cause: err,
        }),
      )
    else attempt.reject(fromSshError(err, during, subject))
  })
  client.once('close', () =>
    attempt.reject(fromSshError(new Error('No response from server'), during, subject)),
  )
  try {
    client.connect({
      sock: stream,
      username: host.user,
      readyTimeout: readyTimeoutMs,
      ...keepalive,
      algorithms: { ...algorithms, serverHostKey: trust.algorithms(without) as ServerHostKeyAlgorithm[] },
      authHandler: methods.next,
      hostVerifier: (blob: Buffer) => {
        const key = readHostKey(blob)
        seen = { key, verdict: trust.judge(key) }
        return seen.verdict.is === 'trusted'
      },
    })
    client.setNoDelay(true)
    const result = await attempt.promise
    if (!result.client) stream.destroy()
    return result
  } catch (err) {
    stream.destroy()
    throw fromSshError(err, during, subject)
  }
}
