import { z } from 'zod'
import { fetchEntryList } from '../archive/entry-list-reader.ts'
import type { BackupFile, Manifest } from '../archive/manifest.ts'
import { encodeManifest, volumesOf } from '../archive/manifest.ts'
import { intentName, manifestName } from '../archive/names.ts'
import { copyFile } from '../backup/copy-file.ts'
import { Destination, Leftover } from '../backup/destination.ts'
import { VolumeLayout, volumeLimits } from '../backup/layout.ts'
import { restoreText } from '../backup/restore-text.ts'
import { storeLocalFile } from '../backup/store-local-file.ts'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun, RunRegistry } from '../run/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { asItLies } from './as-it-lies.ts'
import { putEmpty, takeTarget, takeUpStanding } from './copy-target.ts'
import { giveUpUploads } from './under-way.ts'

export type CopyOutcome = { point: string; from: string; to: string; bytes: number; files: number }

const line = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('open'),
    file: z.string(),
    volume: z.number(),
    name: z.string(),
    token: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.object({ t: z.literal('commit'), file: z.string(), volume: z.number() }),
])

/**
 * Copies a point from one server to another, every part proven on the way, the manifest last. Volumes are cut anew
 * where the other server's limit asks for it. A resume goes on where the other server confirms it was; a run started
 * anew keeps what an earlier one completed there, once it is proven.
 */
export async function runCopy(
  run: ActiveRun,
  job: {
    point: string
    from: string
    to: string
    source: ObjectStore
    target: ObjectStore
    manifest: Manifest
    /** Who else may be writing it. */
    runs: RunRegistry
    /** ms since 1970 UTC. */
    now: number
    monotonic: () => number
  },
): Promise<{ outcome: CopyOutcome }> {
  const { manifest, source, target } = job
  const { signal } = run
  const there = await takeTarget(run, job)
  if (there) return done(there)
  const leftovers = await readLeftovers(run)
  run.progress({ phase: 'copying', total: manifest.files.reduce((sum, file) => sum + file.size, 0) })
  let bytes = 0
  const files: BackupFile[] = []
  for (const file of manifest.files) {
    files.push(await copyOne(file))
    const list = await fetchEntryList(source, file, run.scratch, signal)
    await storeLocalFile(target, file.entries.name, list, signal)
    bytes += file.size
  }
  const { plan, stamp } = manifest
  // Files as a vendor's tool wrote them are restored by that tool, as their manifest tells.
  const restore = asItLies({ stamp, files }) ? manifest.restore : restoreText(files)
  const content = encodeManifest({ ...manifest, files, restore })
  await target.put(manifestName(plan, stamp), content, { signal })
  await target.remove(intentName(plan, stamp), { signal }).catch(() => {})
  // What runs that failed had begun is of no use now.
  await giveUpUploads(target, job.runs, job.to, job.point, signal).catch(() => {})
  return done(files)

  function done(copied: BackupFile[]): { outcome: CopyOutcome } {
    const { point, from, to } = job
    const sum = (what: (file: BackupFile) => number) => copied.reduce((total, file) => total + what(file), 0)
    return {
      outcome: { point, from, to, bytes: sum(file => file.size), files: sum(file => file.entries.files) },
    }
  }

  async function copyOne(file: BackupFile): Promise<BackupFile> {
    const layout = new VolumeLayout(file.name, volumeLimits([target.limits]), file.size)
    const parts = sourceParts(file)
    const placed = parts.map(part => ({ ...part, to: layout.place(part.size) }))
    if (placed.length === 0) {
      await putEmpty(job, file.name, signal)
      return file
    }
    const { forManifest } = layout
    const leftover = leftovers.get(file.name) ?? new Leftover()
    await takeUpStanding(job, placed, leftover, run)
    const destination = new Destination({
      name: job.to,
      store: target,
      signal,
      monotonic: job.monotonic,
      leftover,
      events: {
        opened: (volume, name, token) =>
          run.journal.append({ t: 'open', file: file.name, volume, name, token }, { sync: true }),
        acknowledged: (_, acknowledged) => run.progress({ bytes: bytes + acknowledged }),
        committed: volume => run.journal.append({ t: 'commit', file: file.name, volume }, { sync: true }),
      },
    })
    try {
      await copyFile(source, destination, placed, { signal, checkpoint: () => run.checkpoint() })
    } catch (err) {
      await destination.leave('keep')
      throw err
    }
    const { volumes: _, ...rest } = file
    return { ...rest, ...(forManifest ? { volumes: forManifest } : {}) }
  }
}

/** Where each part lies on the source. */
function sourceParts(file: BackupFile) {
  const parts: {
    size: number
    sha256: string
    place: { volume: number; name: string; index: number; offset: number }
  }[] = []
  let index = 0
  for (const [number, volume] of volumesOf(file).entries()) {
    let offset = 0
    for (let own = 0; own < volume.parts; own++) {
      const { size, sha256 } = file.parts[index++]!
      parts.push({ size, sha256, place: { volume: number, name: volume.name, index: own, offset } })
      offset += size
    }
  }
  return parts
}

async function readLeftovers(run: ActiveRun): Promise<Map<string, Leftover>> {
  const leftovers = new Map<string, Leftover>()
  if (!run.resumed) return leftovers
  for await (const raw of run.readJournal()) {
    const parsed = line.safeParse(raw)
    if (!parsed.success)
      throw new EngineError('data.format', 'run.resume', {
        detail: 'the run’s journal is not one of a copy',
        cause: parsed.error,
      })
    const item = parsed.data
    const leftover = leftovers.get(item.file) ?? new Leftover()
    leftovers.set(item.file, leftover)
    if (item.t === 'open') leftover.tokens.set(item.volume, { name: item.name, token: item.token })
    else leftover.committed.add(item.volume)
  }
  return leftovers
}
