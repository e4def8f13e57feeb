import type { Command } from 'commander'
import { integer, withSecrets } from './declaring.ts'

/** The secrets that open the host of a deployment folder stand under a name of their own. */
export const withLogin = (command: Command): Command =>
  withSecrets(command).addHelpText(
    'after',
    '\nThe login at the host of the folder, in the secrets: {"deployment":{"privateKey":"-----BEGIN …"}}, with\n"keyPassphrase" when it has one, or {"deployment":{"password":"…"}}.',
  )

/** How a folder on a host is reached. */
export function withFolder(command: Command): Command {
  return withLogin(
    command
      .option('--port <port>', 'of the host, when it is not 22', integer('--port', 1, 65535))
      .option('--host-key <fingerprint>', 'trust this key of the host, SHA256:… as ssh-keygen -l prints it')
      .option('--jump <user@host[:port]>', 'the host to go through')
      .option('--jump-host-key <fingerprint>', 'trust this key of the host to go through'),
  )
}
