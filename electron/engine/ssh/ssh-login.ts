import ssh2 from 'ssh2'
import type { AnyAuthMethod, AuthenticationType, NextAuthHandler, ParsedKey } from 'ssh2'
import { EngineError } from '../engine-error.ts'
import type { SshContext, SshHost, SshLogin } from './ssh-target.ts'
import { showHost } from './ssh-target.ts'

/** The ways to prove who we are, in the order they are tried: key, password, agent. */
export class LoginMethods {
  readonly #methods: AnyAuthMethod[]
  readonly #tried: string[] = []
  #accepted: readonly string[] | null = null

  /** @throws EngineError `auth.passphrase`, `input.invalid` for a key that cannot be used, `auth.secret-missing`. */
  constructor(host: SshHost, login: SshLogin, context: SshContext, during: string) {
    const username = host.user
    const methods: AnyAuthMethod[] = []
    if (login.privateKey !== undefined)
      methods.push({
        type: 'publickey',
        username,
        key: readPrivateKey(login.privateKey, login.keyPassphrase, during),
      })
    const { password } = login
    if (password !== undefined) {
      methods.push({ type: 'password', username, password })
      methods.push({
        type: 'keyboard-interactive',
        username,
        // Whatever is asked, the password is all we have; a question whose answer would show is none for it.
        prompt: (_name, _instructions, _lang, prompts, finish) =>
          finish(prompts.map(prompt => (prompt.echo ? '' : password))),
      })
    }
    const agent = context.env['SSH_AUTH_SOCK']
    if (methods.length === 0) {
      if (!agent)
        throw new EngineError('auth.secret-missing', during, {
          subject: showHost(host),
          detail:
            'neither a password nor a private key is kept for it, and no ssh agent runs (SSH_AUTH_SOCK)',
        })
      methods.push({ type: 'agent', username, agent })
    }
    this.#methods = methods
  }

  /** For ssh2's `authHandler`. Each method is tried once, and only if the server takes it. */
  readonly next = (
    left: AuthenticationType[] | null,
    _partial: boolean | null,
    proceed: NextAuthHandler,
  ): void => {
    if (left) this.#accepted = left
    for (let method = this.#methods.shift(); method; method = this.#methods.shift()) {
      const wire = method.type === 'agent' ? 'publickey' : method.type
      if (left && !left.includes(wire)) continue
      this.#tried.push(method.type)
      proceed(method)
      return
    }
    // ssh2 takes `false` for "nothing left"; its types do not say so.
    proceed(false as unknown as AuthenticationType)
  }

  /** In words, for the failure. */
  outcome(): string {
    const takes = this.#accepted?.length ? `; the server takes ${this.#accepted.join(', ')}` : ''
    return `tried ${this.#tried.join(', ') || 'nothing'}${takes}`
  }
}

/** @throws EngineError `auth.passphrase`, or `input.invalid` for what is no private key. */
export function readPrivateKey(text: string, passphrase: string | undefined, during: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text, passphrase)
  // OpenSSH's format could hold several keys; nobody writes more than one.
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | undefined) : parsed
  if (key instanceof Error || key === undefined) {
    // OpenSSL's words for a wrong passphrase of a PEM key are 'bad decrypt'.
    const locked = /passphrase|encrypted|integrity check|bad decrypt|decrypt key/i.test(key?.message ?? '')
    throw new EngineError(locked ? 'auth.passphrase' : 'input.invalid', during, {
      subject: 'private key',
      detail: locked
        ? passphrase
          ? 'the passphrase does not open the private key'
          : 'the private key is encrypted and no passphrase is kept for it'
        : 'this is no private key that can be used here',
    })
  }
  if (!key.isPrivateKey())
    throw new EngineError('input.invalid', during, { subject: 'private key', detail: 'this is a public key' })
  return key
}
