import type { Vault } from '../../electron/engine/vault/index.ts'
import { openVault } from '../../electron/engine/vault/index.ts'

/** Its passphrase is the same for every process of a test, so that a killed one's secrets are found again. */
export async function testVault(home: string, tier: 'memory' | 'passphrase'): Promise<Vault> {
  return await openVault({
    home,
    env: { DRYDOCK_VAULT: tier },
    prompt: async () => 'the passphrase of a vault that only tests open',
  })
}
