import type { DirectorRequest, DirectorState } from '../../../../shared/contract/director.ts'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import { counted, formatDuration } from '../../../app/format.ts'
import { isLive } from '../../../app/run-words.ts'

export type Asked = Pick<DirectorRequest, 'deployment' | 'server' | 'stamp' | 'fetch'> & {
  safetyCopy: string | null
}

/** What a run was asked for; null when its record does not say. */
export function requestOf({ options }: Pick<RunSnapshot, 'options'>): Asked | null {
  const { deployment, server, stamp, fetch, safetyCopy } = (options ?? {}) as Record<string, unknown>
  if (typeof deployment !== 'string' || typeof server !== 'string' || typeof stamp !== 'string') return null
  return {
    ...{ deployment, server, stamp },
    fetch: fetch === 'served' ? 'served' : 'direct',
    safetyCopy: typeof safetyCopy === 'string' ? safetyCopy : null,
  }
}

/** `operator@deploy-01:22` → `deploy-01`; `this machine` stays. */
export function hostName(host: string): string {
  const bare = host.replace(/^[^@]*@/, '')
  return /^\[.*\]:\d+$/.test(bare)
    ? bare.replace(/^\[(.*)\]:\d+$/, '$1')
    : bare.replace(/^([^:]+):\d+$/, '$1')
}

export type Script = {
  /** Where the script is, as Drydock sees it. */
  is: 'waiting' | 'live' | 'asks' | 'lost' | 'ended'
  word: 'Not tried' | 'Running' | 'Interrupted' | 'Done' | 'Failed' | 'Cancelled' | 'Asks you'
  says: string
}

/** How the script stands, for its terminal's head. */
export function scriptOf(run: Pick<RunSnapshot, 'state'>, state: DirectorState | null): Script {
  const live = isLive(run)
  if (!state || state.link === 'not-started')
    return {
      is: live ? 'waiting' : 'ended',
      word: 'Not tried',
      says: live ? 'Not started yet' : 'Not started',
    }
  if (state.link === 'ended' || state.exit !== null) {
    if (state.exit === 0) return { is: 'ended', word: 'Done', says: 'Ended, exit status 0' }
    return {
      is: 'ended',
      word: run.state === 'cancelled' ? 'Cancelled' : 'Failed',
      says: state.exit === null ? 'Ended, exit status not known' : `Ended, exit status ${state.exit}`,
    }
  }
  if (!live) return { is: 'lost', word: 'Interrupted', says: 'Not watched now' }
  if (state.link === 'lost') return { is: 'lost', word: 'Interrupted', says: 'Connection lost' }
  if (state.asking) return { is: 'asks', word: 'Asks you', says: 'Waits for you' }
  return { is: 'live', word: 'Running', says: 'Live' }
}

/** The large words of the page while the script runs; null: the phase says enough. */
export function nowOf(run: RunSnapshot, state: DirectorState | null): string | null {
  if (run.progress.phase !== 'vendor script' || !state || run.state === 'cancelling') return null
  switch (scriptOf(run, state).is) {
    case 'lost':
      return 'Vendor script: connection lost'
    case 'asks':
      return 'Vendor script: asks you something'
    case 'live':
      return state.task === null ? 'Vendor script' : `Vendor script: ${state.task}`
    default:
      return null
  }
}

/** What a step of a switch-over runs, and the server that its backups are on. */
function commandOf({ options }: Pick<RunSnapshot, 'options'>): string | null {
  const { argv, server } = (options ?? {}) as { argv?: unknown; server?: unknown }
  return Array.isArray(argv) && typeof server === 'string' ? `${argv.join(' ')}, backups on ${server}` : null
}

/** What stands under the title: what may be touched now, and what may not. */
export function leadOf(run: RunSnapshot, state: DirectorState | null): string {
  const asked = requestOf(run)
  const from = asked ? `From ${asked.server}, files of ${asked.stamp}` : (commandOf(run) ?? run.about)
  if (!isLive(run)) return `${from}.`
  if (run.progress.phase !== 'vendor script') return `${from}. Closing this window does not stop it.`
  const host = state ? hostName(state.host) : 'its host'
  return `The hosts are being changed. The script runs on ${host} by itself, whatever happens here.`
}

/** `Task 19`, with what is known around it. */
export function tasksOf(state: DirectorState, now: number): { task: string; note: string } {
  const { tasks, play, lastOutput, link } = state
  const quiet = lastOutput === null ? null : Math.max(0, now - Date.parse(lastOutput))
  const said =
    quiet === null
      ? 'Nothing was said yet.'
      : link === 'ended'
        ? ''
        : quiet < 2000
          ? 'Last output just now.'
          : `Last output ${formatDuration(quiet)} ago.`
  return {
    task: link === 'ended' ? counted(tasks, 'task') : tasks === 0 ? 'No task yet' : `Task ${tasks}`,
    note: [
      play === null ? '' : `Play ${play}.`,
      link === 'ended' ? '' : 'How many there are, the script does not say.',
      said,
    ]
      .filter(part => part !== '')
      .join(' '),
  }
}

/** Seconds until the host is asked again; null when that is not known. */
export function retryIn(
  { link, nextTry }: Pick<DirectorState, 'link' | 'nextTry'>,
  now: number,
): number | null {
  if (link !== 'lost' || nextTry === undefined || nextTry === null) return null
  return Math.max(0, Math.ceil((Date.parse(nextTry) - now) / 1000))
}

/** What a cancel would do now, in words: the hosts' state comes from the engine. */
export function cancelOf(
  run: Pick<RunSnapshot, 'progress'>,
  state: DirectorState | null,
): { now: string; cancel: string } {
  const isRunning = run.progress.phase === 'vendor script' && state?.link !== 'ended'
  return {
    now: state?.hostState ?? 'What state the hosts are in is not known yet.',
    cancel: isRunning
      ? state?.link === 'lost'
        ? 'The script is stopped as soon as its host answers again. What it changed stays changed, and nothing is put back.'
        : 'Ctrl-C is pressed in the script, and after 20 s all that it started is ended. What it changed stays changed, and nothing is put back.'
      : 'The script is not started. YAML files that were written stay, with the old ones beside them.',
  }
}

export const pageNames = { director: 'Director pages', analytics: 'Analytics pages' } as const
export type PageId = keyof typeof pageNames
export type Check = { id: PageId; ok: boolean; note: string }

/** The checks with one of them changed; in the order of the pages. */
export function withCheck(checks: readonly Check[], check: Check): Check[] {
  const rest = checks.filter(({ id }) => id !== check.id)
  return [...rest, check].sort((a, b) => (a.id === b.id ? 0 : a.id === 'director' ? -1 : 1))
}

/** Only a page of the web can be opened. */
export function pageUrl(url: string | undefined): string | null {
  return url !== undefined && /^https?:\/\//i.test(url) ? url : null
}

/** What the list of phases says of the script while it runs. */
export function taskDetail(run: RunSnapshot, state: DirectorState | null): string | null {
  if (run.progress.phase !== 'vendor script' || !state || state.tasks === 0) return null
  const bad = state.failed + state.unreachable
  return `task ${state.tasks}${bad > 0 ? `, ${bad} failed` : ''}`
}
