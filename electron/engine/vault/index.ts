export type { VaultOptions } from './open-vault.ts'
export { openVault } from './open-vault.ts'
export type { AskPassphrase, Vault, VaultTier } from './vault.ts'
