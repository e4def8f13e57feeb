import { fetchPart } from '../archive/fetch-part.ts'
import type { BackupFile, Manifest } from '../archive/manifest.ts'
import { intentName, manifestName, pointId, removedName } from '../archive/names.ts'
import type { Leftover } from '../backup/destination.ts'
import type { Place } from '../backup/layout.ts'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun, RunRegistry } from '../run/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { emptyPoint } from './found-points.ts'
import { readManifest } from './list-points.ts'
import { refuseBeingWritten } from './under-way.ts'

type Target = { to: string; target: ObjectStore; manifest: Manifest; runs: RunRegistry; now: number }

/**
 * Looks whether a point may be copied to a server, and takes it there with a note of who writes.
 * @returns the files as they lie there when an earlier process of this run had finished; null when there is work
 * @throws EngineError `run.conflict` for a point that is there, in the trash there, or being written there
 */
export async function takeTarget(run: ActiveRun, job: Target): Promise<BackupFile[] | null> {
  const { to, target, manifest, runs, now } = job
  const { plan, stamp } = manifest
  const { signal, resumed } = run
  const [whole, removed] = [
    await target.stat(manifestName(plan, stamp), { signal }),
    await target.stat(removedName(plan, stamp), { signal }),
  ]
  if (removed)
    throw conflict(
      manifest,
      whole
        ? `it is in the trash of ${to}: put it back instead of copying it`
        : `what is left of it is in the trash of ${to}: purge that first`,
    )
  if (whole) {
    // An earlier process of this run may have died right after the last step.
    const there = resumed ? await readManifest(target, plan, stamp, signal) : null
    if (there && JSON.stringify(partsOf(there)) === JSON.stringify(partsOf(manifest))) return there.files
    throw conflict(manifest, `${to} holds this point already`)
  }
  const intent = await target.stat(intentName(plan, stamp), { signal })
  if (!resumed) {
    const found = { ...emptyPoint(plan, stamp), intent }
    await refuseBeingWritten(target, runs, found, { during: 'copy', now, force: false, signal })
  }
  const note = Buffer.from(`${JSON.stringify({ drydockWriting: 1, run: run.id, plan })}\n`)
  try {
    await target.put(intentName(plan, stamp), note, { signal, ifAbsent: !resumed && !intent })
  } catch (err) {
    if (!(err instanceof EngineError && err.code === 'remote.exists')) throw err
    throw conflict(manifest, `another run has just begun to write it to ${to}`)
  }
  return null
}

/**
 * Takes up the volumes that an earlier run, which nobody resumed, has completed on the server. They are read back
 * first: only what is proven to be of this point is kept, and what is not is left for a person to purge.
 * @throws EngineError `run.conflict` for a volume that is something else
 */
export async function takeUpStanding(
  { target, to, manifest }: Pick<Target, 'target' | 'to' | 'manifest'>,
  parts: readonly { size: number; sha256: string; to: Place }[],
  leftover: Leftover,
  run: Pick<ActiveRun, 'signal' | 'checkpoint'>,
): Promise<void> {
  const { signal } = run
  let gap = false
  for (const [volume, own] of Map.groupBy(parts, part => part.to.volume)) {
    // What this run itself knows of needs no proof.
    if (leftover.committed.has(volume) || leftover.tokens.has(volume)) continue
    const { name } = own[0]!.to
    const standing = await target.stat(name, { signal })
    if (!standing) {
      gap = true
      continue
    }
    const other = foreign(manifest, name, to)
    if (gap || standing.size !== own.reduce((sum, { size }) => sum + size, 0)) throw other
    for (const { size, sha256, to: place } of own) {
      await run.checkpoint()
      await fetchPart(target, { name, offset: place.offset, size, sha256 }, signal).catch((err: unknown) => {
        throw err instanceof EngineError && err.code.startsWith('data.') ? other : err
      })
    }
    leftover.committed.add(volume)
  }
}

/** A file without content has no parts to bring. @throws EngineError `run.conflict` for one of that name that has some */
export async function putEmpty(
  { target, to, manifest }: Pick<Target, 'target' | 'to' | 'manifest'>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const standing = await target.stat(name, { signal })
  if (standing && standing.size > 0) throw foreign(manifest, name, to)
  if (!standing) await target.put(name, new Uint8Array(), { signal })
}

const partsOf = ({ files }: Manifest) => files.map(({ name, parts }) => ({ name, parts }))

const conflict = ({ plan, stamp }: Manifest, detail: string): EngineError =>
  new EngineError('run.conflict', 'copy', { subject: pointId(plan, stamp), detail })

const foreign = (manifest: Manifest, name: string, to: string): EngineError =>
  conflict(manifest, `${name} on ${to} is something else: purge what is left of the point first`)
