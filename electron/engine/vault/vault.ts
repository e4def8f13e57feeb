import type { SecretStore } from '../ports.ts'

export const vaultTiers = ['keychain', 'passphrase', 'memory'] as const
export type VaultTier = (typeof vaultTiers)[number]

/** Where this process keeps secrets, and how to say so to the operator. */
export type Vault = SecretStore & {
  readonly tier: VaultTier
  /** For people: `GNOME Keyring or another Secret Service`, `the passphrase vault …/vault.json`. */
  readonly about: string
  /** What must be said aloud before anything is saved here; absent when all is as it should be. */
  readonly warning?: string
  /** The keys of all that is kept here, so that it can be moved elsewhere. */
  names(): Promise<string[]>
}

/** Asks the operator. For `create` the asker has it typed twice. Null: the operator declines. */
export type AskPassphrase = (ask: { purpose: 'unlock' | 'create'; about: string }) => Promise<string | null>
