import { createHash } from 'node:crypto'
import {
  directorComponents,
  directorFileName,
  parseDirectorFile,
} from '../../../../../shared/director-files.ts'
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
import type { ObjectStore, UploadToken } from '../../../store/object-store.ts'

/** Larger ones are copied part by part; then the old copy has to go before the new one can stand there. */
const wholeBytes = 16 * MiB

export type LatestTarget = { name: string; store: ObjectStore }

/** How long a cancel lets copies be replaced before it is told which are of which run, ms. */
const usualHurryMs = 5_000

export type ReplaceLatest = {
  clock: Clock
  /** Called right before the first copy is touched. */
  begun: () => void
  /** Notes what is opened for a large copy; resolves when the disk has it. */
  opened: (name: string, token: UploadToken) => Promise<void>
  /** Hears which copies are of which run when a cancel has come and they are not all replaced soon after. */
  mixed: (words: string) => void
  /** See `usualHurryMs`. */
  hurryMs?: number | undefined
}

/**
 * Replaces the `latest` copies on one server by the five files of a run that lies there whole. All five are read back
 * and proven first; only then is the first copy replaced. Each small copy is replaced at once or not at all. From the
 * first one on, a cancel of the run ends it only after its time for cleaning up: a mixed set is worse than a wait.
 * @throws EngineError when a file cannot be read back or a copy not be written: its `detail` says which copies are new;
 *   the reason of a cancel that came before the first copy
 */
export async function replaceLatest(
  run: ActiveRun,
  target: LatestTarget,
  files: readonly BackupFile[],
  options: ReplaceLatest,
): Promise<void> {
  const { name: server, store } = target
  const small = new Map<BackupFile, Buffer>()
  for (const file of files) {
    await run.checkpoint()
    if (volumesOf(file).length > 1 || volumesOf(file)[0]?.name !== file.name)
      throw new EngineError('remote.limit', 'director.backup', {
        subject: server,
        detail: `${file.name} lies there in volumes, which setup.sh cannot fetch; no latest copy was changed`,
      })
    const bytes = await readBack(store, file, run.signal)
    if (bytes) small.set(file, bytes)
  }
  await run.checkpoint()
  options.begun()
  let replaced = 0
  let absent: string | null = null
  const which = () => {
    if (replaced === 0 && absent === null) return 'the other copies are those of the run before'
    const other = files.length - replaced - (absent === null ? 0 : 1)
    const counts = [
      `${replaced} ${replaced === 1 ? 'copy is' : 'copies are'} of this run`,
      ...(absent === null ? [] : [`${absent} is not there`]),
      `${other} of the run before`,
    ]
    return `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}: use the files with a stamp`
  }
  const grace = new Grace(run, options.hurryMs ?? usualHurryMs, () => options.mixed(which()))
  const { signal } = grace
  try {
    for (const file of files) {
      const latest = directorFileName(file.component as DirectorComponent, 'latest')
      try {
        const bytes = small.get(file)
        if (bytes) await store.put(latest, bytes, { signal })
        else {
          await store.remove(latest, { signal })
          absent = latest
          await copyLarge(target, { file, latest, signal }, options)
          absent = null
        }
        const there = await store.stat(latest, { signal })
        if (there?.size !== file.size)
          throw new EngineError('data.damaged', 'director.backup', {
            subject: latest,
            detail: `has ${there?.size ?? 0} bytes instead of ${file.size}`,
          })
      } catch (err) {
        const { code, detail } = err instanceof EngineError ? err : { code: 'internal' as const, detail: '' }
        const why = signal.aborted ? 'the run was cancelled, and its time was over' : (detail ?? code)
        throw new EngineError(code, 'director.backup', {
          subject: latest,
          detail: `${why}; ${which()}`,
          cause: err,
        })
      }
      replaced += 1
    }
  } finally {
    grace.end()
  }
}

/** Work that a cancel lets end, for as long as the run has to clean up. */
class Grace {
  readonly #late = new AbortController()
  readonly #run: ActiveRun
  readonly #hurryMs: number
  readonly #slow: () => void
  #timer: NodeJS.Timeout | undefined
  readonly #cancelled = () => {
    const { reason } = this.#run.signal as { reason: unknown }
    this.#run.cleanupSignal().addEventListener('abort', () => this.#late.abort(reason), { once: true })
    this.#timer = setTimeout(this.#slow, this.#hurryMs)
  }

  /** @param slow called once when it still goes on that long after a cancel: the end may come too late to tell */
  constructor(run: ActiveRun, hurryMs: number, slow: () => void) {
    this.#run = run
    this.#hurryMs = hurryMs
    this.#slow = slow
    run.signal.addEventListener('abort', this.#cancelled, { once: true })
    if (run.signal.aborted) this.#cancelled()
  }

  get signal(): AbortSignal {
    return this.#late.signal
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#run.signal.removeEventListener('abort', this.#cancelled)
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

/** The old copy has gone before. What is left of one that is given up is removed. */
async function copyLarge(
  { name, store }: LatestTarget,
  { file, latest, signal }: { file: BackupFile; latest: string; signal: AbortSignal },
  { clock, opened }: ReplaceLatest,
): Promise<void> {
  const to = new Destination({
    ...{ name, store, signal },
    monotonic: () => clock.monotonic(),
    events: {
      opened: (_, object, token) => opened(object, token),
      acknowledged: () => {},
      committed: async () => {},
    },
  })
  const placed = partPlaces(file).map(({ index, offset, size, sha256 }) => {
    const place = { volume: 0, name: file.name, index, offset }
    return { size, sha256, place, to: { ...place, name: latest } }
  })
  try {
    // A cancel lets it end, and these runs cannot be paused.
    await copyFile(store, to, placed, { signal, checkpoint: async () => signal.throwIfAborted() })
  } catch (err) {
    await to.leave('remove')
    throw err
  }
}
