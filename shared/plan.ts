import { z } from 'zod'
import { isPlanName, planNameRule } from './plan-name.ts'
import { isConfiguration, systemKinds } from './plan-source.ts'
import { serverName } from './server.ts'

/** Systems and plans as the operator declares them: kept in the state folder, checked on every read, no secret inside. */

/** Control characters, line ends and marks that turn the reading direction: they make a text look like another. */
const turnsText = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

const line = z
  .string()
  .min(1)
  .max(80)
  .refine(text => text === text.trim(), 'no spaces at its ends')
  .refine(text => !turnsText.test(text), 'one line, without control characters or marks that turn text round')

/** Minutes; null: no target was set, and nothing is measured against one. */
const target = z
  .int()
  .min(1)
  .max(60 * 24 * 366)
  .nullable()

export const systemRecord = z.object({
  /** Unique, as people call it. */
  name: line,
  kind: z.enum(systemKinds),
  /** How much may be lost (RPO), minutes. */
  dataLossTarget: target,
  /** How long a recovery may take (RTO), minutes. */
  recoveryTarget: target,
  /** Of a Director: its deployment folder, so that it can be checked before a plan backs it up. */
  deployment: serverName.exactOptional(),
  added: z.iso.datetime(),
})
export type SystemRecord = z.infer<typeof systemRecord>

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'hours and minutes, as 02:30')

/** When a plan runs, in its own time zone. */
export const schedule = z.discriminatedUnion('kind', [
  /** At a minute past every n-th hour of the day, counted from midnight; n divides 24, so every day is alike. */
  z.object({
    kind: z.literal('hours'),
    every: z.union(
      [1, 2, 3, 4, 6, 8, 12].map(n => z.literal(n)) as [z.ZodLiteral<number>, ...z.ZodLiteral<number>[]],
    ),
    minute: z.int().min(0).max(59),
  }),
  z.object({ kind: z.literal('daily'), at: clockTime }),
  /** Five fields: minute, hour, day of month, month, day of week. */
  z.object({ kind: z.literal('cron'), expression: z.string().min(9).max(200) }),
])
export type Schedule = z.infer<typeof schedule>

/** An IANA name, such as `Europe/Zurich` or `UTC`. */
export const timeZone = z.string().refine(isTimeZone, 'a time zone by its IANA name, such as Europe/Zurich')

const kept = z.int().min(0).max(10_000)
/** How many to keep of each kind; a point that any rule keeps stays. All zero: everything stays. */
export const retention = z.object({ last: kept, daily: kept, weekly: kept, monthly: kept, yearly: kept })
export type Retention = z.infer<typeof retention>

/** A command run before or after; its outcome never holds a secret. */
export const hook = z.object({
  command: z.string().min(1).max(10_000),
  /** Seconds; then it is stopped. */
  timeout: z.int().min(1).max(86_400),
  /** What its failure means: the run does not take place (before) or counts as one with problems; or is only noted. */
  onError: z.enum(['fail', 'note']),
})
export type Hook = z.infer<typeof hook>

export const planSource = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('files'),
    paths: z.array(z.string().min(1).max(4096)).min(1).max(1000),
    excludes: z.array(z.string().min(1).max(4096)).max(1000),
  }),
  z.object({
    kind: z.literal('command'),
    command: z.string().min(1).max(100_000),
    /** File name of its output, such as `db.sql`. */
    as: z.string().min(1).max(128),
  }),
  /**
   * Of the Director that a deployment folder belongs to: `configuration` is its five components with their `latest`
   * copies, `analytics` the analytics data of the day before, as one file.
   */
  z.object({
    kind: z.literal('director'),
    deployment: serverName,
    part: z.enum(['configuration', 'analytics']).default('configuration'),
  }),
])
export type PlanSource = z.infer<typeof planSource>

/** Why another schedule than a daily one is refused for it. */
export const dailyOnly = 'analytics data is backed up daily only: each run takes the day before'

/** What an operator says of a plan; `planRecord` adds what Drydock keeps. */
export const planSettings = z
  .object({
    name: z.string().refine(isPlanName, planNameRule),
    /** Name of the system it belongs to. */
    system: line,
    source: planSource,
    schedule,
    zone: timeZone,
    servers: z.array(serverName).min(1).max(64),
    keep: retention,
    compression: z.enum(['zstd', 'gzip', 'none']),
    level: z.int().min(-7).max(22),
    /** The passphrase lies in the vault under `plan:<name>`, never here. */
    encryptTo: z.union([
      z.null(),
      z.literal('passphrase'),
      z.object({ recipients: z.array(z.string().max(4096)).min(1).max(100) }),
    ]),
    before: hook.nullable(),
    after: hook.nullable(),
    /** What becomes of a run whose time passed while nothing could run it. */
    missed: z.enum(['skip', 'latest']),
    /** Bytes per second for all servers together; null for no limit. */
    limit: z.int().positive().nullable(),
    /** Read back every byte after each run. */
    verifyAfter: z.boolean(),
  })
  .refine(({ compression, level }) => compression !== 'gzip' || (level >= 0 && level <= 9), {
    path: ['level'],
    message: 'gzip knows levels 0 to 9',
  })
  .refine(({ source, encryptTo }) => !isConfiguration(source) || encryptTo === null, {
    path: ['encryptTo'],
    message: 'setup.sh restores the five files as they lie there: they cannot be encrypted',
  })
  .refine(({ source, compression }) => !isConfiguration(source) || compression === 'none', {
    path: ['compression'],
    message: 'the five files are packed by the commands on the Director: none is expected',
  })
  .refine(
    ({ source, schedule: { kind } }) =>
      source.kind !== 'director' || source.part !== 'analytics' || kind === 'daily',
    { path: ['schedule'], message: dailyOnly },
  )
  .refine(({ servers }) => new Set(servers).size === servers.length, {
    path: ['servers'],
    message: 'each server once',
  })
export type PlanSettings = z.infer<typeof planSettings>

/** `running` is no state of the record: it is shown while a run of the plan goes on. */
export const planStates = ['created', 'scheduled', 'stopped'] as const
export type PlanState = (typeof planStates)[number]

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name.length > 0 && name.length < 64
  } catch {
    return false
  }
}
