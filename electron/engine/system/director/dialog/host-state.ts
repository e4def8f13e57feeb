import type { AnsibleState } from './ansible.ts'

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
}

const again =
  'Once the cause is mended, start the restore again: it begins anew and replaces what this one left.'
const halfDone =
  'Services of the Director may be stopped, and data may be replaced in part: count on it that it does not work now.'

/** In what state the hosts of `master.yml` are, in words: before a cancel, while it runs, and after the end. */
export function hostStateOf(seen: ScriptSeen): string {
  const { ansible, started, ended, lost, link } = seen
  if (!started) return 'Nothing has been changed on any host.'
  if (lost)
    return `Nobody knows how setup.sh ended. ${touched(ansible) ? `${lastSeen(ansible)} ${halfDone}` : 'Look at the hosts before anything else.'} ${again}`
  if (ended) return ended.exit === 0 ? endedWell(ansible) : endedBadly(ansible, ended)
  const said = touched(ansible)
    ? `${lastSeen(ansible)} ${halfDone} Stopping now leaves it so.`
    : ansible && ansible.tasks > 0
      ? `${lastSeen(ansible)} No task has reported a change yet; the one that runs may have begun one.`
      : 'setup.sh has started; no task has begun, and nothing has been reported as changed on a host.'
  return link === 'lost' ? `The connection is lost and setup.sh runs on. When last seen: ${said}` : said
}

function endedWell(ansible: AnsibleState | null): string {
  const bad = (ansible?.recap ?? []).filter(({ failed, unreachable }) => failed + unreachable > 0)
  if (bad.length > 0)
    return `setup.sh ended with 0, yet tasks failed on ${list(bad.map(({ host }) => host))}: the restore is not whole there. ${again}`
  if (!ansible || ansible.recap.length === 0)
    return 'setup.sh ended with 0, but told of no host in a recap: look at the Director before it is trusted.'
  const hosts = list(ansible.recap.map(({ host }) => host))
  return `setup.sh ended well: on ${hosts} nothing failed. Whether all data is there, the director and analytics pages tell.`
}

function endedBadly(
  ansible: AnsibleState | null,
  { exit, signal }: { exit: number | null; signal: string | null },
): string {
  const how =
    signal === null ? `setup.sh ended with ${exit ?? 'no status'}` : `setup.sh was ended by ${signal}`
  if (!touched(ansible))
    return `${how} before any task reported a change: the hosts are as they were, as far as its output tells.${reached(ansible)} ${again}`
  return `${how}. ${lastSeen(ansible)}${reached(ansible)} ${halfDone} ${again}`
}

/** A task that failed may have changed something before it did. */
const touched = (ansible: AnsibleState | null): boolean =>
  ansible !== null && ansible.changed + ansible.failed > 0

function lastSeen(ansible: AnsibleState | null): string {
  if (!ansible) return ''
  const { task, tasks, changed, busy, hosts } = ansible
  const changes = `${changed === 0 ? 'nothing' : changed === 1 ? '1 thing' : `${changed} things`} changed on ${hosts.length > 0 ? list(hosts) : 'no host'} so far`
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
