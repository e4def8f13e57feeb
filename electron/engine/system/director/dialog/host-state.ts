import type { AnsibleState } from './ansible.ts'

/** What `setup.sh` was started for. */
export type ScriptDeed = 'restore' | 'switch'

export type ScriptSeen = {
  /** What its output told; null when it was not read. */
  ansible: AnsibleState | null
  /** Whether setup.sh was started. */
  started: boolean
  /** How it ended; null while it runs, or when that is not known. */
  ended: { exit: number | null; signal: string | null } | null
  /** It is gone and nobody knows how it ended. */
  lost: boolean
  /** Drydock sees its output now; absent: yes. */
  link?: 'live' | 'lost'
  /** Absent: a restore. */
  deed?: ScriptDeed
}

const again = {
  restore:
    'Once the cause is mended, start the restore again: it begins anew and replaces what this one left.',
  switch:
    'Look at the pages of the site for the role it has now; once the cause is mended, try this step again. What setup.sh makes of a step that was left halfway is not documented.',
} as const satisfies Record<ScriptDeed, string>
const halfDone =
  'Services of the Director may be stopped, and data may be replaced in part: count on it that it does not work now.'
/** While nothing but the machine that the script runs on was named, nobody knows whether that is the Director. */
const onlyHere = `If the Director is on the machine where setup.sh runs: ${halfDone}`

/** In what state the hosts of `master.yml` are, in words: before a cancel, while it runs, and after the end. */
export function hostStateOf(seen: ScriptSeen): string {
  const { ansible, started, ended, lost, link, deed = 'restore' } = seen
  if (!started) return 'Nothing has been changed on any host.'
  if (lost)
    return `Nobody knows how setup.sh ended. ${touched(ansible) ? `${lastSeen(ansible)} ${harm(ansible)}` : 'Look at the hosts before anything else.'} ${again[deed]}`
  if (ended) return ended.exit === 0 ? endedWell(ansible, deed) : endedBadly(ansible, ended, deed)
  const said = touched(ansible)
    ? `${lastSeen(ansible)} ${harm(ansible)} Stopping now leaves it so.`
    : ansible && ansible.tasks > 0
      ? `${lastSeen(ansible)} ${changedHere(ansible) ? 'Only the deployment host was changed so far' : 'No task has reported a change yet'}; the task that runs may have begun a change.`
      : 'setup.sh has started; no task has begun, and nothing has been reported as changed on a host.'
  return link === 'lost' ? `The connection is lost and setup.sh runs on. When last seen: ${said}` : said
}

function endedWell(ansible: AnsibleState | null, deed: ScriptDeed): string {
  const bad = (ansible?.recap ?? []).filter(({ failed, unreachable }) => failed + unreachable > 0)
  if (bad.length > 0)
    return `setup.sh ended with 0, yet tasks failed on ${list(bad.map(({ host }) => host))}: the ${deed === 'restore' ? 'restore' : 'step'} is not whole there. ${again[deed]}`
  if (!ansible || ansible.recap.length === 0)
    return 'setup.sh ended with 0, but told of no host in a recap: look at the Director before it is trusted.'
  const hosts = list(ansible.recap.map(({ host }) => host))
  return `setup.sh ended well: on ${hosts} nothing failed. ${deed === 'restore' ? 'Whether all data is there, the director and analytics pages tell.' : 'Whether the site has the role it is to have now, its own pages tell.'}`
}

function endedBadly(
  ansible: AnsibleState | null,
  { exit, signal }: { exit: number | null; signal: string | null },
  deed: ScriptDeed,
): string {
  const how =
    signal === null ? `setup.sh ended with ${exit ?? 'no status'}` : `setup.sh was ended by ${signal}`
  if (!touched(ansible))
    return `${how} before any task reported a change${on(ansible)}: the hosts are as they were, as far as its output tells.${changedHere(ansible) ? ' Only the deployment host was changed.' : ''}${reached(ansible)} ${again[deed]}`
  return `${how}. ${lastSeen(ansible)}${reached(ansible)} ${harm(ansible)} ${again[deed]}`
}

/** The machine that the script runs on, as its own plays call it. */
const isHere = (host: string): boolean => host === 'localhost' || host === '127.0.0.1'

/** The hosts that count: what a play does where the script runs is no change of a host, unless it names no other. */
function counted<T>(ansible: AnsibleState, all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  return ansible.hosts.every(isHere) ? all : all.filter(one => !isHere(nameOf(one)))
}

const touchedHosts = (ansible: AnsibleState) => counted(ansible, ansible.touched, ({ host }) => host)

/** A task that failed may have changed something before it did. */
const touched = (ansible: AnsibleState | null): boolean =>
  ansible !== null && touchedHosts(ansible).length > 0

/** Something was changed on the machine that the script runs on, and nobody has told of a change elsewhere. */
const changedHere = (ansible: AnsibleState | null): boolean =>
  ansible !== null && !touched(ansible) && ansible.touched.some(({ host }) => isHere(host))

const harm = (ansible: AnsibleState | null): string => (ansible?.hosts.every(isHere) ? onlyHere : halfDone)

/** ` on a and b`, of the hosts that no task has changed. */
function on(ansible: AnsibleState | null): string {
  const hosts = ansible ? counted(ansible, ansible.hosts, host => host) : []
  return hosts.length > 0 ? ` on ${list(hosts)}` : ''
}

function lastSeen(ansible: AnsibleState | null): string {
  if (!ansible) return ''
  const { task, tasks, busy } = ansible
  const there = touchedHosts(ansible)
  const changed = there.reduce((sum, one) => sum + one.changed, 0)
  const where =
    changed === 0 ? on(ansible) : ` on ${list(there.filter(one => one.changed > 0).map(({ host }) => host))}`
  const changes = `${changed === 0 ? 'nothing' : changed === 1 ? '1 thing' : `${changed} things`} changed${where || ' on a host'} so far`
  return task !== null && busy
    ? `It is in the middle of task ${tasks}, “${task}”, with ${changes}.`
    : `After ${tasks} ${tasks === 1 ? 'task' : 'tasks'}, ${changes}.`
}

function reached(ansible: AnsibleState | null): string {
  const away = (ansible?.recap ?? []).filter(({ unreachable }) => unreachable > 0).map(({ host }) => host)
  return away.length > 0 ? ` ${list(away)} could not be reached.` : ''
}

/** At most four names. What a play does where the script runs is no news beside what it does elsewhere. */
function list(all: readonly string[]): string {
  const others = all.filter(name => name !== 'localhost')
  const names = others.length > 0 ? others : all
  if (names.length <= 1) return names[0] ?? 'no host'
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
