import { EngineError } from '../engine-error.ts'
import type { UnlockableStatus } from './unlockable-vault.ts'
import { UnlockableVault } from './unlockable-vault.ts'
import type { Vault } from './vault.ts'

/** Whether secrets can be read from a vault now, and where it keeps them. Opening it may ask whoever can be asked. */
export async function statusOf(vault: Vault): Promise<Pick<UnlockableStatus, 'state' | 'tier'>> {
  if (vault instanceof UnlockableVault) return await vault.status()
  try {
    await vault.names()
    return { state: 'open', tier: vault.tier }
  } catch (err) {
    if (!(err instanceof EngineError)) throw err
    return { state: err.code === 'auth.vault-locked' ? 'locked' : 'unavailable', tier: vault.tier }
  }
}
