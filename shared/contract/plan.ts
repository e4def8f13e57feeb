import { z } from 'zod'
import { planSettings, planSource, planStates, schedule, systemRecord, timeZone } from '../plan.ts'
import { serverName } from '../server.ts'
import { count, nothing, ruleNote, runId, utc } from './common.ts'
import { event, method } from './method.ts'

const planName = planSettings.shape.name

/** A due time: the instant, and what a clock in the plan's zone shows. */
const dueTime = z.object({
  at: utc,
  /** `Sun 29 Mar 03:00 CEST` */
  local: z.string(),
  /** Set when the change of clocks moves it: why, in words. */
  note: z.string().optional(),
})
export type DueTime = z.infer<typeof dueTime>

const planInfo = z.object({
  settings: planSettings,
  /** Of the settings: another one when they have changed. */
  revision: z.string(),
  state: z.enum(planStates),
  /** The run of it that goes on now. */
  running: runId.nullable(),
  created: utc,
  /** The schedule in words: `At 02:30 AM`. */
  words: z.string(),
  /** Empty unless scheduled. */
  next: z.array(dueTime),
  last: z.object({ runId, started: utc, state: z.string(), problems: count }).nullable(),
  /** Due times that passed without a run since the last one that ran. */
  missed: count,
  /** Set while a run should have begun and did not: since when and why. */
  overdue: z.object({ since: utc, reason: z.string() }).nullable(),
})
export type PlanInfo = z.infer<typeof planInfo>

/** What holds for a plan of a Director, or what the vendor warns of: whole sentences. None of them refuses anything. */
export type PlanNote = z.infer<typeof ruleNote>

/** Something that should have happened, or is wrong and waits for a person. */
const alarm = z.object({
  id: z.string(),
  tone: z.enum(['look', 'stop']),
  title: z.string(),
  detail: z.string(),
  since: utc,
  /** What it is about, so that a page can lead there. */
  about: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('plan'), name: z.string() }),
    z.object({ kind: z.literal('run'), runId }),
    z.object({ kind: z.literal('point'), point: z.string(), server: z.string() }),
    z.object({ kind: z.literal('server'), name: z.string() }),
    z.object({ kind: z.literal('vault') }),
    /** The disk of the state folder. */
    z.object({ kind: z.literal('state') }),
  ]),
})
export type Alarm = z.infer<typeof alarm>

const outage = z.object({
  declared: utc,
  note: z.string().max(500),
  by: z.string(),
  /** Shortest recovery target of the systems, minutes; null without one. */
  recoveryTarget: z.int().positive().nullable(),
})
export type Outage = z.infer<typeof outage>

export const planContract = {
  'system.list': method(nothing, z.object({ systems: z.array(systemRecord) })),
  /** Adds it, or replaces the one called `replaces`; plans follow a new name. */
  'system.save': method(
    z.object({ record: systemRecord.omit({ added: true }), replaces: z.string().nullable() }),
    systemRecord,
  ),
  /** `run.conflict` while a plan belongs to it. */
  'system.remove': method(z.object({ name: z.string() }), nothing),

  'plan.list': method(
    nothing,
    z.object({
      plans: z.array(planInfo),
      /** Entries that this version cannot read: kept as they stand, and never run. */
      unreadable: z.array(z.object({ name: z.string(), detail: z.string() })),
      /** Who runs plans now: this process, another (named), or nobody. */
      holder: z.object({ who: z.enum(['here', 'other', 'nobody']), about: z.string() }),
    }),
  ),
  /**
   * Adds it as Created, or changes the one called `replaces`. `passphrase` goes to the vault; null keeps what is there.
   * `revision` is that of what the change was made from: `run.conflict` when it was changed elsewhere since, and
   * while a run of it goes on.
   */
  'plan.save': method(
    z.object({
      settings: planSettings,
      replaces: z.string().nullable(),
      passphrase: z.string().min(1).nullable(),
      revision: z.string().max(100).optional(),
    }),
    planInfo,
  ),
  'plan.start': method(z.object({ name: planName }), planInfo),
  /** No run of it begins any more; one that goes on is not touched. */
  'plan.stop': method(z.object({ name: planName }), planInfo),
  /** Runs it now, whatever its state. `run.conflict` while a run of it goes on. */
  'plan.run': method(z.object({ name: planName }), z.object({ runId })),
  /** `run.conflict` while a run of it goes on. Its restore points stay. */
  'plan.remove': method(z.object({ name: planName }), nothing),
  /**
   * What a schedule means: words and the next three runs. `input.invalid` tells what is wrong with it. With `source`
   * and `servers`, as far as they are known, it also says what holds for a plan of a Director; `plan` is the one that
   * is being edited.
   */
  'plan.preview': method(
    z.object({
      schedule,
      zone: timeZone,
      source: planSource.exactOptional(),
      servers: z.array(serverName).max(64).exactOptional(),
      plan: z.string().max(100).exactOptional(),
    }),
    z.object({
      /** As the vendor's portal words the same five fields. */
      words: z.string(),
      next: z.array(dueTime),
      /** The five fields, in the plan's own time zone. */
      cron: z.string(),
      utc: z.object({
        /** The five fields in UTC; null where no single expression says the same all the year. */
        cron: z.string().nullable(),
        /** `01:30 UTC, 00:30 UTC while summer time holds` */
        text: z.string(),
      }),
      /** `look` and `stop` first. Empty unless it is of a Director. */
      notes: z.array(ruleNote),
    }),
  ),
  /** Which of the paths of a plan are not there now, in their order. Those that cannot be looked at are among them. */
  'plan.missing': method(
    z.object({ paths: z.array(z.string().max(4096)).max(1000) }),
    z.object({ missing: z.array(z.string()) }),
  ),
  'plan.changed': event(nothing),

  'alarm.list': method(nothing, z.object({ alarms: z.array(alarm) })),
  'alarm.changed': event(z.object({ alarms: z.array(alarm) })),

  'outage.get': method(nothing, z.object({ outage: outage.nullable() })),
  'outage.declare': method(z.object({ note: z.string().max(500) }), outage),
  'outage.end': method(nothing, nothing),
  'outage.changed': event(z.object({ outage: outage.nullable() })),
}
