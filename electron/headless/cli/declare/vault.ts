import { Option } from 'commander'
import type { VaultMoveOptions } from '../commands/vault-move.ts'
import type { Declaring } from './declaring.ts'
import { example } from './declaring.ts'

const tiers = ['keychain', 'passphrase', 'memory']

export function declareVault({ program, ctx, run }: Declaring): void {
  const vault = example(
    program.command('vault').description('where secrets are kept'),
    'drydock vault status',
  )
  example(
    vault.command('status').description('which vault is used and where it is; never what it holds'),
    'drydock vault status',
  ).action(() => run(async () => (await import('../commands/vault.ts')).vaultStatus(ctx)))
  example(
    vault.command('unlock').description('open the vault, and make it on first use'),
    'DRYDOCK_VAULT_PASSPHRASE_FILE=~/.drydock-passphrase drydock vault unlock',
  ).action(() => run(async () => (await import('../commands/vault.ts')).vaultUnlock(ctx)))
  example(
    vault
      .command('move')
      .description('move all secrets into another vault, which is used from then on')
      .addOption(new Option('--to <tier>', 'where to').choices(tiers).makeOptionMandatory())
      .addOption(new Option('--from <tier>', 'where from, when it is not the one in use').choices(tiers))
      .option('--yes', 'with --to memory: forget the secrets without being asked'),
    'drydock vault move --to keychain',
    'drydock vault move --to passphrase        asks for a new passphrase; DRYDOCK_VAULT_PASSPHRASE_FILE in scripts',
  ).action((options: VaultMoveOptions) =>
    run(async () => (await import('../commands/vault-move.ts')).vaultMove(ctx, options)),
  )
}
