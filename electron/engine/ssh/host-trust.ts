import { EngineError } from '../engine-error.ts'
import { algorithmsFor, hostKeyTypes } from './host-key.ts'
import type { HostKey } from './host-key.ts'
import { knownHostName, loadKnownHosts, matchesHost } from './known-hosts.ts'
import type { KnownHost } from './known-hosts.ts'
import type { SshContext, SshHost } from './ssh-target.ts'

/** How a host's key came to be trusted on this connection. */
export type TrustedBy = 'pin' | 'known-hosts' | 'confirmed'

/** What is thought of a key a host showed. `unknown` may be asked about; `changed` and `revoked` never. */
export type Verdict =
  { is: 'trusted'; by: TrustedBy } | { is: 'changed' | 'revoked' | 'unknown'; detail: string }

/** What is known about one host, gathered before the connection so that the handshake need not wait for a file. */
export class HostTrust {
  readonly #pin: string | undefined
  readonly #entries: readonly KnownHost[]
  /** Entries for the bare name, used as OpenSSH does: an equal key there is good, another one says nothing. */
  readonly #portless: readonly KnownHost[]
  readonly #name: string

  private constructor(host: SshHost, entries: readonly KnownHost[]) {
    this.#pin = host.hostKey
    this.#name = knownHostName(host.host, host.port)
    this.#entries = entries.filter(entry => matchesHost(entry.hosts, this.#name))
    const bare = knownHostName(host.host, 22)
    this.#portless = host.port === 22 ? [] : entries.filter(entry => matchesHost(entry.hosts, bare))
  }

  static async of(host: SshHost, context: SshContext, during: string): Promise<HostTrust> {
    return new HostTrust(host, await loadKnownHosts(context.env, during, context.systemKnownHosts))
  }

  /**
   * Host key algorithms to ask for, best first: those of keys we know of this host, so that a server with several
   * keys shows the one we can check. `without` leaves out types that were tried in vain.
   */
  algorithms(without: ReadonlySet<string> = new Set()): string[] {
    const known = this.#pin === undefined ? this.#keys().map(entry => entry.key.type) : []
    const ordered = [...new Set([...hostKeyTypes.filter(type => known.includes(type)), ...hostKeyTypes])]
    return algorithmsFor(ordered.filter(type => !without.has(type)))
  }

  get pinned(): boolean {
    return this.#pin !== undefined
  }

  judge(key: HostKey): Verdict {
    const revoked = [...this.#entries, ...this.#portless].find(
      entry => entry.marker === 'revoked' && entry.key.base64 === key.base64,
    )
    if (revoked) return { is: 'revoked', detail: `${show(key)} is marked @revoked at ${revoked.at}` }
    if (this.#pin !== undefined) {
      if (this.#pin === key.fingerprint) return { is: 'trusted', by: 'pin' }
      return { is: 'changed', detail: `${this.#name} showed ${show(key)}; pinned is ${this.#pin}` }
    }
    const known = this.#keys()
    if (known.some(entry => entry.key.base64 === key.base64)) return { is: 'trusted', by: 'known-hosts' }
    const [same] = known.filter(entry => entry.key.type === key.type)
    // Without a key of this type: had the server still had the known one, it would have shown it, for its
    // algorithms were asked for first. Only types that we cannot verify at all say nothing.
    const [other] = known.filter(entry => hostKeyTypes.includes(entry.key.type))
    const older = same ?? other
    if (older)
      return {
        is: 'changed',
        detail: `${this.#name} showed ${show(key)}; known is ${show(older.key)} (${older.at})`,
      }
    if (this.#portless.some(entry => entry.marker === null && entry.key.base64 === key.base64))
      return { is: 'trusted', by: 'known-hosts' }
    const authority = this.#entries.find(entry => entry.marker === 'cert-authority')
    const note = authority
      ? `; the @cert-authority at ${authority.at} is of no use, host certificates are not supported`
      : ''
    return { is: 'unknown', detail: `${this.#name} showed ${show(key)}${note}` }
  }

  #keys(): KnownHost[] {
    return this.#entries.filter(entry => entry.marker === null)
  }
}

const show = (key: HostKey): string => `${key.type} ${key.fingerprint}`

/** The failure a bad verdict ends in. */
export function distrust(verdict: Verdict, subject: string, during: string): EngineError {
  if (verdict.is === 'trusted') return new EngineError('internal', during, { subject })
  return new EngineError(`trust.host-key-${verdict.is}`, during, { subject, detail: verdict.detail })
}
