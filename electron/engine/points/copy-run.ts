import { join } from 'node:path'
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
import type { ActiveRun } from '../run/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readManifest } from './list-points.ts'

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
 * where the other server's limit asks for it. A resume goes on where the other server confirms it was.
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
    monotonic: () => number
  },
): Promise<{ outcome: CopyOutcome }> {
  const { manifest, source, target } = job
  const { signal } = run
  const manifestObject = manifestName(manifest.plan, manifest.stamp)
  if (await target.stat(manifestObject, { signal })) {
    // An earlier process of this run may have died right after the last step.
    const there = run.resumed ? await readManifest(target, manifest.plan, manifest.stamp, signal) : null
    if (there && JSON.stringify(partsOf(there)) === JSON.stringify(partsOf(manifest)))
      return done(there.files)
    throw new EngineError('run.conflict', 'copy', {
      subject: job.point,
      detail: `${job.to} holds this point already`,
    })
  }
  const leftovers = await readLeftovers(run)
  run.progress({ phase: 'copying', total: manifest.files.reduce((sum, file) => sum + file.size, 0) })
  const note = Buffer.from(`${JSON.stringify({ drydockWriting: 1, run: run.id, plan: manifest.plan })}\n`)
  await target.put(intentName(manifest.plan, manifest.stamp), note, { signal })
  let bytes = 0
  const files: BackupFile[] = []
  for (const file of manifest.files) {
    files.push(await copyOne(file))
    const list = await fetchEntryList(source, file, join(run.folder, 'lists'), signal)
    await storeLocalFile(target, file.entries.name, list, signal)
    bytes += file.size
  }
  await target.put(manifestObject, encodeManifest({ ...manifest, files, restore: restoreText(files) }), {
    signal,
  })
  await target.remove(intentName(manifest.plan, manifest.stamp), { signal }).catch(() => {})
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
    const { forManifest } = layout
    const destination = new Destination({
      name: job.to,
      store: target,
      signal,
      monotonic: job.monotonic,
      leftover: leftovers.get(file.name) ?? new Leftover(),
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

const partsOf = ({ files }: Manifest) => files.map(({ name, parts }) => ({ name, parts }))

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
