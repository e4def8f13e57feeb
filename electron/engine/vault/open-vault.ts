import { existsSync } from 'node:fs'
import { EngineError } from '../engine-error.ts'
import { readChoice } from './choice.ts'
import { openKeychain } from './keychain.ts'
import { keychainVaultFile, openKeychainVault } from './keychain-vault.ts'
import { memoryVault } from './memory-vault.ts'
import { readPassphraseFile } from './passphrase-source.ts'
import { openPassphraseVault, passphraseVaultFile } from './passphrase-vault.ts'
import type { AskPassphrase, Vault, VaultTier } from './vault.ts'
import { vaultTiers } from './vault.ts'

export type VaultOptions = {
  /** The state folder. */
  home: string
  /** `DRYDOCK_VAULT` and `DRYDOCK_VAULT_PASSPHRASE_FILE` are read from here. */
  env: NodeJS.ProcessEnv
  /** Absent where nobody can be asked. */
  prompt?: AskPassphrase | undefined
  /** How long the OS keychain may take to answer, ms. */
  keychainWithinMs?: number
}

/**
 * Opens the vault that `DRYDOCK_VAULT` names, or to which the secrets were moved, and only that one. Without a
 * choice: the OS keychain when it proves itself, else the passphrase vault when there is one or a passphrase can be had, else memory, with a warning that says so.
 * @throws auth.passphrase, auth.vault-locked, auth.vault-unavailable, input.invalid
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const chosen = chosenTier(options.env) ?? readChoice(options.home)
  if (chosen === 'memory') return memoryVault()
  if (chosen === 'keychain') return await openOsVault(options)
  if (chosen === 'passphrase') {
    const vault = await openWithPassphrase(options)
    if (vault) return vault
    const detail = 'it needs its passphrase: name a file with it in DRYDOCK_VAULT_PASSPHRASE_FILE'
    throw new EngineError('auth.vault-locked', 'vault.open', {
      subject: passphraseVaultFile(options.home),
      detail,
    })
  }
  return await openBest(options)
}

function chosenTier({
  DRYDOCK_VAULT: choice,
  DRYDOCK_VAULT_PASSPHRASE_FILE: file,
}: NodeJS.ProcessEnv): VaultTier | null {
  // Who hands over a passphrase means the vault that it opens.
  if (choice === undefined || choice === '') return file ? 'passphrase' : null
  const tier = vaultTiers.find(known => known === choice)
  if (tier) return tier
  const detail = `${JSON.stringify(choice.slice(0, 40))} is none of ${vaultTiers.join(', ')}`
  throw new EngineError('input.invalid', 'vault.open', { subject: 'DRYDOCK_VAULT', detail })
}

/** What of the environment decides the tier, whatever is moved; null when nothing does. */
export function tierFixedBy(env: NodeJS.ProcessEnv): string | null {
  const { DRYDOCK_VAULT: named, DRYDOCK_VAULT_PASSPHRASE_FILE: file } = env
  if (named) return `DRYDOCK_VAULT=${named}`
  return file ? 'DRYDOCK_VAULT_PASSPHRASE_FILE' : null
}

async function openBest(options: VaultOptions): Promise<Vault> {
  const { home } = options
  const [hasKeychainVault, hasPassphraseVault] = [keychainVaultFile(home), passphraseVaultFile(home)].map(
    existsSync,
  )
  let why: string
  try {
    const vault = await openOsVault(options)
    if (!hasPassphraseVault) return vault
    return {
      ...vault,
      warning: 'There is a passphrase vault too; DRYDOCK_VAULT=passphrase opens that one instead.',
    }
  } catch (err) {
    if (!(err instanceof EngineError) || !err.code.startsWith('auth.')) throw err
    // What is saved there would seem lost, and new secrets would go elsewhere: the operator decides.
    if (hasKeychainVault && (err.code === 'auth.vault-locked' || err.subject === keychainVaultFile(home)))
      throw err
    why =
      err.code === 'auth.vault-locked' ? 'The OS keychain is locked.' : 'There is no usable OS keychain here.'
    if (hasKeychainVault) why += ' Secrets saved in it earlier cannot be read now.'
  }
  const vault = await openWithPassphrase(options)
  if (vault) return hasKeychainVault ? { ...vault, warning: why } : vault
  if (hasPassphraseVault)
    why += ' The passphrase vault was not opened, so what is saved in it cannot be read now.'
  return memoryVault(
    `${why} Secrets are kept in memory only and are gone when this process ends. ` +
      'To keep them, name a file with a passphrase in DRYDOCK_VAULT_PASSPHRASE_FILE.',
  )
}

async function openOsVault({ home, keychainWithinMs }: VaultOptions): Promise<Vault> {
  const limit = keychainWithinMs === undefined ? {} : { withinMs: keychainWithinMs }
  return await openKeychainVault(home, await openKeychain(limit))
}

/** Null when no passphrase can be had. A wrong one is an error, never a reason for another tier. */
async function openWithPassphrase({ home, env, prompt }: VaultOptions): Promise<Vault | null> {
  const path = env['DRYDOCK_VAULT_PASSPHRASE_FILE']
  if (path) return await openPassphraseVault(home, await readPassphraseFile(path, env))
  const file = passphraseVaultFile(home)
  const typed = await prompt?.({ purpose: existsSync(file) ? 'unlock' : 'create', about: file })
  return typed === undefined || typed === null ? null : await openPassphraseVault(home, typed)
}
