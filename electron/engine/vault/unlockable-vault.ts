import { existsSync } from 'node:fs'
import { EngineError } from '../engine-error.ts'
import { carry } from './carry.ts'
import { keepChoice } from './choice.ts'
import { openKeychain } from './keychain.ts'
import { openKeychainVault } from './keychain-vault.ts'
import { openVault, tierFixedBy } from './open-vault.ts'
import { openPassphraseVault, passphraseVaultFile } from './passphrase-vault.ts'
import type { Vault, VaultTier } from './vault.ts'

export type UnlockableStatus = {
  tier: VaultTier
  about: string
  warning?: string
  state: 'open' | 'locked' | 'unavailable'
  /** Whether there is a passphrase vault already. */
  made: boolean
  /** Tiers it can be moved to. */
  others: VaultTier[]
}

export type UnlockableVaultOptions = {
  home: string
  env: NodeJS.ProcessEnv
  /** Told of every secret that passes, for whoever masks them. */
  learn?: (secret: unknown) => void
}

/** How often a keychain that did not open is asked again, ms. */
const retryMs = 3000

/**
 * The vault of a process that goes on for long: it may begin locked and be opened later, and the secrets may move to
 * another tier, under one object that the engine keeps. It is opened when something is first asked of it. While it
 * is locked, `get`, `set` and `remove` throw `auth.vault-locked`.
 */
export class UnlockableVault implements Vault {
  readonly #options: UnlockableVaultOptions
  readonly #listeners = new Set<() => void>()
  /** Keys that were asked for here: the others of a run were never in this process's hands. */
  readonly #touched = new Set<string>()
  #vault: Vault | null = null
  #why: EngineError | null = null
  #opening: Promise<void> | undefined
  #openedAt = -Infinity
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: UnlockableVaultOptions) {
    this.#options = options
  }

  get tier(): VaultTier {
    return this.#vault?.tier ?? (this.#why?.subject === this.#file ? 'passphrase' : 'keychain')
  }

  get about(): string {
    return this.#vault?.about ?? this.#why?.subject ?? 'a vault that was not opened yet'
  }

  get persistent(): boolean {
    return this.#vault?.persistent ?? this.#options.env['DRYDOCK_VAULT'] !== 'memory'
  }

  /** Calls `listener` whenever the vault opens or the secrets have moved. @returns ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async status(): Promise<UnlockableStatus> {
    await this.#open()
    const { tier, about } = this
    const warning = this.#vault?.warning
    const fixed = this.#fixedBy()
    return {
      tier,
      about,
      ...(warning === undefined ? {} : { warning }),
      state: this.#vault ? 'open' : this.#why?.code === 'auth.vault-locked' ? 'locked' : 'unavailable',
      made: existsSync(this.#file),
      others: fixed ? [] : (['keychain', 'passphrase'] as const).filter(other => other !== tier),
    }
  }

  async get(key: string): Promise<string | null> {
    this.#touched.add(key)
    const value = await (await this.#ready()).get(key)
    if (value !== null) this.#learn(value)
    return value
  }

  async set(key: string, value: string): Promise<void> {
    this.#touched.add(key)
    this.#learn(value)
    // What is saved while secrets are carried over must not stay behind.
    await this.#last
    await (await this.#ready()).set(key, value)
  }

  async remove(key: string): Promise<void> {
    // A run that kept no key says so at its end all the same: no reason to fail over a locked vault.
    if (key.startsWith('run:') && !this.#touched.has(key)) return
    await this.#last
    await (await this.#ready()).remove(key)
  }

  async names(): Promise<string[]> {
    return await (await this.#ready()).names()
  }

  /**
   * Opens the passphrase vault; what was saved in memory so far goes into it. Does nothing more than prove the
   * passphrase when it is open already.
   * @param options.create makes it when there is none
   * @throws auth.passphrase, input.invalid (subject `create` when there is none)
   */
  unlock(passphrase: string, options: { create: boolean }): Promise<void> {
    return this.#alone(async () => {
      await this.#open()
      const named = this.#options.env['DRYDOCK_VAULT']
      if (named && named !== 'passphrase')
        throw refused('vault.unlock', `DRYDOCK_VAULT=${named} chooses another vault for this process`)
      if (this.#vault?.tier === 'keychain')
        throw refused('vault.unlock', 'the keychain vault is open; move the secrets instead')
      if (!options.create && !existsSync(this.#file))
        throw refused('vault.unlock', 'there is no passphrase vault yet; it can be made now', 'create')
      this.#options.learn?.(passphrase)
      const opened = await openPassphraseVault(this.#options.home, passphrase)
      if (this.#vault?.tier === 'memory') await carry(this.#vault, opened, { replace: false })
      this.#use(opened)
    })
  }

  /**
   * Moves every secret into the vault of `tier` and keeps that choice. Each is read back there before any is removed
   * here, so that a move that breaks off loses none.
   */
  move(tier: 'keychain' | 'passphrase', passphrase?: string): Promise<void> {
    return this.#alone(async () => {
      const source = await this.#ready()
      const fixed = this.#fixedBy()
      if (fixed) throw refused('vault.move', `${fixed} chooses the vault; change it there`)
      if (source.tier === tier) throw refused('vault.move', `the secrets are in the ${tier} vault already`)
      if (passphrase !== undefined) this.#options.learn?.(passphrase)
      const target = await this.#openTarget(tier, passphrase)
      const moved = await carry(source, target, { replace: true })
      await keepChoice(this.#options.home, tier)
      this.#use(target)
      for (const key of moved) await source.remove(key)
    })
  }

  async #openTarget(tier: 'keychain' | 'passphrase', passphrase: string | undefined): Promise<Vault> {
    const { home } = this.#options
    if (tier === 'keychain') return await openKeychainVault(home, await openKeychain())
    if (passphrase === undefined)
      throw refused('vault.move', 'the passphrase vault needs its passphrase', 'passphrase')
    return await openPassphraseVault(home, passphrase)
  }

  async #ready(): Promise<Vault> {
    await this.#open()
    if (this.#vault) return this.#vault
    throw this.#why ?? new EngineError('auth.vault-locked', 'vault.open')
  }

  #open(): Promise<void> {
    // A keychain may have been unlocked on the desktop meanwhile; a passphrase has to be typed.
    const again = this.#why !== null && this.#why.subject !== this.#file
    if (again && performance.now() - this.#openedAt > retryMs) this.#opening = undefined
    this.#opening ??= this.#tryOpen()
    return this.#opening
  }

  async #tryOpen(): Promise<void> {
    const { home, env } = this.#options
    const wasClosed = this.#why !== null
    let wanted = false
    try {
      const prompt = async ({ purpose }: { purpose: 'unlock' | 'create' }) => {
        wanted ||= purpose === 'unlock'
        return null
      }
      const vault = await openVault({ home, env, prompt })
      // What is saved under a passphrase would seem lost behind an empty vault in memory.
      if (wanted) throw new EngineError('auth.vault-locked', 'vault.open', { subject: this.#file })
      this.#vault = vault
      this.#why = null
    } catch (err) {
      this.#why =
        err instanceof EngineError
          ? err
          : new EngineError('auth.vault-unavailable', 'vault.open', { detail: String(err), cause: err })
    }
    this.#openedAt = performance.now()
    if (this.#vault && wasClosed) this.#tell()
  }

  #use(vault: Vault): void {
    this.#vault = vault
    this.#why = null
    this.#opening = Promise.resolve()
    this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #fixedBy(): string | null {
    return tierFixedBy(this.#options.env)
  }

  get #file(): string {
    return passphraseVaultFile(this.#options.home)
  }

  #learn(value: string): void {
    try {
      this.#options.learn?.(JSON.parse(value))
    } catch {
      this.#options.learn?.(value)
    }
  }

  /** One change of the vault at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => {})
    return mine
  }
}

const refused = (during: string, detail: string, subject?: string): EngineError =>
  new EngineError('input.invalid', during, { detail, ...(subject === undefined ? {} : { subject }) })
