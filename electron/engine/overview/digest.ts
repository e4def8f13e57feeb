import { z } from 'zod'
import type { PointOnServer } from '../../../shared/contract/point.ts'

/** The newest points of one name on one server, as far as the overview needs to know. */
const newest = z.object({
  /** Complete, not in the trash, not known to be damaged. */
  good: z
    .object({
      ...{ point: z.string(), stamp: z.string(), verified: z.boolean() },
      leftOut: z.array(z.string()).exactOptional(),
    })
    .nullable(),
  /** Newest whose last verification found damage. */
  damaged: z.object({ point: z.string(), stamp: z.string() }).nullable(),
})
export type Newest = z.infer<typeof newest>

/** What one server holds, in short: ten thousand points become one line per name. */
export const digest = z.object({
  /** Points outside the trash that are complete or a vendor's. */
  points: z.array(z.string()),
  names: z.record(z.string(), newest),
})
export type Digest = z.infer<typeof digest>

/** @param points of one server, in any order */
export function digestOf(points: readonly PointOnServer[]): Digest {
  const names = new Map<string, Newest>()
  const counted: string[] = []
  for (const { point, name, stamp, state, damaged, verified, trash, leftOut } of points) {
    if (trash !== null || state === 'incomplete') continue
    counted.push(point)
    if (state !== 'complete') continue
    const known = names.get(name) ?? { good: null, damaged: null }
    names.set(name, known)
    if (damaged) {
      if (!known.damaged || known.damaged.stamp < stamp) known.damaged = { point, stamp }
    } else if (!known.good || known.good.stamp < stamp)
      known.good = { point, stamp, verified: verified !== null, ...(leftOut ? { leftOut } : {}) }
  }
  return { points: counted, names: Object.fromEntries(names) }
}
