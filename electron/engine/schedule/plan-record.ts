import { z } from 'zod'
import { planSettings, planStates } from '../../../shared/plan.ts'

const instant = z.int()

/** A due time that has come and whose run has not begun. Instants are ms since 1970 UTC. */
const waiting = z.object({
  /** The newest due time that waits; it stands for the older ones. */
  due: instant,
  /** The oldest that this wait began with. */
  first: instant,
  /** Why it waits, in words; empty when nobody has tried yet. */
  reason: z.string().max(2000),
  /** Whether it was told that this is overdue. */
  told: z.boolean(),
  /** Who lets it wait: another one does not know whether somebody was there all the time. */
  by: z.string().max(100),
})

/** Which due times have been dealt with. See the README of this folder. */
export const account = z.object({
  /** Due times up to here are accounted for; lowered when the clock goes back. */
  handled: instant,
  /** Due times in [from, to] that had their run, or were passed over. In the order of noting. */
  spans: z.array(z.object({ from: instant, to: instant, as: z.enum(['ran', 'missed']) })).max(1000),
  /** Due times without a run since the last one that ran. */
  missed: z.int().nonnegative(),
  waiting: waiting.nullable(),
  /** Due times were passed over and will not be made up: since when and why. Until a run begins. */
  lapse: z.object({ since: instant, reason: z.string().max(2000) }).nullable(),
  /** A run is about to be started: noted before, so that after a crash it is looked for instead of started twice. */
  beginning: z.object({ due: instant, at: instant }).nullable(),
})
export type Account = z.infer<typeof account>

/** A plan as `plans.json` keeps it. */
export const planRecord = z.object({
  settings: planSettings,
  state: z.enum(planStates),
  created: z.iso.datetime(),
  account,
  lastRun: z.string().max(100).nullable(),
})
export type PlanRecord = z.infer<typeof planRecord>

/** Nothing is owed for times before `now`. */
export const freshAccount = (now: number): Account => ({
  handled: now,
  spans: [],
  missed: 0,
  waiting: null,
  lapse: null,
  beginning: null,
})
