import { z } from 'zod'

/** The list of a repository's snapshots, as `index-N` holds it, with nothing that is not used. */
export type Snapshots = {
  snapshots: {
    name: string
    uuid: string
    /** As `SnapshotState` counts; null in lists of before 5.5. */
    state: number | null
    /** ms since 1970 UTC; null in lists of before 7.14. */
    ended: number | null
  }[]
  /** Each with the uuids of the snapshots that hold it. */
  indices: { name: string; snapshots: string[] }[]
}

/** A longer list is none that a Director has: 10 years of days are some 4 MiB. */
export const mostIndexBytes = 16 * 2 ** 20
const mostSnapshots = 20_000
const mostIndices = 100_000

/** Names are shown: without what a terminal or a page could take for something else, and not for ever. */
const shown = z.string().transform(text => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�').slice(0, 300))
const millis = z.number().catch(-1)

/** Of Elasticsearch 5 to 7 and Open Distro; fields that are not named here are of no use. */
const repositoryData = z.object({
  snapshots: z
    .array(
      z.object({
        name: shown,
        uuid: shown,
        state: z.int().nullish(),
        start_time_millis: millis.optional(),
        end_time_millis: millis.optional(),
      }),
    )
    .max(mostSnapshots),
  indices: z.record(
    z.string(),
    z.object({
      // Up to 5.4 the snapshots stood there with their names.
      snapshots: z.array(z.union([z.string(), z.object({ uuid: z.string() })])).max(mostSnapshots),
    }),
  ),
})

/** @returns what is wrong with it, as the end of a sentence, when it cannot be used */
export function decodeSnapshots(bytes: Uint8Array): Snapshots | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return 'is no JSON'
  }
  const checked = repositoryData.safeParse(parsed)
  if (!checked.success) return 'is no list of snapshots'
  const { snapshots, indices } = checked.data
  const names = Object.entries(indices)
  if (names.length > mostIndices) return `names more than ${mostIndices} indices`
  return {
    snapshots: snapshots.map(({ name, uuid, state, start_time_millis: start, end_time_millis: end }) => ({
      ...{ name, uuid, state: state ?? null },
      ended: [end, start].find(time => time !== undefined && time > 0) ?? null,
    })),
    indices: names.map(([name, { snapshots: of }]) => ({
      name,
      snapshots: [...new Set(of.map(one => (typeof one === 'string' ? one : one.uuid)))],
    })),
  }
}
