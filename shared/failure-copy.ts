import type { DeploymentAround } from './deployment-copy.ts'
import { deploymentCopy, isAboutHost } from './deployment-copy.ts'
import type { Failure, FailureCode } from './failure.ts'
import { damagedListOf } from './state-list.ts'
import type { Copy } from './told.ts'

const untouched = 'Nothing was changed.'
const keeps = 'What was confirmed so far is kept; restore points that are complete are not touched.'
const keepsEarlier = 'Earlier restore points and the latest copies are not touched.'
const points = 'Restore points on other servers are not affected, and nothing was removed.'

/**
 * The words for every code. They live here and, for a Director, in
 * `deployment-copy.ts`, and nowhere else. NAME is a server and ID a run: where they are not known,
 * the clause that holds them is left out.
 */
export const failureCopy = {
  'auth.rejected': {
    happened: 'the server refused the credentials',
    safe: untouched,
    todo: 'Check user, password or key; drydock server edit NAME --secrets-file FILE saves new ones.',
  },
  'auth.denied': {
    happened: 'the server knows you but does not allow this',
    safe: keeps,
    todo: 'Give this user the right to list, read, write and delete under the path of the server, then try again.',
  },
  'auth.secret-missing': {
    happened: 'a secret is needed and none was given',
    safe: untouched,
    todo: 'Run it on a terminal to be asked, or give --secrets-file FILE or --secrets-stdin.',
  },
  'auth.passphrase': {
    happened: 'the passphrase or key does not open it',
    safe: 'What is encrypted stays whole; no attempt harms it.',
    todo: 'Try the right passphrase or identity (keyboard layout, capital letters, the one of that day).',
  },
  'auth.vault-locked': {
    happened: 'the vault is locked',
    safe: 'The secrets in it are kept.',
    todo: 'Unlock it: drydock vault unlock, or name a file with its passphrase in DRYDOCK_VAULT_PASSPHRASE_FILE.',
  },
  'auth.vault-unavailable': {
    happened: 'the place where secrets are kept cannot be used here',
    safe: 'Nothing was saved anywhere else instead.',
    todo: 'Choose another one with DRYDOCK_VAULT=passphrase, or give secrets with --secrets-file for each command.',
  },
  'auth.clock-skew': {
    happened: 'the clock of this machine and the clock of the server differ too much',
    safe: untouched,
    todo: 'Set the clock of this machine (or of the server) right, then try again.',
  },
  'network.unknown-host': {
    happened: 'the name of the server cannot be resolved',
    safe: keeps,
    todo: 'Check the spelling and the DNS of this network, or use its address.',
  },
  'network.unreachable': {
    happened: 'the server does not answer',
    safe: keeps,
    todo: 'Check address, port, network and firewall; then try again, or take a run up with drydock runs resume ID.',
  },
  'network.interrupted': {
    happened: 'the connection broke off and did not come back in time',
    safe: keeps,
    todo: 'Try again when the network is back; drydock runs resume ID goes on where it was.',
  },
  'network.stalled': {
    happened: 'the connection stands but nothing moves on it',
    safe: keeps,
    todo: 'Check the line and the load of the server; drydock runs resume ID goes on where it was.',
  },
  'network.throttled': {
    happened: 'the server asked to be left alone for a while, again and again',
    safe: keeps,
    todo: 'Wait some minutes, or use --limit; drydock runs resume ID goes on where it was.',
  },
  'network.proxy': {
    happened: 'the proxy refused or cannot be reached',
    safe: untouched,
    todo: 'Check HTTPS_PROXY and NO_PROXY.',
  },
  'trust.host-key-unknown': {
    happened: 'nobody has vouched for the key of this host yet',
    safe: 'No credentials were sent, and nothing was saved.',
    todo: 'Compare the fingerprint with one from its administrator; then pin it with --host-key SHA256:….',
  },
  'trust.host-key-changed': {
    happened: 'the host showed another key than the one it is known by; someone may be in between',
    safe: 'No credentials were sent.',
    todo: 'Ask its administrator. If the change is real, take the old key out of known_hosts, or pin the new one with drydock server edit NAME --host-key.',
  },
  'trust.host-key-revoked': {
    happened: 'the host showed a key that is marked as revoked',
    safe: 'No credentials were sent.',
    todo: 'Do not connect. Ask its administrator for a host with a good key.',
  },
  'trust.known-hosts-unreadable': {
    happened: 'the list of known hosts cannot be read, so no host key can be checked',
    safe: 'No credentials were sent.',
    todo: 'Make the file readable or repair it, or pin the key with --host-key SHA256:….',
  },
  'trust.certificate': {
    happened: 'the certificate of the server cannot be trusted',
    safe: 'No credentials were sent.',
    todo: 'If it is signed by your own authority, give it with --ca FILE; check name, dates and the clock of this machine.',
  },
  'trust.plaintext': {
    happened: 'the server would take the password and the data unencrypted only',
    safe: 'No credentials were sent.',
    todo: 'Turn TLS on at the server, or accept the risk with drydock server edit NAME --tls none.',
  },
  'trust.wrong-medium': {
    happened: 'this is another disk or folder than the one that was added, or it is not mounted',
    safe: 'Nothing was read from it or written to it.',
    todo: 'Plug in and mount the right one, or add this one as a server of its own.',
  },
  'remote.not-found': {
    happened: 'the server does not have it',
    safe: points,
    todo: 'List what is there with drydock points --all, or try another server with --server.',
  },
  'remote.no-container': {
    happened: 'the bucket, container or folder is not there',
    safe: untouched,
    todo: 'Create it or correct its name: drydock server edit NAME.',
  },
  'remote.full': {
    happened: 'the server has no room left',
    safe: keeps,
    todo: 'Make room there, then drydock runs resume ID; or send it to another server.',
  },
  'remote.exists': {
    happened: 'there is one of that name already, and it was left as it is',
    safe: 'What stands there was not touched.',
    todo: 'See drydock points --all; another run may be writing the same restore point.',
  },
  'remote.unsupported': {
    happened: 'the server cannot do what is needed',
    safe: untouched,
    todo: 'Use another server; drydock server test NAME shows what this one can do.',
  },
  'remote.limit': {
    happened: 'the server does not take anything that large',
    safe: keeps,
    todo: 'Test the server again (drydock server test NAME), so that its limit is known, then try again.',
  },
  'remote.wrong-answer': {
    happened: 'the server answered something that makes no sense',
    safe: keeps,
    todo: 'Check endpoint and port, and whether a proxy or portal stands in between; then try again.',
  },
  'remote.failed': {
    happened: 'the server reported a fault of its own',
    safe: keeps,
    todo: 'Try again in a while (drydock runs resume ID goes on where it was); its own log says more.',
  },
  'local.not-found': {
    happened: 'it is not there',
    safe: untouched,
    todo: 'Check the path; relative paths count from the folder you are in.',
  },
  'local.denied': {
    happened: 'this user may not read or write it',
    safe: keeps,
    todo: 'Run it as a user who may, or change the permissions.',
  },
  'local.full': {
    happened: 'the disk of this machine is full',
    safe: 'Finished files are whole; no half-written one stands under its real name.',
    todo: 'Make room, then drydock runs resume ID goes on.',
  },
  'local.io': {
    happened: 'a disk of this machine failed to read or write',
    safe: keeps,
    todo: 'Check the disk and its cable, and the log of the system; then try again, best to another disk.',
  },
  'local.command': {
    happened: 'the command whose output was to be kept failed',
    safe: 'No restore point was made of its half output; earlier ones are not touched.',
    todo: 'Run the command by hand and put right what it complains about; log.txt of the run has its messages.',
  },
  'data.damaged': {
    happened: 'the data is not what was written: it is damaged',
    safe: points,
    todo: 'drydock points --all lists the servers that hold it; verify the copy there with --deep and --server, and restore from a good one.',
  },
  'data.missing': {
    happened: 'something that belongs to it is missing',
    safe: points,
    todo: 'See drydock points --all, and look for a whole copy on another server with --server.',
  },
  'data.format': {
    happened: 'this is not in a format that Drydock reads, or it is damaged',
    safe: points,
    todo: 'Use a copy on another server (--server), or an earlier restore point.',
  },
  'data.version': {
    happened: 'a newer Drydock wrote this',
    safe: 'It was not touched.',
    todo: 'Use a Drydock at least as new as the one that wrote it.',
  },
  'data.unsafe': {
    happened: 'the data demands something that could do harm here, and was refused',
    safe: 'Nothing was written outside the target.',
    todo: 'Find out who wrote to the server; restore what is good with --only.',
  },
  'input.invalid': {
    happened: 'this was not understood',
    safe: untouched,
    todo: 'See --help of the command.',
  },
  'run.conflict': {
    happened: 'something else is at work on it, or it is not in a state for this',
    safe: 'What is under way was not disturbed.',
    todo: 'See drydock runs list; wait for the other run, or cancel it.',
  },
  'run.unknown': {
    happened: 'there is no such run',
    safe: untouched,
    todo: 'See drydock runs list.',
  },
  'run.not-resumable': {
    happened: 'this run cannot be taken up again',
    safe: 'What it has done stays as it is.',
    todo: 'Start a new one.',
  },
  cancelled: {
    happened: 'it was cancelled',
    safe: 'Complete restore points are not touched; no half-written file stands under its real name.',
    todo: 'drydock runs list shows it; drydock runs resume ID takes it up again.',
  },
  internal: {
    happened: 'Drydock itself made a mistake',
    safe: keeps,
    todo: 'Run it again with --verbose and report what it says.',
  },
} satisfies Record<FailureCode, Copy>

/** What is known around a failure, so that advice can name it. */
export type Around = {
  /** The run that it ended: there is something kept that can be taken up again. Else it was a call that only looks or sets up. */
  run?: string
  /** What is taken up again begins anew: nothing of it was kept. */
  anew?: boolean
  /** The server it was about. */
  server?: string
} & DeploymentAround

/**
 * The words for one failure, with its subject and detail worked in. Holds no secret, because a `Failure` holds none;
 * it may hold control characters of a hostile server, which whoever shows it must make visible.
 * @returns `todo` is empty when the title says all there is to say
 */
export function describeFailure(
  failure: Failure,
  around: Around = {},
): { title: string; safe: string; todo: string } {
  const copy: Copy = { ...failureCopy[failure.code], ...closer(failure, around) }
  const { subject, detail } = failure
  const about = subject ? `${subject}: ` : ''
  const kept = around.anew ? keepsEarlier : copy.safe
  const safe = copy.safe !== keeps ? copy.safe : around.run === undefined ? untouched : kept
  const said = detail && !copy.happened.includes(detail) ? ` (${detail})` : ''
  return { title: `${about}${copy.happened}${said}`, safe, todo: todoOf(failure, copy, around) }
}

/** Detail of a `remote.no-container` failure of a folder on a disk that was there before. */
export const goneFolder = 'the disk is not plugged in, or its folder is gone'
/** The same where the folder was not even made: the one above is missing. */
export const goneParent = (parent: string) => `${parent} does not exist; perhaps the disk is not plugged in`
const isGoneFolder = (detail: string) => /\bdisk is not plugged in\b/.test(detail)

/** Better words where the detail, which is ours then, tells more than the code. */
function closer(failure: Failure, around: Around): Partial<Copy> {
  const { code, during, detail = '' } = failure
  const list = damagedListOf(failure)
  if (list)
    return {
      happened: detail,
      safe: 'The file was left as it is; restore points on servers are not affected.',
      todo: `Repair the file, or give it another name and begin with an empty list: drydock state set-aside ${list}.json.`,
    }
  if (code === 'remote.no-container' && isGoneFolder(detail))
    return {
      happened: detail,
      safe: 'Nothing was changed; what is on the disk stays there.',
      todo: 'Plug the disk in, or correct the folder: drydock server edit NAME --path FOLDER.',
    }
  if (code === 'input.invalid' && detail !== '') return { happened: detail, ...inputTodo(detail) }
  const words = deploymentCopy(failure, around)
  if (words) return words
  if (during === 'plan.before' && detail !== '')
    return {
      happened: detail,
      safe: 'Nothing was backed up; earlier restore points are not touched.',
      todo: 'Run the hook by hand and put right what it complains about; log.txt of the run has its messages.',
    }
  if (code === 'remote.unsupported' && during === 'site.snapshots')
    return {
      happened: 'this server holds no snapshot repository',
      todo: 'Choose the server, and its place, that the vendor’s continuous backup writes to.',
    }
  if (code === 'run.conflict' && /^points\./.test(during))
    return { happened: detail, safe: untouched, todo: todoOfPoint(detail) }
  // What goes on is waited for, as everywhere else; what was saved meanwhile is looked at.
  if (code === 'run.conflict' && during === 'plan.save' && detail !== '' && !/\bgoes on$/.test(detail))
    return { happened: detail, safe: 'Nothing was saved.', todo: 'Look at what was saved, then save again.' }
  if (code === 'run.conflict' && /\balready\b/.test(detail))
    return { happened: detail, safe: untouched, todo: 'Nothing needs doing.' }
  if (code === 'data.missing' && /^(?:points\.open|manifest\.read)$/.test(during)) {
    const [, where] = /^(?:not (on .+)|on none of .+|no manifest: .+)$/s.exec(detail) ?? [null]
    if (where !== null)
      return {
        happened:
          where === undefined ? 'there is no such point' : `there is no such point; it is not ${where}`,
        safe: untouched,
        todo: 'See drydock points for what there is.',
      }
  }
  if ((code === 'local.full' || code === 'remote.full') && /to be written, .+ free/.test(detail))
    return { safe: 'Nothing was written.' }
  // Only what puts files in place can say that it put none.
  if (code === 'data.damaged' && during.startsWith('restore'))
    return { safe: 'Nothing damaged was put under a real name. Copies on other servers are not affected.' }
  return {}
}

function inputTodo(detail: string): Partial<Copy> {
  if (/^no such server/.test(detail)) return { todo: 'See drydock server list.' }
  if (/^no (?:such deployment|deployment has)/.test(detail)) return { todo: 'See drydock director list.' }
  if (/^no server has been added/.test(detail)) return { todo: 'Add one; see drydock server add --help.' }
  if (/\bexists\b/.test(detail)) return { todo: '' }
  if (/\bis empty\b/.test(detail)) return { todo: 'Give one that is not empty.' }
  return {}
}

/** A clause of advice, from the mark in front of it, that holds what is not known. */
const clauseWith = (word: string) => new RegExp(`(?:[:;,] | \\()[^:;,.()]*\\b${word}\\b[^;.)]*\\)?`)

function todoOf({ code, during, detail }: Failure, copy: Copy, around: Around): string {
  const seen =
    code === 'trust.host-key-unknown' && !isAboutHost(during) && /SHA256:[A-Za-z0-9+/]{43}/.exec(detail ?? '')
  if (seen)
    return `Compare the fingerprint with one from its administrator; if it is the same, give --host-key ${seen[0]}.`
  // It shows no run then, and there is nothing to take up.
  if (code === 'cancelled' && around.run === undefined) return 'Start it again when you want it.'
  const fill = (text: string, word: string, name: string | undefined) =>
    name === undefined ? text.replace(clauseWith(word), '') : text.replaceAll(word, name)
  const adding = during === 'server.add'
  const taken = around.anew ? copy.todo.replace('goes on where it was', 'begins it anew') : copy.todo
  const todo = fill(fill(taken, 'ID', around.run), 'NAME', adding ? undefined : around.server)
  if (!adding || code === 'input.invalid' || code === 'cancelled') return todo
  // Nothing was saved that could be edited or tested again.
  return `${todo.replace(/(?:[,;] (?:then )?try again)?\.$/, '')}; then run server add again.`
}

/** What helps where a restore point cannot be removed, kept or put back as it is. */
function todoOfPoint(detail: string): string {
  if (/last good/.test(detail)) return 'Make or copy another good one first; --force removes it all the same.'
  if (/is protected/.test(detail)) return 'drydock points keep POINT --off lifts the protection.'
  if (/may be writing/.test(detail))
    return 'Look at that machine; when the run there is lost, --force goes on.'
  if (/not in the trash/.test(detail)) return 'drydock points remove POINT puts it there.'
  if (/in the trash/.test(detail)) return 'drydock points put-back POINT takes it out.'
  if (/is (?:reading|writing) it/.test(detail)) return 'Wait for that run, or cancel it.'
  return 'See drydock points, and drydock points --trash.'
}
