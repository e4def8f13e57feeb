import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import type { VaultStatus } from '../../../shared/contract/app.ts'

export function vaultHandlers(ctx: ServiceContext): HandlersOf<'vault'> {
  const { vault, learn } = ctx
  return {
    'vault.status': () => vaultStatus(ctx),
    'vault.unlock': async ({ passphrase, create }) => {
      learn(passphrase)
      await vault.unlock(passphrase, { create })
      return await vaultStatus(ctx)
    },
    'vault.move': async ({ tier, passphrase }) => {
      learn(passphrase)
      await vault.move(tier, passphrase)
      return await vaultStatus(ctx)
    },
  }
}

export async function vaultStatus({ vault, alarms }: ServiceContext): Promise<VaultStatus> {
  const status = await vault.status()
  return { ...status, waiting: status.state === 'open' ? 0 : (await alarms.waiting()).length }
}
