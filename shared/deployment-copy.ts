import type { Copy } from './told.ts'
import type { Failure, FailureCode } from './failure.ts'

const untouched = 'Nothing was changed.'

const copy: Partial<Record<FailureCode, Partial<Copy>>> = {
  'auth.rejected': {
    happened: 'the host refused the login',
    todo: 'Check user, password or key; --secrets-file FILE with {"deployment":{"privateKey":…}} or {"deployment":{"password":…}} gives new ones.',
  },
  'auth.denied': {
    happened: 'this user of the host may not do this',
    todo: 'Give this user the right to read and write the deployment folder, then try again.',
  },
  'trust.plaintext': { todo: 'Reach the host by ssh.' },
  'remote.no-container': { todo: 'Check the path of the deployment folder.' },
  'remote.not-found': {
    happened: 'it is not there',
    safe: untouched,
    todo: 'Check the path of the deployment folder: restore.yml, master.yml and setup.sh lie in it.',
  },
  'local.not-found': {
    todo: 'Check the path of the deployment folder: restore.yml, master.yml and setup.sh lie in it.',
  },
  'remote.limit': {
    happened: 'there is more of it than Drydock reads',
    todo: 'Look at it on the host itself.',
  },
  'remote.wrong-answer': { todo: 'Log in on the host by hand and see what it says; then try again.' },
  'remote.unsupported': { todo: 'Use a deployment folder on a Linux host.' },
  'network.unreachable': {
    happened: 'the host does not answer',
    todo: 'Check address, port, network and firewall; then try again.',
  },
}

/** Of the host alone: elsewhere these mean something else. */
const ofHost: Partial<Record<FailureCode, Partial<Copy>>> = {
  'auth.secret-missing': {
    todo: 'Run it on a terminal to be asked, or give --secrets-file FILE with {"deployment":{"privateKey":…}} or {"deployment":{"password":…}}.',
  },
  'local.command': {
    happened: 'the host did not do what it was told',
    safe: untouched,
    todo: 'Log in on the host by hand as the same user and see what it says; then try again.',
  },
}

/** Of a restore whose script ran. */
const ofScript: Partial<Record<FailureCode, Partial<Copy>>> = {
  'local.command': {
    happened: 'the restore did not end well',
    safe: 'The backup files on the server were only read.',
    todo: 'Put right what it complains about, then restore again: drydock director attach ID --all shows all that it said.',
  },
  'remote.failed': {
    happened: 'how it ended is not known',
    safe: 'The backup files on the server were only read.',
    todo: 'Look at the hosts, then restore again: a new preflight tells what is there.',
  },
}

const ofStep: typeof copy = {
  'local.command': {
    happened: 'the step did not end well',
    safe: 'The other site was not touched by it.',
    todo: 'Put right what it complains about, then try the step again: drydock director attach ID --all shows all that it said.',
  },
  'remote.failed': {
    happened: 'how it ended is not known',
    safe: 'The other site was not touched by it.',
    todo: 'Look at the hosts and at the role of the site, then try the step again: a new preflight tells what is there.',
  },
}

/**
 * Words for what failed about a Director's deployment folder, or the host it lies on: these are no server, and what
 * mends them is elsewhere. @returns null when the words for everything else are right
 */
export function deploymentCopy(failure: Failure, around: DeploymentAround = {}): Partial<Copy> | null {
  const { code, during, detail = '' } = failure
  const key = keyTodo(failure, around)
  if (key !== null) return { todo: key }
  if (code === 'network.unreachable' && during === 'director.host' && around.attach !== undefined)
    return {
      ...copy[code],
      todo: `Check address, port, network and firewall; then come back to the run with drydock director attach ${around.attach}.`,
    }
  if (during.startsWith('switch.')) return switchCopy({ code, during, detail })
  if (!during.startsWith('director.')) return null
  if (code === 'run.conflict' && during === 'director.remove' && detail !== '')
    return { happened: detail, safe: untouched, todo: todoOfRemove(detail) }
  if (during === 'director.points' || during === 'director.files')
    return code === 'data.missing' && detail !== ''
      ? { happened: detail, safe: untouched, todo: 'Name another --stamp, or another server.' }
      : null
  const closer = { 'director.restore': ofScript, 'director.host': ofHost }[during]
  return closer?.[code] ?? copy[code] ?? null
}

/** What is known around a failure of a deployment, so that advice can name it. */
export type DeploymentAround = {
  /** The deployment it was about. */
  deployment?: string
  /** The run whose script goes on without us: it can be attached to. */
  attach?: string
}

/** Of a host of a deployment: those that look at backup files are about a server. */
export const isAboutHost = (during: string): boolean =>
  during.startsWith('director.') && during !== 'director.points' && during !== 'director.files'

const fingerprint = /SHA256:[A-Za-z0-9+/]{43}/

/**
 * How the key that a host showed is taken: of the machine that the folder lies on it is kept with the folder, of a host
 * of `master.yml` beside it, under its address. @returns null when it is not about such a key
 */
function keyTodo(
  { code, during, subject = '', detail = '' }: Failure,
  around: DeploymentAround,
): string | null {
  const unknown = code === 'trust.host-key-unknown'
  if (!unknown && code !== 'trust.host-key-changed') return null
  if (!isAboutHost(during)) return null
  // The first one is what it showed; behind it stands what it is known by.
  const shown = fingerprint.exec(detail)?.[0] ?? 'SHA256:…'
  const ofMaster = during === 'director.preflight'
  const option = ofMaster
    ? `--trust ${subject.slice(subject.lastIndexOf('@') + 1) || 'IP:PORT'}=${shown}`
    : `--host-key ${shown} (--jump-host-key, when it is the host to go through)`
  const { deployment, attach } = around
  const ask = unknown
    ? 'Compare the fingerprint with one from its administrator; if it is the same, '
    : 'Ask its administrator. If the change is real, '
  if (attach !== undefined && !ofMaster)
    return `${ask}drydock director attach ${attach} --host-key ${shown} takes the run up.`
  if (deployment === undefined) return `${ask}give the same command ${option}.`
  return `${ask}drydock director status ${deployment} ${option} keeps it; then start this again.`
}

/** Of a switch-over: what was asked for and cannot be says why in its detail. */
function switchCopy({ code, during, detail }: { code: FailureCode; during: string; detail: string }) {
  if ((code === 'run.conflict' || code === 'input.invalid') && detail !== '')
    return { happened: detail, safe: untouched, todo: 'Look at how the switch-over stands.' }
  return (during === 'switch.step' ? ofStep[code] : undefined) ?? copy[code] ?? null
}

/** What helps where a deployment cannot be forgotten. */
function todoOfRemove(detail: string): string {
  if (/^plans\b/.test(detail)) return 'Remove those plans first, or let them back up another deployment.'
  if (detail.startsWith('the switch-over'))
    return 'Finish that switch-over, or give it up; then remove the deployment.'
  return 'Attach to that restore, or stop it; then remove the deployment.'
}
