import { z } from 'zod'
import { systemKinds } from '../plan-source.ts'
import { serverSites } from '../server.ts'
import { count, failure, nothing, utc } from './common.ts'
import { event, method } from './method.ts'
import { siteVerdicts } from './site.ts'

export const readiness = ['ready', 'not-proven', 'at-risk', 'cannot-recover'] as const
export type Readiness = (typeof readiness)[number]

/** A copy of a system's newest good point at one kind of site. */
const copy = z.object({
  site: z.enum(serverSites),
  state: z.enum(['verified', 'unverified', 'damaged', 'none', 'no-answer']),
  /** Its stamp; null without one. */
  at: utc.nullable(),
  /** Nobody said where its server stands. */
  assumed: z.boolean().optional(),
})

const systemRow = z.object({
  name: z.string(),
  kind: z.enum(systemKinds),
  /** What it is, in one line: a folder, a command. */
  about: z.string(),
  readiness: z.enum(readiness),
  /** Why, in words. */
  reason: z.string(),
  /** The newest complete point that is not known to be damaged. */
  lastGood: z.object({ at: utc, point: z.string() }).nullable(),
  /** Minutes. */
  dataLossTarget: count.nullable(),
  recoveryTarget: count.nullable(),
  /** The newest restore of one of its points that succeeded. */
  lastProof: z.object({ at: utc, ms: count, runId: z.string() }).nullable(),
  copies: z.array(copy),
  /** What would make it safer although it may be recoverable: a copy on a second server, one away from here. */
  lacks: z.array(z.enum(['second-copy', 'off-site'])),
  next: z.object({ at: utc, plan: z.string() }).nullable(),
  running: z.string().nullable(),
  /** Of a Director: the deployment it is checked and backed up through. */
  deployment: z.string().nullable(),
  /** Of a Director: its last check, and in one sentence what weighs most in it. */
  check: z.object({ at: utc, verdict: z.enum(siteVerdicts), finding: z.string().nullable() }).nullable(),
})
export type SystemRow = z.infer<typeof systemRow>

export const overviewContract = {
  /** What this machine knows now; servers that are still being asked are in `asking`. */
  'overview.get': method(
    nothing,
    z.object({
      asOf: utc.nullable(),
      asking: z.array(z.string()),
      failed: z.array(z.object({ server: z.string(), failure })),
      systems: z.array(systemRow),
      points: count,
      servers: count,
    }),
  ),
  /** Asks all servers again. */
  'overview.refresh': method(nothing, nothing),
  'overview.changed': event(nothing),
}
