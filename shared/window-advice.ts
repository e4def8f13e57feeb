import type { Failure, FailureCode } from './failure.ts'
import type { Around } from './failure-copy.ts'
import { damagedListOf } from './state-list.ts'

/** What to do next, where a window's buttons do it and a command line's words would lead astray. */
const advice: Partial<Record<FailureCode, string>> = {
  'auth.rejected': 'Check user, password or key of the server under Servers.',
  'auth.secret-missing': 'Give the secret and try again.',
  'auth.vault-locked': 'Unlock the vault under Settings.',
  'auth.vault-unavailable': 'Choose another place for secrets under Settings.',
  'network.unreachable': 'Check address, port, network and firewall; then try again, or resume the run.',
  'network.interrupted': 'Try again when the network is back; a resumed run goes on where it was.',
  'network.stalled': 'Check the line and the load of the server; a resumed run goes on where it was.',
  'network.throttled': 'Wait some minutes, or set a limit; a resumed run goes on where it was.',
  'trust.host-key-unknown':
    'Compare the fingerprint with one from its administrator; if it is the same, trust the key.',
  'trust.host-key-changed':
    'Ask its administrator. If the change is real, take the old key out of known_hosts, or enter the new fingerprint under Servers.',
  'trust.known-hosts-unreadable':
    'Make the file readable or repair it, or enter the key’s fingerprint under Servers.',
  'trust.certificate':
    'If it is signed by your own authority, add that certificate to the server; check name, dates and the clock of this machine.',
  'trust.plaintext': 'Turn TLS on at the server, or choose plain FTP for this server under Servers.',
  'remote.not-found': 'See under Backups what is there, or choose another server.',
  'remote.no-container': 'Create it, or correct its name under Servers.',
  'remote.full': 'Make room there, then resume the run; or send it to another server.',
  'remote.exists': 'See Backups and Runs; another run may be writing the same restore point.',
  'remote.unsupported': 'Use another server; Check connection shows what this one can do.',
  'remote.limit': 'Check the connection again, so that its limit is known, then try again.',
  'remote.failed': 'Try again in a while; its own log says more.',
  'local.full': 'Make room, then resume the run.',
  'data.damaged':
    'See under Backups which servers hold it; verify the copy there, and restore from a good one.',
  'data.missing': 'See under Backups whether another server holds a whole copy.',
  'data.format': 'Use a copy on another server, or an earlier restore point.',
  'data.unsafe': 'Find out who wrote to the server; restore only the files that are good.',
  'input.invalid': '',
  'run.conflict': 'See Runs; wait for the other run, or cancel it.',
  'run.unknown': 'See Runs for what there is.',
  cancelled: 'It can be resumed under Runs.',
  internal: 'Try again; report the code and the log reference if it comes back.',
}

/** The same for the host of a Director's deployment folder, which is no server. */
const adviceOfDeployment: Partial<Record<FailureCode, string>> = {
  'auth.rejected': 'Check user, password or key in the deployment’s settings.',
  'auth.secret-missing': 'Enter a password or a private key in the deployment’s settings.',
  'trust.host-key-changed':
    'Ask its administrator. If the change is real, enter the new fingerprint in the deployment’s settings, or take the old key out of known_hosts.',
  'trust.known-hosts-unreadable':
    'Make the file readable or repair it, or enter the key’s fingerprint in the deployment’s settings.',
  'network.unreachable': 'Check address, port, network and firewall; then try again, or resume the run.',
  'local.command': 'Put right what it complains about, then restore again.',
}

/** A word of the command line: a command or an option of ours. */
const commandWords = /\bdrydock [a-z]|(?:^|\s)--[a-z]/

/** @param todo what the command line would advise; taken when it names no command */
export function windowAdvice(failure: Failure, todo: string, around: Pick<Around, 'anew'> = {}): string {
  const said = adviceOf(failure, todo)
  return around.anew ? said.replace('a resumed run goes on where it was', 'a resumed run begins anew') : said
}

function adviceOf(failure: Failure, todo: string): string {
  const { code, during } = failure
  const list = damagedListOf(failure)
  if (list)
    return `Repair the file, or set it aside under ${list === 'servers' ? 'Servers' : 'Plans'}: it is renamed to ${list}.json.damaged-TIME in the same folder, and Drydock begins with an empty list of ${list}.`
  if (code === 'remote.no-container' && todo.startsWith('Plug the disk in'))
    return 'Plug the disk in, or correct the folder under Servers.'
  if (code === 'auth.secret-missing' && during !== 'director.host') return advice[code] ?? ''
  if (during === 'switch.step' && code === 'local.command')
    return 'Put right what it complains about, then try the step again.'
  if (during === 'director.preflight' && code === 'trust.host-key-changed')
    return 'Ask its administrator. If the change is real, check the Director: “Trust this key” stands at the line of that host.'
  const own =
    /^(?:director|switch)\./.test(during) && commandWords.test(todo) ? adviceOfDeployment[code] : undefined
  if (own !== undefined) return own
  return commandWords.test(todo) || advice[code] === '' ? (advice[code] ?? '') : todo
}
