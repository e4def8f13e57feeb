import { randomBytes } from 'node:crypto'
import { EngineError } from '../engine-error.ts'

/** The operating system's keychain, as far as we need it: short texts under an account name. */
export type Keychain = {
  get(account: string): Promise<string | null>
  set(account: string, value: string): Promise<void>
  remove(account: string): Promise<void>
}

const service = 'drydock'

/** How long the keychain may take, ms. A locked one shows a window that somebody may be typing a password into. */
const answerWithinMs = 60_000

/**
 * The OS keychain, proven by writing, reading back and deleting an item.
 * @throws auth.vault-locked when it is there but locked or does not answer; auth.vault-unavailable when there is none
 */
export async function openKeychain(options: { withinMs?: number } = {}): Promise<Keychain> {
  const withinMs = options.withinMs ?? answerWithinMs
  const keychain = bindKeychain(withinMs)
  const account = `probe-${randomBytes(8).toString('hex')}`
  const value = randomBytes(32).toString('base64')
  await keychain.set(account, value)
  try {
    if ((await keychain.get(account)) !== value)
      throw unavailable('it did not give back what was stored in it')
  } finally {
    await keychain.remove(account).catch(() => {})
  }
  if ((await keychain.get(account)) !== null) throw unavailable('it kept what was deleted from it')
  return keychain
}

function bindKeychain(withinMs: number): Keychain {
  const entry = async (account: string) => {
    // Loaded on use: a platform without the native part still has the other tiers.
    const { AsyncEntry } = await import('@napi-rs/keyring')
    // Without the pin the binding falls back to the kernel's keyring, which a reboot empties.
    return new AsyncEntry(service, account, { linux: { store: 'secret-service' } })
  }
  const call = async <T>(
    work: (of: Awaited<ReturnType<typeof entry>>, signal: AbortSignal) => Promise<T>,
    account: string,
  ) => {
    const late = Promise.withResolvers<never>()
    const stop = new AbortController()
    const timer = setTimeout(() => {
      late.reject(locked('it did not answer; a window that asks for its password may be waiting'))
      stop.abort()
    }, withinMs)
    try {
      return await Promise.race([entry(account).then(of => work(of, stop.signal)), late.promise])
    } catch (err) {
      throw fromKeychainError(err)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    get: account => call(async (of, signal) => (await of.getPassword(signal)) ?? null, account),
    set: (account, value) => call((of, signal) => of.setPassword(value, signal), account),
    remove: async account => {
      await call((of, signal) => of.deleteCredential(signal), account)
    },
  }
}

/** The binding tells errors apart by their text only; what is not known to mean locked means not usable. */
function fromKeychainError(err: unknown): EngineError {
  if (err instanceof EngineError) return err
  const text = err instanceof Error ? err.message : String(err)
  if (/dismissed|locked|not allowed|interaction/i.test(text))
    return locked('its password was not entered', err)
  return unavailable(text.slice(0, 300), err)
}

const locked = (detail: string, cause?: unknown) =>
  new EngineError('auth.vault-locked', 'vault.open', {
    subject: 'OS keychain',
    detail: `the keychain is locked: ${detail}`,
    cause,
  })
const unavailable = (detail: string, cause?: unknown) =>
  new EngineError('auth.vault-unavailable', 'vault.open', { subject: 'OS keychain', detail, cause })
