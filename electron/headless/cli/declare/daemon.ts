import type { SecretOptions } from '../secrets.ts'
import type { Declaring } from './declaring.ts'
import { example, withSecrets } from './declaring.ts'

export function declareDaemon({ program, ctx, run }: Declaring): void {
  example(
    withSecrets(
      program
        .command('daemon')
        .description('run plans when they are due, without a window, until it is ended'),
    ),
    'drydock daemon                            waits when a console or the desktop app runs the plans already',
    'DRYDOCK_VAULT_PASSPHRASE_FILE=/etc/drydock/passphrase drydock daemon',
  ).action((options: SecretOptions) =>
    run(async () => (await import('../commands/daemon.ts')).daemon(ctx, options)),
  )
}
