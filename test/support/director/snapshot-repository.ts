import { createHash } from 'node:crypto'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * A generator of what Elasticsearch 7 leaves in a snapshot repository, after its documented format. Only the names, the
 * list of snapshots and `index.latest` are real; metadata and shards are noise, because nobody may open them.
 */
export type RepositoryWish = {
  /** Each is a snapshot of the day before, as the vendor takes them, at this instant (ISO 8601 UTC). */
  snapshots: { at: string; state?: number; days?: string[] }[]
  /** N of the newest `index-N`. */
  generation: number
  /** Older lists that were left behind. */
  older?: number[]
  /** Whether the list tells times, as from 7.14 on. */
  times?: boolean
  /** What the names of indices end with: `2026.11.18`, `2026-11-18`, `20261118`. */
  separator?: '.' | '-' | ''
  /** What `index.latest` says; null: it is not there. */
  latest?: number | null
}

export type RepositoryFile = { path: string; bytes: Buffer; modified: Date }

export function snapshotRepository(wish: RepositoryWish): RepositoryFile[] {
  const { snapshots, generation, older = [], times = true, separator = '.', latest = generation } = wish
  const files: RepositoryFile[] = []
  const last = new Date(snapshots.at(-1)?.at ?? '2026-11-20T00:00:00Z')
  const add = (path: string, bytes: Buffer, modified = last) => files.push({ path, bytes, modified })
  const indices: Record<string, { id: string; snapshots: string[]; shard_generations: string[] }> = {}
  const listed = snapshots.map(({ at, state = 1, days }) => {
    const time = Date.parse(at)
    const uuid = idOf(`snapshot ${at}`)
    const own = days ?? [new Date(time - 24 * 3600_000).toISOString().slice(0, 10)]
    for (const day of own)
      for (const name of ['flow', 'event']) {
        const full = `analytics-${name}-${day.replaceAll('-', separator)}`
        const index = (indices[full] ??= {
          id: idOf(full),
          snapshots: [],
          shard_generations: [idOf(`g ${full}`)],
        })
        index.snapshots.push(uuid)
        add(`indices/${index.id}/0/__${uuid}`, Buffer.alloc(500, 1), new Date(time))
      }
    add(`snap-${uuid}.dat`, Buffer.from('noise'), new Date(time))
    add(`meta-${uuid}.dat`, Buffer.from('noise'), new Date(time))
    return {
      ...{ name: `daily-${at.slice(0, 10)}`, uuid, state, index_metadata_lookup: {}, version: '7.10.2' },
      ...(times ? { start_time_millis: time - 60_000, end_time_millis: time } : {}),
    }
  })
  const whole = { min_version: '7.9.0', snapshots: listed, indices, index_metadata_identifiers: {} }
  for (const n of older)
    add(`index-${n}`, Buffer.from(JSON.stringify({ ...whole, snapshots: listed.slice(0, -1), indices: {} })))
  add(`index-${generation}`, Buffer.from(JSON.stringify(whole)))
  if (latest !== null) {
    const eight = Buffer.alloc(8)
    eight.writeBigInt64BE(BigInt(latest))
    add('index.latest', eight)
  }
  return files
}

/** Puts one into a folder, with the times of its snapshots. */
export async function writeRepository(folder: string, files: readonly RepositoryFile[]): Promise<void> {
  for (const { path, bytes, modified } of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
    await utimes(file, modified, modified)
  }
}

/** As Elasticsearch makes them: 22 letters of base64 for URLs, the same for the same seed. */
const idOf = (seed: string): string => createHash('sha256').update(seed).digest('base64url').slice(0, 22)
