import type { AskPassphrase } from '../../engine/vault/index.ts'
import { ask, askNewPassphrase } from './prompt.ts'

/** Asks for the vault's passphrase on the terminal; for a new vault twice, and only when one may be made now. */
export function promptForVault({ mayCreate }: { mayCreate: boolean }): AskPassphrase {
  return async ({ purpose, about }) => {
    if (purpose === 'unlock') {
      const typed = await ask(`Passphrase of the vault ${about} (empty: go on without it):`, { hidden: true })
      return typed === '' ? null : typed
    }
    if (!mayCreate) return null
    process.stderr.write('There is no keychain here. A passphrase vault can keep the secrets instead.\n')
    return await askNewPassphrase(
      `New passphrase for the vault ${about} (empty: keep secrets in memory only)`,
    )
  }
}
