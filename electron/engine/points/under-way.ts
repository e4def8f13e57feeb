import { z } from 'zod'
import { parseName, parsePoint } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { RunRegistry, StoredRun } from '../run/index.ts'
import { isUnderWay, readJournal } from '../run/index.ts'
import type { ObjectStore, UploadToken } from '../store/object-store.ts'
import { join } from 'node:path'
import type { FoundPoint } from './found-points.ts'
import { maxMarkerBytes } from './markers.ts'

/** A note of a run that this machine does not know counts as that of a living one for so long, ms. */
const strangersRunMs = 7 * 24 * 3_600_000

const reading = z.object({ point: z.string(), server: z.string().optional(), from: z.string().optional() })
const writing = z.object({ run: z.string().optional(), host: z.string().optional() })
const toServers = z.object({ servers: z.array(z.string()).optional(), to: z.string().optional() })
const openLine = z.object({
  t: z.literal('open'),
  server: z.string().optional(),
  name: z.string(),
  token: z.record(z.string(), z.union([z.string(), z.number()])),
})

/** Points on `server` that a run of this machine reads now. */
export async function pointsInUse(runs: RunRegistry, server: string): Promise<Map<string, StoredRun>> {
  const used = new Map<string, StoredRun>()
  for (const record of (await runs.list()).records) {
    const options = isUnderWay(record) ? reading.safeParse(record.options) : null
    if (options?.success && (options.data.server ?? options.data.from) === server)
      used.set(options.data.point, record)
  }
  return used
}

/** @throws EngineError `run.conflict` when a run reads the point there */
export function refuseInUse(used: ReadonlyMap<string, StoredRun>, point: string, during: string): void {
  const run = used.get(point)
  if (run)
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `the ${run.kind} ${run.id} is reading it`,
    })
}

/**
 * Refuses a point that a run is writing: one of this machine that lives, or one of another machine whose note is
 * younger than a week and which nobody can ask. An interrupted run of this machine is none.
 * @throws EngineError `run.conflict`
 */
export async function refuseBeingWritten(
  store: ObjectStore,
  runs: RunRegistry,
  { point, intent, manifest }: FoundPoint,
  options: { during: string; now: number; force: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  // A note beside a manifest was only left behind: the manifest is written last.
  if (!intent || manifest) return
  const { during, now, force, signal } = options
  const note = await readNote(store, intent.name, intent.size, signal)
  const run = note?.run === undefined ? null : await runs.get(note.run).catch(() => null)
  if (run && isUnderWay(run))
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `the ${run.kind} ${run.id} is writing it`,
    })
  if (run || force) return
  const age = now - (intent.modified ?? now)
  if (age < strangersRunMs)
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `a run${note?.host ? ` on ${note.host}` : ' of another machine'} may be writing it: its note is younger than a week`,
    })
}

/**
 * Gives up the uploads that runs of this machine began for a point on `server` and that none of them works on now.
 * What another machine left is the server's to expire.
 */
export async function giveUpUploads(
  store: ObjectStore,
  runs: RunRegistry,
  server: string,
  point: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { plan, stamp } = parsePoint(point)
  for (const record of (await runs.list()).records) {
    if ((record.kind !== 'backup' && record.kind !== 'copy') || isUnderWay(record)) continue
    if (record.state === 'succeeded' && record.problems === 0) continue
    const to = toServers.safeParse(record.options)
    if (!to.success || !(to.data.servers?.includes(server) || to.data.to === server)) continue
    const tokens = new Map<string, { name: string; token: UploadToken }>()
    for await (const raw of readJournal(join(runs.folderOf(record.id), 'journal.jsonl'))) {
      const line = openLine.safeParse(raw)
      if (!line.success || (line.data.server ?? server) !== server) continue
      const known = parseName(line.data.name)
      if (known?.plan === plan && known.stamp === stamp) tokens.set(line.data.name, line.data)
    }
    for (const { name, token } of tokens.values()) await giveUp(store, name, token, signal)
  }
}

async function giveUp(
  store: ObjectStore,
  name: string,
  token: UploadToken,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const upload = await store.upload(name, { resume: token, signal })
    await upload.abort()
  } catch {
    signal?.throwIfAborted() // Completed, expired or given up before: then nothing is under way.
  }
}

async function readNote(
  store: ObjectStore,
  name: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<z.infer<typeof writing> | null> {
  if (size > maxMarkerBytes) return null
  try {
    const pieces: Uint8Array[] = []
    for await (const piece of store.read(name, { offset: 0, length: size }, { signal })) pieces.push(piece)
    return writing.parse(JSON.parse(Buffer.concat(pieces).toString('utf8')))
  } catch {
    signal?.throwIfAborted()
    return null
  }
}
