import type { SecretOptions } from '../secrets.ts'
import type { Declaring } from './declaring.ts'
import { example, withSecrets } from './declaring.ts'

export function declareDaemon({ program, ctx, run }: Declaring): void {
  example(
    withSecrets(
      program
        .command('daemon')
        .description('run plans until it is ended; one process of a state folder does'),
    ),
    'DRYDOCK_VAULT_PASSPHRASE_FILE=/etc/drydock/passphrase drydock daemon',
  ).action((options: SecretOptions) =>
    run(async () => (await import('../commands/daemon.ts')).daemon(ctx, options)),
  )
}
