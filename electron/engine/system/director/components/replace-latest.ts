import { createHash } from 'node:crypto'
import { directorComponents, directorFileName, parseDirectorFile } from '../../../../../shared/director-files.ts'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { MiB } from '../../../../../shared/units.ts'
import { parseName } from '../../../archive/names.ts'
import { fetchPart, partPlaces } from '../../../archive/fetch-part.ts'
import type { BackupFile } from '../../../archive/manifest.ts'
import { volumesOf } from '../../../archive/manifest.ts'
import { copyFile } from '../../../backup/copy-file.ts'
import { Destination } from '../../../backup/destination.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'

/** Larger ones are copied part by part; then the old copy has to go before the new one can stand there. */
const wholeBytes = 16 * MiB

export type LatestTarget = { name: string; store: ObjectStore }

/**
 * Replaces the `latest` copies on one server by the five files of a run that lies there whole. All five are read back
 * and proven first; only then is the first copy replaced. Each small copy is replaced at once or not at all.
 * @throws EngineError when a file cannot be read back or a copy not be written: its `detail` says which copies are new
 */
export async function replaceLatest(
  run: ActiveRun,
  { name: server, store }: LatestTarget,
  files: readonly BackupFile[],
  clock: Clock,
): Promise<void> {
  const { signal } = run
  const small = new Map<BackupFile, Buffer>()
  for (const file of files) {
    await run.checkpoint()
    if (volumesOf(file).length > 1 || volumesOf(file)[0]?.name !== file.name)
      throw new EngineError('remote.limit', 'director.backup', {
        subject: server,
        detail: `${file.name} lies there in volumes, which setup.sh cannot fetch; no latest copy was changed`,
      })
    const bytes = await readBack(store, file, signal)
    if (bytes) small.set(file, bytes)
  }
  const replaced: string[] = []
  for (const file of files) {
    const latest = directorFileName(file.component as DirectorComponent, 'latest')
    try {
      const bytes = small.get(file)
      if (bytes) await store.put(latest, bytes, { signal })
      else await copyLarge(run, { name: server, store }, { file, latest, clock })
      const there = await store.stat(latest, { signal })
      if (there?.size !== file.size)
        throw new EngineError('data.damaged', 'director.backup', {
          subject: latest,
          detail: `has ${there?.size ?? 0} bytes instead of ${file.size}`,
        })
    } catch (err) {
      signal.throwIfAborted()
      const { code, detail } = err instanceof EngineError ? err : { code: 'internal' as const, detail: '' }
      const other = files.length - replaced.length
      throw new EngineError(code, 'director.backup', {
        subject: latest,
        detail: `${detail ?? code}; ${replaced.length === 0 ? 'the other copies are those of the run before' : `${replaced.length} copies are of this run and ${other} of the run before: use the files with a stamp`}`,
        cause: err,
      })
    }
    replaced.push(latest)
  }
}

/**
 * The newest other run after `stamp` that lies whole on the server and not in the trash, by its stamp; null when there
 * is none. Its copies are not to be replaced by older ones.
 */
export async function newerRun(
  store: ObjectStore,
  stamp: string,
  signal: AbortSignal,
): Promise<string | null> {
  const newer = new Map<string, number>()
  const removed = new Set<string>()
  for await (const { name } of store.list('', { signal })) {
    const known = parseName(name)
    if (known?.kind === 'removed') removed.add(known.stamp)
    const own = parseDirectorFile(name)?.stamp.slice(0, 15)
    if (own === undefined || own === 'latest' || own <= stamp.slice(0, 15)) continue
    newer.set(own, (newer.get(own) ?? 0) + 1)
  }
  const whole = [...newer].filter(
    ([own, count]) => count >= directorComponents.length && !removed.has(`${own}Z`),
  )
  return (
    whole
      .map(([own]) => own)
      .sort()
      .at(-1) ?? null
  )
}

/** Proves it part by part. @returns its bytes when they are few */
async function readBack(store: ObjectStore, file: BackupFile, signal: AbortSignal): Promise<Buffer | null> {
  const whole = createHash('sha256')
  const kept: Buffer[] = []
  for (const place of partPlaces(file)) {
    const part = await fetchPart(store, place, signal)
    whole.update(part)
    if (file.size <= wholeBytes) kept.push(part)
  }
  if (file.sha256 !== null && whole.digest('hex') !== file.sha256)
    throw new EngineError('data.damaged', 'director.backup', { subject: file.name })
  return file.size <= wholeBytes ? Buffer.concat(kept) : null
}

async function copyLarge(
  run: ActiveRun,
  { name, store }: LatestTarget,
  { file, latest, clock }: { file: BackupFile; latest: string; clock: Clock },
): Promise<void> {
  const { signal } = run
  await store.remove(latest, { signal })
  const to = new Destination({
    ...{ name, store, signal },
    monotonic: () => clock.monotonic(),
    events: { opened: async () => {}, acknowledged: () => {}, committed: async () => {} },
  })
  const placed = partPlaces(file).map(({ index, offset, size, sha256 }) => {
    const place = { volume: 0, name: file.name, index, offset }
    return { size, sha256, place, to: { ...place, name: latest } }
  })
  try {
    await copyFile(store, to, placed, { signal, checkpoint: () => run.checkpoint() })
  } catch (err) {
    await to.leave('remove')
    throw err
  }
}
