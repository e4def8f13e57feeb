import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { formatDay } from '../../app/format.ts'
import { isLive, runTitle } from '../../app/run-words.ts'

export const stateFilters = ['all', 'live', 'look', 'good'] as const
export type StateFilter = (typeof stateFilters)[number]
export const kindFilters = [
  'all',
  'backup',
  'director-backup',
  'restore',
  'director-restore',
  'director-switch',
  'director-adopt',
  'verify',
  'copy',
] as const
export type KindFilter = (typeof kindFilters)[number]
/** `plan`: only runs of that plan; empty: of all, and those of none. */
export type RunFilter = { state: StateFilter; kind: KindFilter; text: string; plan: string }

/** Failed, interrupted, or done with problems: what somebody should look at. */
const needsLook = ({ state, problems }: RunSnapshot) =>
  state === 'failed' || state === 'interrupted' || (state === 'succeeded' && problems > 0)

export function readFilter(query: Readonly<Record<string, string>> | undefined): RunFilter {
  return {
    state: stateFilters.find(state => state === query?.['state']) ?? 'all',
    kind: kindFilters.find(kind => kind === query?.['kind']) ?? 'all',
    text: query?.['text'] ?? '',
    plan: query?.['plan'] ?? '',
  }
}

/** What a filter adds to the address; nothing for what filters nothing. */
export function filterQuery({ state, kind, text, plan }: RunFilter): Record<string, string> {
  return {
    ...(state !== 'all' && { state }),
    ...(kind !== 'all' && { kind }),
    ...(text !== '' && { text }),
    ...(plan !== '' && { plan }),
  }
}

/** Runs that go on first, then the newest; of those that the filter lets through. */
export function filterRuns(runs: readonly RunSnapshot[], filter: RunFilter): RunSnapshot[] {
  const { state, kind, text, plan } = filter
  const wanted = text.trim().toLowerCase()
  const passes = (run: RunSnapshot) =>
    (kind === 'all' || run.kind === kind) &&
    (plan === '' || run.plan === plan) &&
    (state === 'all' ||
      (state === 'live' && isLive(run)) ||
      (state === 'look' && needsLook(run)) ||
      (state === 'good' && run.state === 'succeeded' && run.problems === 0)) &&
    (wanted === '' || `${runTitle(run)} ${run.about} ${run.id}`.toLowerCase().includes(wanted))
  const chosen = runs.filter(passes)
  return [...chosen.filter(isLive), ...chosen.filter(run => !isLive(run))]
}

const days = new Map<string, { key: string; title: string }>()

/** Under which heading a run stands: those that go on, then each day. */
export function groupOf(run: RunSnapshot): { key: string; title: string } {
  if (isLive(run)) return { key: 'live', title: 'Going on now' }
  const at = new Date(run.started)
  // Days of a year of runs: naming one takes longer than all the rest.
  const key = `${at.getFullYear()}-${at.getMonth()}-${at.getDate()}`
  const known = days.get(key)
  if (known) return known
  const made = { key, title: formatDay(run.started, Date.now()) }
  days.set(key, made)
  return made
}
