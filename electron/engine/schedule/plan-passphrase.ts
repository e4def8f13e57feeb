import type { PlanSettings } from '../../../shared/plan.ts'
import { EngineError } from '../engine-error.ts'
import type { Vault } from '../vault/index.ts'
import { passphraseKey } from './plan-runs.ts'

/**
 * Brings the vault to what a plan that is about to be saved needs: the secret first, for a plan must never be there
 * without it. @param given null keeps what the vault has
 * @throws EngineError `auth.secret-missing` when it encrypts with a passphrase and there is none
 */
export async function keepPassphrase(
  vault: Vault,
  settings: PlanSettings,
  earlier: PlanSettings | null,
  given: string | null,
): Promise<void> {
  const key = passphraseKey(settings.name)
  const before = earlier?.encryptTo === 'passphrase' ? passphraseKey(earlier.name) : null
  if (settings.encryptTo === 'passphrase') {
    const value = given === null ? before && (await vault.get(before)) : JSON.stringify({ passphrase: given })
    if (value === null)
      throw new EngineError('auth.secret-missing', 'plan.save', {
        subject: 'passphrase',
        detail: 'the plan encrypts with a passphrase, and none was given',
      })
    if (given !== null || before !== key) await vault.set(key, value)
  }
  if (before !== null && (settings.encryptTo !== 'passphrase' || before !== key)) await vault.remove(before)
}
