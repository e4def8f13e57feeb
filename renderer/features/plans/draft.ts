import { isPlanName } from '../../../shared/plan-name.ts'
import type {
  Hook,
  PlanSettings,
  PlanSource,
  Retention,
  Schedule,
  SystemRecord,
} from '../../../shared/plan.ts'
import { parseBytes } from '../../../shared/units.ts'
import { limitText } from '../../app/limit-text.ts'

/** A plan as it is being typed: texts where somebody types, so that nothing half typed is lost. */
export type PlanDraft = {
  name: string
  /** Empty: none is chosen; `newSystem` counts when it is `+new`. */
  system: string
  newSystem: { name: string; dataLoss: string; recovery: string }
  kind: PlanSource['kind']
  paths: readonly string[]
  excludes: string
  command: string
  as: string
  /** Name of the deployment; empty: none is chosen. */
  deployment: string
  /** What of the Director. */
  part: DirectorPart
  when: Schedule['kind']
  every: string
  minute: string
  at: string
  cron: string
  zone: string
  servers: readonly string[]
  keep: Record<keyof Retention, string>
  compression: PlanSettings['compression']
  level: string
  encrypt: 'none' | 'passphrase' | 'recipients'
  /** Null keeps what the vault has. */
  passphrase: string | null
  again: string
  recipients: string
  before: HookDraft
  after: HookDraft
  missed: PlanSettings['missed']
  limit: string
  verifyAfter: boolean
}
type DirectorPart = Extract<PlanSource, { kind: 'director' }>['part']
export type HookDraft = { command: string; timeout: string; onError: Hook['onError'] }
export type Wrong = Readonly<Record<string, string>>

export const newSystem = '+new'
const noHook: HookDraft = { command: '', timeout: '300', onError: 'fail' }

/** A new plan. @param system chosen when there is just one */
export function blankPlan(
  zone: string,
  systems: readonly SystemRecord[],
  servers: readonly string[],
): PlanDraft {
  return {
    name: '',
    system: systems.length === 0 ? newSystem : systems.length === 1 ? (systems[0]?.name ?? '') : '',
    newSystem: { name: '', dataLoss: '24 h', recovery: '4 h' },
    kind: 'files',
    paths: [''],
    excludes: '',
    command: '',
    as: '',
    deployment: '',
    part: 'configuration',
    when: 'daily',
    every: '4',
    minute: '0',
    at: '02:30',
    cron: '30 2 * * 1-5',
    zone,
    servers: servers.length === 1 ? servers : [],
    keep: { last: '0', daily: '7', weekly: '5', monthly: '12', yearly: '0' },
    compression: 'zstd',
    level: '3',
    encrypt: 'none',
    passphrase: '',
    again: '',
    recipients: '',
    before: noHook,
    after: { ...noHook, onError: 'note' },
    missed: 'latest',
    limit: '',
    verifyAfter: false,
  }
}

/** What is stored, as the editor shows it. */
export function draftOfPlan(plan: PlanSettings): PlanDraft {
  const { source, schedule, encryptTo, keep } = plan
  const blank = blankPlan(plan.zone, [], plan.servers)
  const hook = (kept: Hook | null, begins: HookDraft): HookDraft =>
    kept ? { ...kept, timeout: String(kept.timeout) } : begins
  return {
    ...blank,
    name: plan.name,
    system: plan.system,
    kind: source.kind,
    ...(source.kind === 'files' && { paths: source.paths, excludes: source.excludes.join('\n') }),
    ...(source.kind === 'command' && { command: source.command, as: source.as }),
    ...(source.kind === 'director' && { deployment: source.deployment, part: source.part }),
    ...scheduleDraft(schedule),
    servers: plan.servers,
    keep: {
      last: String(keep.last),
      daily: String(keep.daily),
      weekly: String(keep.weekly),
      monthly: String(keep.monthly),
      yearly: String(keep.yearly),
    },
    compression: plan.compression,
    level: String(plan.level),
    encrypt: encryptTo === null ? 'none' : encryptTo === 'passphrase' ? 'passphrase' : 'recipients',
    passphrase: encryptTo === 'passphrase' ? null : '',
    recipients: encryptTo !== null && encryptTo !== 'passphrase' ? encryptTo.recipients.join('\n') : '',
    before: hook(plan.before, blank.before),
    after: hook(plan.after, blank.after),
    missed: plan.missed,
    limit: limitText(plan.limit),
    verifyAfter: plan.verifyAfter,
  }
}

/** A schedule as the editor shows it. */
export const scheduleDraft = (schedule: Schedule): Partial<PlanDraft> => ({
  when: schedule.kind,
  ...(schedule.kind === 'hours' && { every: String(schedule.every), minute: String(schedule.minute) }),
  ...(schedule.kind === 'daily' && { at: schedule.at }),
  ...(schedule.kind === 'cron' && { cron: schedule.expression }),
})

const linesOf = (text: string) =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
const number = (text: string) => (/^-?\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN)

/** The schedule as typed; null while it cannot be one. */
export function scheduleOf({ when, every, minute, at, cron }: PlanDraft): Schedule | null {
  if (when === 'daily') {
    const [, hour = '', rest = ''] = /^(\d{1,2}):(\d{2})$/.exec(at.trim()) ?? []
    const time = `${hour.padStart(2, '0')}:${rest}`
    return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(time) ? { kind: 'daily', at: time } : null
  }
  if (when === 'hours') {
    const past = number(minute)
    return past >= 0 && past <= 59 ? { kind: 'hours', every: Number(every), minute: past } : null
  }
  const expression = cron.trim().replace(/\s+/g, ' ')
  return expression.split(' ').length === 5 ? { kind: 'cron', expression } : null
}

/** `24 h`, `90 min`, `7 d`, or whole hours; null for no target, NaN for what cannot be read. Minutes. */
export function minutesOf(text: string): number | null {
  if (text.trim() === '') return null
  const [, many, unit = 'h'] = /^(\d+)\s*(min|h|d)?$/.exec(text.trim()) ?? []
  if (many === undefined) return Number.NaN
  const minutes = Number(many) * { min: 1, h: 60, d: 1440 }[unit as 'min' | 'h' | 'd']
  return minutes >= 1 && minutes <= 1440 * 366 ? minutes : Number.NaN
}

const hookOf = ({ command, timeout, onError }: HookDraft): Hook | null =>
  command.trim() === '' ? null : { command, timeout: number(timeout), onError }

/** The paths that are typed out, in their order; none for what is no folder. */
export const pathsOf = ({ kind, paths }: Pick<PlanDraft, 'kind' | 'paths'>): string[] =>
  kind !== 'files' ? [] : paths.map(path => path.trim()).filter(isWholePath)

const isWholePath = (path: string) => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path)

/** The source as typed; null while too little of it is there to say anything about it. */
export const previewSource = (draft: PlanDraft): PlanSource | null =>
  draft.kind === 'director' && draft.deployment !== '' ? sourceOf(draft) : null

/** Whether the vendor's script restores its files as they lie there: neither packed again nor encrypted. */
export const staysAsMade = ({ kind, part }: Pick<PlanDraft, 'kind' | 'part'>): boolean =>
  kind === 'director' && part === 'configuration'

/** Whether it may only run daily: each run takes the day before. */
export const isDailyOnly = ({ kind, part }: Pick<PlanDraft, 'kind' | 'part'>): boolean =>
  kind === 'director' && part === 'analytics'

function sourceOf({ kind, command, as, deployment, part, paths, excludes }: PlanDraft): PlanSource {
  if (kind === 'director') return { kind, deployment, part }
  if (kind === 'command') return { kind, command, as: as.trim() }
  return {
    kind,
    paths: paths.map(path => path.trim()).filter(path => path !== ''),
    excludes: linesOf(excludes),
  }
}

/** What the engine takes. Only for a draft without wrong fields. */
export function settingsOf(draft: PlanDraft): PlanSettings {
  const { keep } = draft
  const encrypt = staysAsMade(draft) ? 'none' : draft.encrypt
  const compression = staysAsMade(draft) ? 'none' : draft.compression
  const schedule = scheduleOf(draft)
  if (!schedule) throw new Error('the schedule cannot be read')
  return {
    name: draft.name.trim(),
    system: draft.system === newSystem ? draft.newSystem.name.trim() : draft.system,
    source: sourceOf(draft),
    schedule,
    zone: draft.zone,
    servers: [...draft.servers],
    keep: {
      last: number(keep.last),
      daily: number(keep.daily),
      weekly: number(keep.weekly),
      monthly: number(keep.monthly),
      yearly: number(keep.yearly),
    },
    compression,
    level: compression === 'none' ? 0 : number(draft.level),
    encryptTo:
      encrypt === 'none'
        ? null
        : encrypt === 'passphrase'
          ? 'passphrase'
          : { recipients: linesOf(draft.recipients) },
    before: hookOf(draft.before),
    after: hookOf(draft.after),
    missed: draft.missed,
    limit: draft.limit.trim() === '' ? null : parseBytes(draft.limit),
    verifyAfter: draft.verifyAfter,
  }
}

/** The passphrase to send; null: the vault keeps what it has, or none is needed. */
export const passphraseOf = (draft: PlanDraft): string | null =>
  !staysAsMade(draft) && draft.encrypt === 'passphrase' && draft.passphrase !== '' ? draft.passphrase : null

/** Every field that can be told to be wrong here, with the fix. */
export function wrongInPlan(draft: PlanDraft): Wrong {
  const wrong: Record<string, string> = {}
  const say: Say = (is, path, words) => {
    if (is && wrong[path] === undefined) wrong[path] = words
  }
  say(draft.name.trim() === '', 'name', 'Give it a name.')
  say(
    !isPlanName(draft.name.trim()),
    'name',
    'Lower-case letters, digits, dots and dashes, beginning with a letter or digit.',
  )
  say(draft.system === '', 'system', 'Choose what it protects.')
  if (draft.system === newSystem) {
    say(draft.newSystem.name.trim() === '', 'newSystem.name', 'Give the system a name.')
    say(draft.newSystem.name.trim().length > 80, 'newSystem.name', 'At most 80 characters.')
    for (const key of ['dataLoss', 'recovery'] as const)
      say(
        Number.isNaN(minutesOf(draft.newSystem[key]) ?? 0),
        `newSystem.${key}`,
        'As in 30 min, 4 h or 7 d; empty for no target.',
      )
  }
  if (draft.kind === 'files') {
    const given = draft.paths.filter(path => path.trim() !== '')
    say(given.length === 0, 'source.paths.0', 'Give at least one folder or file.')
    draft.paths.forEach((path, index) =>
      say(
        path.trim() !== '' && !isWholePath(path.trim()),
        `source.paths.${index}`,
        'Give the whole path, from the root on.',
      ),
    )
  } else if (draft.kind === 'director')
    say(draft.deployment === '', 'source.deployment', 'Choose the Director by its deployment folder.')
  else {
    say(draft.command.trim() === '', 'source.command', 'Give the command whose output is kept.')
    say(draft.as.trim() === '', 'source.as', 'Name the file, such as db.sql.')
  }
  say(
    isDailyOnly(draft) && draft.when !== 'daily',
    'schedule',
    'Choose Daily: each run takes the day before.',
  )
  say(
    scheduleOf(draft) === null,
    'schedule',
    {
      daily: 'Hours and minutes, as 02:30.',
      hours: 'A minute from 0 to 59.',
      cron: 'Five fields: minute, hour, day, month, weekday.',
    }[draft.when],
  )
  say(draft.servers.length === 0, 'servers', 'Choose at least one server.')
  for (const key of Object.keys(draft.keep) as (keyof Retention)[]) {
    const many = number(draft.keep[key])
    say(!(many >= 0 && many <= 10_000), `keep.${key}`, 'A number from 0 to 10,000.')
  }
  if (!staysAsMade(draft)) sayPacking(draft, say)
  for (const key of ['before', 'after'] as const)
    if (draft[key].command.trim() !== '') {
      const seconds = number(draft[key].timeout)
      say(!(seconds >= 1 && seconds <= 86_400), `${key}.timeout`, 'Seconds, from 1 to 86,400.')
    }
  if (draft.limit.trim() !== '') {
    const bytes = parseBytes(draft.limit)
    say(bytes === null, 'limit', 'As in 20 MB/s; empty for no limit.')
    say(bytes === 0, 'limit', '0 would never finish. Give more, or leave it empty.')
  }
  return wrong
}

type Say = (is: boolean, path: string, words: string) => void

function sayPacking(draft: PlanDraft, say: Say): void {
  const level = number(draft.level)
  if (draft.compression === 'zstd') say(!(level >= -7 && level <= 22), 'level', 'A number from -7 to 22.')
  if (draft.compression === 'gzip') say(!(level >= 0 && level <= 9), 'level', 'A number from 0 to 9.')
  if (draft.encrypt === 'passphrase' && draft.passphrase !== null) {
    say(draft.passphrase === '', 'passphrase', 'Give a passphrase.')
    say(draft.passphrase !== draft.again, 'again', 'It differs from the first.')
  }
  if (draft.encrypt === 'recipients') {
    const keys = linesOf(draft.recipients)
    say(keys.length === 0, 'encryptTo.recipients', 'Give at least one public key, one per line.')
    const odd = keys.find(key => !/^age1[0-9a-z]{20,}$/.test(key))
    say(
      odd !== undefined,
      'encryptTo.recipients',
      `A public key begins with age1; this does not: ${odd?.slice(0, 24)}`,
    )
  }
}

/** The field that the engine names, as it is called here. */
export function fieldOfSubject(subject: string): string {
  if (/^(?:schedule|servers|keep\.\w+|before|after)(?:\.|$)/.test(subject)) {
    const [first = '', second] = subject.split('.')
    if (first === 'schedule' || first === 'servers') return first
    return second === undefined ? first : `${first}.${second}`
  }
  return subject.startsWith('encryptTo') ? 'encryptTo.recipients' : subject
}
