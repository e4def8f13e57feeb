import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { directorComponents, directorFiles } from '../../../shared/director-files.ts'
import type { RunKind } from '../../../shared/run.ts'
import { isBackup } from '../../../shared/run.ts'
import { formatDuration, formatRange } from '../../app/format.ts'
import { isLive, runTitle } from '../../app/run-words.ts'
import { componentsLeftOut, failedComponents, failedWhereItEnded } from './run-failed.ts'

/** A phase as it is listed. */
export type Phase = {
  key: string
  name: string
  state: 'done' | 'now' | 'later' | 'stalled' | 'paused' | 'interrupted' | 'failed' | 'cancelled' | 'skipped'
  time?: string
  detail?: string
}

/** The phases a run of each kind goes through, as the engine calls them, with the words for people. */
const usual = {
  backup: ['connecting', 'backing up', 'writing the manifest'],
  restore: ['reading the entry list', 'planning', 'restoring', 'making it durable'],
  verify: ['reading back and hashing'],
  copy: ['copying'],
  'director-restore': ['connecting', 'safety copy', 'serving files', 'writing', 'vendor script'],
  'director-backup': [
    'connecting',
    ...directorComponents.map(component => directorFiles[component].title),
    'writing the manifest',
    'replacing the latest copies',
  ],
  'director-adopt': ['connecting', 'reading back and hashing', 'writing the manifest'],
  'director-switch': ['connecting', 'writing', 'vendor script'],
} as const satisfies Record<RunKind, readonly string[]>

const names: Record<string, { name: string; now: string }> = {
  starting: { name: 'Start', now: 'Starting' },
  connecting: { name: 'Connect', now: 'Connecting' },
  waiting: { name: 'Wait for its turn', now: 'Waiting for its turn' },
  'waiting for the Director': { name: 'Wait for the Director', now: 'Waiting for the Director' },
  'safety copy': { name: 'Safety copy', now: 'Making the safety copy' },
  'serving files': { name: 'Serve files', now: 'Serving the files' },
  writing: { name: 'Write YAML files', now: 'Writing the YAML files' },
  'vendor script': { name: 'Vendor script', now: 'Vendor script' },
  'backing up': { name: 'Read and store', now: 'Reading and storing' },
  'writing the manifest': { name: 'Manifest', now: 'Writing the manifest' },
  'replacing the latest copies': { name: 'Latest copies', now: 'Replacing the latest copies' },
  ...Object.fromEntries(
    directorComponents.map(component => {
      const { title } = directorFiles[component]
      return [title, { name: title, now: `Reading and storing ${title}` }]
    }),
  ),
  'hook before': { name: 'Hook before', now: 'Running the hook before' },
  'hook after': { name: 'Hook after', now: 'Running the hook after' },
  'reading the entry list': { name: 'List', now: 'Reading the entry list' },
  planning: { name: 'Plan', now: 'Planning what to write' },
  restoring: { name: 'Fetch, check and write', now: 'Restoring' },
  'making it durable': { name: 'Sync to the disk', now: 'Making it durable' },
  'reading back and hashing': { name: 'Read back and hash', now: 'Reading back and hashing' },
  'comparing sizes': { name: 'Compare sizes', now: 'Comparing sizes' },
  copying: { name: 'Copy', now: 'Copying' },
  'not worked on': { name: 'Not worked on', now: 'Not worked on' },
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
export const phaseName = (phase: string) => names[phase]?.name ?? capital(phase)
export const phaseNow = (phase: string) => names[phase]?.now ?? capital(phase)

/** Phases that are over in no time and say nothing. */
const isSilent = (name: string) => name === 'starting'

/** How long each phase took so far, ms, in the order of their first beginning. */
export function phaseTimes(
  run: Pick<RunSnapshot, 'phases' | 'started' | 'ended'>,
  until: number,
): Map<string, number> {
  const starts = run.phases ?? []
  const times = new Map<string, number>()
  starts.forEach(({ name, from }, index) => {
    const to = starts[index + 1]?.from
    const end = to === undefined ? until : Date.parse(to)
    times.set(name, (times.get(name) ?? 0) + Math.max(0, end - Date.parse(from)))
  })
  return times
}

/** Phases that are over, go on, and come. @param expected estimates of earlier runs, ms, by phase */
export function phasesOf(
  run: RunSnapshot,
  now: number,
  stalled: boolean,
  expected: ReadonlyMap<string, { low: number; high: number; runs: number }>,
): Phase[] {
  const live = isLive(run)
  const until = run.ended === null ? now : Date.parse(run.ended)
  const times = phaseTimes(run, until)
  const current = run.progress.phase
  const over = run.state === 'succeeded'
  const template = templateOf(run, times)
  const seen = [...times.keys()].filter(name => !isSilent(name) || (live && name === current))
  // Of the usual phases those are to come that stand after the newest one seen.
  const newest = Math.max(-1, ...seen.map(name => template.indexOf(name)))
  const leftOut = componentsLeftOut(run)
  const coming = over
    ? []
    : template.filter((name, index) => index > newest && !times.has(name) && !leftOut.includes(name))
  const failed = failedComponents(run)
  const at = template.indexOf(current)
  const stateOf = (name: string, isNow: boolean, isAhead: boolean): Phase['state'] => {
    if (name === notWorkedOn) return 'skipped'
    if (failed.includes(name) && !(isNow && live)) return 'failed'
    if (isNow) return run.state === 'failed' && !failedWhereItEnded(run) ? 'done' : stateNow(run, stalled)
    return isAhead ? (live ? 'later' : 'skipped') : 'done'
  }
  const phase = (name: string): Phase => {
    const isNow = name === current && !over
    // A run that was taken up goes through its phases again: those after this one are not over.
    const isAhead = !over && at >= 0 && template.indexOf(name) > at
    const time = times.get(name) ?? 0
    // Nobody saw when the process of an interrupted run went.
    const known = !(isNow && run.state === 'interrupted')
    return {
      key: name,
      name: phaseName(name),
      state: stateOf(name, isNow, isAhead),
      ...(known && (time >= 1000 || !isNow) && { time: formatDuration(time) }),
    }
  }
  return [
    ...seen.filter(name => name !== notWorkedOn).map(phase),
    ...coming.map((name): Phase => {
      const guess = live ? expected.get(name) : undefined
      return {
        key: name,
        name: phaseName(name),
        state: live ? 'later' : 'skipped',
        ...(guess && {
          time: formatRange({ low: guess.low / 1000, high: Math.max(1, guess.high / 1000) }),
          detail: `from ${guess.runs} earlier ${guess.runs === 1 ? 'run' : 'runs'}`,
        }),
      }
    }),
    ...seen.filter(name => name === notWorkedOn).map(phase),
  ]
}

/** The phases that a run goes through as it was asked for. */
function templateOf(
  { kind, options }: Pick<RunSnapshot, 'kind' | 'options'>,
  times: ReadonlyMap<string, number>,
): readonly string[] {
  if (kind === 'verify' && times.has('comparing sizes')) return ['comparing sizes']
  if (kind === 'director-backup') {
    const { latest } = (options ?? {}) as { latest?: unknown }
    return usual[kind].filter(name => name !== 'replacing the latest copies' || latest !== false)
  }
  if (kind !== 'director-restore') return usual[kind]
  const { safetyCopy, fetch } = (options ?? {}) as { safetyCopy?: unknown; fetch?: unknown }
  return usual[kind].filter(
    name =>
      times.has(name) ||
      !(
        (name === 'safety copy' && typeof safetyCopy !== 'string') ||
        (name === 'serving files' && fetch !== 'served')
      ),
  )
}

/** Time between two processes of a run, as the engine calls it. */
const notWorkedOn = 'not worked on'

function stateNow({ state }: RunSnapshot, stalled: boolean): Phase['state'] {
  switch (state) {
    case 'paused':
      return 'paused'
    case 'interrupted':
      return 'interrupted'
    case 'failed':
      return 'failed'
    case 'cancelled':
      return 'cancelled'
    default:
      return stalled ? 'stalled' : 'now'
  }
}

/** `Phase 2 of 5`, of those that are shown. */
export function stepOf(phases: readonly Phase[]): string {
  const counted = phases.filter(({ key }) => key !== notWorkedOn)
  const find = (over: readonly Phase['state'][]) => counted.findIndex(({ state }) => !over.includes(state))
  // A component that failed is over while the others are still tried.
  const goesOn = find(['done', 'later', 'skipped', 'failed'])
  const at = goesOn < 0 ? find(['done', 'later', 'skipped']) : goesOn
  return at < 0 ? `${counted.length} phases` : `Phase ${at + 1} of ${counted.length}`
}

/** How long phases took in earlier runs of the same thing that went well. */
export function expectedPhases(
  run: RunSnapshot,
  earlier: readonly RunSnapshot[],
): ReadonlyMap<string, { low: number; high: number; runs: number }> {
  const title = runTitle(run)
  const like = earlier
    .filter(
      one =>
        one.id !== run.id && one.kind === run.kind && one.state === 'succeeded' && runTitle(one) === title,
    )
    .filter(({ phases }) => phases !== undefined)
    .slice(0, 5)
  const expected = new Map<string, { low: number; high: number; runs: number }>()
  for (const one of like)
    for (const [name, ms] of phaseTimes(one, Date.parse(one.ended ?? one.started))) {
      const known = expected.get(name)
      expected.set(name, {
        low: Math.min(known?.low ?? ms, ms),
        high: Math.max(known?.high ?? ms, ms),
        runs: (known?.runs ?? 0) + 1,
      })
    }
  return expected
}

/** Seconds that are left by what the phases of earlier runs took; null without any, or past the longest. */
export function leftOfPhases(
  run: RunSnapshot,
  now: number,
  expected: ReturnType<typeof expectedPhases>,
): { low: number; high: number } | null {
  const times = phaseTimes(run, now)
  const template = templateOf(run, times)
  const at = template.indexOf(run.progress.phase)
  if (at < 0) return null
  let [low, high] = [0, 0]
  for (const name of template.slice(at)) {
    const guess = expected.get(name)
    if (!guess) return null
    const spent = times.get(name) ?? 0
    if (name === run.progress.phase && spent >= guess.high) return null
    low += Math.max(0, guess.low - spent)
    high += guess.high - spent
  }
  // Few runs are no wide basis: the range is wider than what they took.
  return { low: (low * 0.85) / 1000, high: (Math.max(low + 1000, high) * 1.15) / 1000 }
}

export type Points = { point: string; servers: string[] }

/** The point a run made, copied or looked at, and the servers that hold it, as far as its record says. */
export function pointsOf({ kind, outcome, options }: RunSnapshot): Points | null {
  const said = (outcome ?? {}) as { point?: unknown; servers?: unknown }
  const asked = (options ?? {}) as Readonly<Record<'point' | 'server' | 'servers' | 'stamp' | 'to', unknown>>
  const point =
    typeof said.point === 'string'
      ? said.point
      : kind === 'director-adopt' && typeof asked.stamp === 'string'
        ? `vendor@${asked.stamp}`
        : asked.point
  if (typeof point !== 'string') return null
  if (isBackup(kind)) {
    const servers =
      typeof said.servers === 'object' && said.servers !== null ? Object.entries(said.servers) : []
    const good = servers.filter(([, state]) => state !== 'failed').map(([name]) => name)
    const order = Array.isArray(asked.servers) ? (asked.servers as unknown[]) : []
    return { point, servers: good.sort((a, b) => order.indexOf(a) - order.indexOf(b)) }
  }
  const server = kind === 'copy' ? asked.to : asked.server
  return { point, servers: typeof server === 'string' ? [server] : [] }
}

export type ComponentLine = {
  component: DirectorComponent
  /** Null: nobody has said how it is backed up. */
  name: string | null
  size: number | null
  on: string[]
}

/** What a Director's backup that has succeeded has made of each component; null for every other run. */
export function componentsOf(run: RunSnapshot): ComponentLine[] | null {
  if (run.kind !== 'director-backup' || run.outcome === null) return null
  const said = run.outcome as {
    components?: { component: DirectorComponent; name: string; size: number }[]
    notSet?: DirectorComponent[]
  }
  const on = pointsOf(run)?.servers ?? []
  return [
    ...(said.components ?? []).map(({ component, name, size }) => ({ component, name, size, on })),
    ...(said.notSet ?? []).map(component => ({ component, name: null, size: null, on: [] })),
  ]
}

/** The machine whose run made the point of a Director's backup while this one waited; null when it made its own. */
export function madeByOther({ kind, outcome }: RunSnapshot): string | null {
  if (kind !== 'director-backup') return null
  const { madeBy } = (outcome ?? {}) as { madeBy?: { host?: unknown } }
  return typeof madeBy?.host === 'string' ? madeBy.host : null
}

export type RestoreCounts = { bytes: number; failed: number; refused: number; left: number; damaged: number }

/** The ledger's totals of a restore that has succeeded; null else. */
export function countsOf({ kind, outcome }: RunSnapshot): RestoreCounts | null {
  if (kind !== 'restore') return null
  const counts = (outcome as { counts?: Partial<RestoreCounts> } | null)?.counts
  const { bytes, failed, refused, left, damaged } = counts ?? {}
  if (typeof bytes !== 'number') return null
  return { bytes, failed: failed ?? 0, refused: refused ?? 0, left: left ?? 0, damaged: damaged ?? 0 }
}

/** What a cancel keeps and what it takes away, and what a pause does. */
export const cancelWords = {
  backup: {
    cancel:
      'What was sent of this restore point is taken off the servers again; earlier ones are not touched.',
    pause: 'Nothing is read or sent. What is stored stays, and it goes on there.',
  },
  restore: {
    cancel:
      'Files that are finished stay. The unfinished one stays beside its place as .drydock-….partial, and a resume goes on inside it.',
    pause: 'Nothing is fetched or written; the recovery clock goes on.',
  },
  verify: {
    cancel: 'A verification changes nothing and leaves nothing behind.',
    pause: 'Nothing is read until it goes on.',
  },
  copy: {
    cancel: 'The copy does not count until it is complete; its source is not touched.',
    pause: 'Nothing is read or sent. What is stored stays, and it goes on there.',
  },
  'director-restore': {
    cancel: 'The vendor script is stopped where it stands. What it changed on the hosts stays changed.',
    pause: 'The vendor script cannot be paused.',
  },
  'director-backup': {
    cancel:
      'What was sent of this restore point is taken off the servers again; earlier ones and the latest copies stay.',
    pause: 'A Director’s backup cannot be paused: the command that prints it would be held in the middle.',
  },
  'director-adopt': {
    cancel: 'Nothing was changed where the files are, and no manifest is written.',
    pause: 'Nothing is read until it goes on.',
  },
  'director-switch': {
    cancel: 'The vendor script is stopped where it stands. What it changed on the hosts stays changed.',
    pause: 'The vendor script cannot be paused.',
  },
} as const satisfies Record<RunKind, { cancel: string; pause: string }>

/** What counts, and when: one line below the bar. */
export const countsWhen = {
  backup: 'Counted only after every server it goes to acknowledged it.',
  restore: 'Counted only after it was hashed and written here.',
  verify: 'Counted only after it was read back and hashed.',
  copy: 'Counted only after the server acknowledged it.',
  'director-restore': 'Counted only after it was hashed and written on the deployment host.',
  'director-backup': 'Counted only after every server it goes to acknowledged it.',
  'director-adopt': 'Counted only after it was read back and hashed.',
  'director-switch': 'The vendor script does not say how much there is to do.',
} as const satisfies Record<RunKind, string>
