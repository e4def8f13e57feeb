import { resolve } from 'node:path'
import type { Hook, PlanSettings, Schedule } from '../../../../shared/plan.ts'
import { dailyOnly } from '../../../../shared/plan.ts'
import { isConfiguration } from '../../../../shared/plan-source.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import { encryptTo, levelFor } from './backup.ts'

/** What `plan add` and `plan edit` have in common; what is not given is undefined. */
export type PlanOptions = {
  system?: string
  to?: string[]
  exclude?: string[]
  command?: string
  director?: string
  /** The analytics data of a Director, not its configuration. */
  analytics?: boolean
  as?: string
  every?: string
  daily?: string
  cron?: string
  zone?: string
  keepLast?: number
  keepDaily?: number
  keepWeekly?: number
  keepMonthly?: number
  keepYearly?: number
  compress?: PlanSettings['compression']
  level?: number
  encrypt?: string[]
  /** false: `--no-before` */
  before?: string | false
  after?: string | false
  hookTimeout?: number
  hookError?: Hook['onError']
  missed?: PlanSettings['missed']
  limit?: number
  verify?: boolean
  dataLost?: string
  recoveryTime?: string
}

/** An hour: long enough for what prepares a database, and an end for what hangs. */
const usualHookSeconds = 3600

/** @throws EngineError `input.invalid` for what does not go together */
export function newPlan(
  name: string,
  paths: readonly string[],
  options: PlanOptions,
  folder: string,
): PlanSettings {
  const { system, to, zone, limit, missed } = options
  if (system === undefined) throw invalid('--system: say which system the plan belongs to')
  if (to === undefined || to.length === 0) throw invalid('--to: at least one server is needed')
  const source = sourceOf(paths, options, folder)
  if (!source) throw invalid('say what to back up: PATH…, --command CMD --as FILE, or --director DEPLOYMENT')
  const schedule = scheduleOf(options)
  if (!schedule) throw invalid('say when: --every 4h, --daily 02:30 or --cron "30 2 * * *"')
  if (isConfiguration(source)) refusePacking(options)
  refuseTimes(source, schedule)
  const compression = options.compress ?? (source.kind === 'files' ? 'zstd' : 'none')
  return {
    name,
    system,
    source,
    schedule,
    zone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    servers: to,
    keep: keepOf(options, { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 }),
    compression,
    level: levelFor(compression, options.level),
    encryptTo: encryptTo(options.encrypt),
    before: hookOf(options.before, null, options),
    after: hookOf(options.after, null, options),
    missed: missed ?? 'latest',
    limit: limit ?? null,
    verifyAfter: options.verify ?? false,
  }
}

/** `known` with what was given changed. */
export function changedPlan(
  known: PlanSettings,
  name: string | undefined,
  paths: readonly string[],
  options: PlanOptions,
  folder: string,
): PlanSettings {
  const source = sourceOf(paths, ofKnown(options, known.source), folder)
  const becomes = source !== null && isConfiguration(source) && !isConfiguration(known.source)
  if (source && isConfiguration(source)) refusePacking(options)
  const schedule = scheduleOf(options) ?? known.schedule
  refuseTimes(source ?? known.source, schedule)
  const compression = options.compress ?? (becomes ? 'none' : known.compression)
  const same = compression === known.compression && options.level === undefined
  const excluded =
    options.exclude && known.source.kind === 'files' ? { ...known.source, excludes: options.exclude } : null
  return {
    ...known,
    name: name ?? known.name,
    system: options.system ?? known.system,
    source: source ?? excluded ?? known.source,
    schedule,
    zone: options.zone ?? known.zone,
    servers: options.to ?? known.servers,
    keep: keepOf(options, known.keep),
    compression,
    level: same ? known.level : levelFor(compression, options.level),
    encryptTo: becomes ? null : options.encrypt ? encryptTo(options.encrypt) : known.encryptTo,
    before: hookOf(options.before, known.before, options),
    after: hookOf(options.after, known.after, options),
    missed: options.missed ?? known.missed,
    limit: options.limit ?? known.limit,
    verifyAfter: options.verify ?? known.verifyAfter,
  }
}

/** What it is of stays the part it was, and of the Director it was, unless another one is given. */
function ofKnown(options: PlanOptions, known: PlanSettings['source']): PlanOptions {
  if (known.kind !== 'director') return options
  const { director, analytics } = options
  if (director === undefined && analytics === undefined) return options
  return {
    ...options,
    director: director ?? known.deployment,
    analytics: analytics ?? known.part === 'analytics',
  }
}

function sourceOf(
  paths: readonly string[],
  options: PlanOptions,
  folder: string,
): PlanSettings['source'] | null {
  const { command, as, exclude, director, analytics = false } = options
  if (analytics && director === undefined)
    throw invalid('--analytics: say of which Director, with --director DEPLOYMENT')
  if (director !== undefined) {
    if (command !== undefined || as !== undefined || paths.length > 0 || exclude)
      throw invalid('--director goes with neither paths nor --command, --as and --exclude')
    return { kind: 'director', deployment: director, part: analytics ? 'analytics' : 'configuration' }
  }
  if (command !== undefined && paths.length > 0) throw invalid('either paths or --command, not both')
  if ((command === undefined) !== (as === undefined)) throw invalid('--command and --as belong together')
  if (command !== undefined && exclude)
    throw invalid('--exclude is for files, not for the output of a command')
  if (command !== undefined && as !== undefined) return { kind: 'command', command, as }
  if (paths.length === 0) return null
  return { kind: 'files', paths: paths.map(path => resolve(folder, path)), excludes: exclude ?? [] }
}

/** Each run takes the day before: a second one on a day would take the same. */
function refuseTimes(source: PlanSettings['source'], { kind }: Schedule): void {
  if (source.kind === 'director' && source.part === 'analytics' && kind !== 'daily')
    throw invalid(`--analytics: ${dailyOnly}; use --daily 02:30`)
}

/** `setup.sh` restores the five files as they lie there. */
function refusePacking({ compress, level, encrypt }: PlanOptions): void {
  if (encrypt || level !== undefined || (compress !== undefined && compress !== 'none'))
    throw invalid('--director: the five files stay as setup.sh restores them, not packed again or encrypted')
}

function scheduleOf({ every, daily, cron }: PlanOptions): Schedule | null {
  const given = [every, daily, cron].filter(value => value !== undefined)
  if (given.length === 0) return null
  if (given.length > 1) throw invalid('--every, --daily and --cron exclude each other')
  if (daily !== undefined) {
    const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(daily) ?? []
    if (hour === undefined || minute === undefined || Number(hour) > 23 || Number(minute) > 59)
      throw invalid('--daily: hours and minutes are expected, as 02:30')
    return { kind: 'daily', at: `${hour.padStart(2, '0')}:${minute}` }
  }
  if (cron !== undefined) return { kind: 'cron', expression: cron }
  const [, hours, minute] = /^(\d{1,2})h?(?::(\d{1,2}))?$/.exec(every ?? '') ?? []
  if (![1, 2, 3, 4, 6, 8, 12].includes(Number(hours)) || Number(minute ?? 0) > 59)
    throw invalid(
      '--every: 1h, 2h, 3h, 4h, 6h, 8h or 12h, with :MINUTE if wanted, as 4h:15; once a day is --daily',
    )
  return { kind: 'hours', every: Number(hours), minute: Number(minute ?? 0) }
}

const keepOf = (options: PlanOptions, known: PlanSettings['keep']): PlanSettings['keep'] => ({
  last: options.keepLast ?? known.last,
  daily: options.keepDaily ?? known.daily,
  weekly: options.keepWeekly ?? known.weekly,
  monthly: options.keepMonthly ?? known.monthly,
  yearly: options.keepYearly ?? known.yearly,
})

function hookOf(command: string | false | undefined, known: Hook | null, options: PlanOptions): Hook | null {
  if (command === false) return null
  const text = command ?? known?.command
  if (text === undefined) return null
  return {
    command: text,
    timeout: options.hookTimeout ?? known?.timeout ?? usualHookSeconds,
    onError: options.hookError ?? known?.onError ?? 'fail',
  }
}

/** `24h` → 1440. @returns minutes; undefined when nothing was given */
export function minutesOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, count, unit] = /^(\d{1,5})\s*(m|min|h|d)$/.exec(text) ?? []
  const minutes = Number(count) * (unit === 'd' ? 1440 : unit === 'h' ? 60 : 1)
  if (!(minutes >= 1)) throw invalid(`${option}: a time such as 30min, 24h or 7d is expected`)
  return minutes
}

const invalid = (detail: string) => new EngineError('input.invalid', 'plan.save', { detail })
