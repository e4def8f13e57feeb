import { randomBytes } from 'node:crypto'
import { shellWord } from '../host/host.ts'

export {
  commandHints,
  commandsOf,
  defaultCommands,
  notSetIn,
} from '../../../../../shared/director-commands.ts'

/**
 * A component's command as a script for a host's `sh`. Through bash where there is one, because only there a pipeline
 * fails when any of its commands does: of `dump | gzip`, half a dump must not become a backup. The text stands in a
 * document of the script, not among a process's arguments, and the command's own standard input is empty.
 * @param env variables for it, by names that `sh` takes
 */
export function scriptOf(command: string, env: Readonly<Record<string, string>> = {}): string {
  const end = `DRYDOCK_${randomBytes(12).toString('hex')}`
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
  return `${exports.join('')}exec 3<<'${end}'
${command}
${end}
command -v bash >/dev/null 2>&1 && exec bash -o pipefail /dev/fd/3 </dev/null
(set -o pipefail) 2>/dev/null && set -o pipefail
. /dev/fd/3 </dev/null
`
}
