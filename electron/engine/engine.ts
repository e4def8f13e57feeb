import { hash } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import type { z } from 'zod'
import type { Failure } from '../../shared/failure.ts'
import type { DecryptWith } from './archive/age/key.ts'
import { fetchEntryList, readEntryList } from './archive/entry-list-reader.ts'
import type { Entry } from './archive/entry.ts'
import type { BackupFile } from './archive/manifest.ts'
import type { RawPath } from './archive/raw-path.ts'
import { manifestName, parsePoint } from './archive/names.ts'
import { runBackup } from './backup/backup-run.ts'
import type { BackupOptions } from './backup/options.ts'
import { backupOptions } from './backup/options.ts'
import { EngineError } from './engine-error.ts'
import { asItLies } from './points/as-it-lies.ts'
import { runCopy } from './points/copy-run.ts'
import type { VerifySecret } from './points/decryption-check.ts'
import { listPoints } from './points/find-points.ts'
import { readManifest } from './points/list-points.ts'
import type { PointPlaces } from './points/on-server.ts'
import { onlyFile } from './points/only-file.ts'
import { openPoint } from './points/open-point.ts'
import type { EntryFilter, OpenedPoint, PointInfo } from './points/point.ts'
import { vendorEntry, vendorFilesOf, vendorName } from './points/vendor-point.ts'
import { runVendorVerify } from './points/vendor-verify.ts'
import { VerifiedBook } from './points/verified-book.ts'
import { runVerify } from './points/verify-run.ts'
import type { Clock, Log } from './ports.ts'
import { noLog, systemClock } from './ports.ts'
import { noteReadFrom } from './proof/index.ts'
import { keptSecret } from './restore/kept-secret.ts'
import { decisionsOf } from './restore/preview.ts'
import type { LedgerLine, RestoreOptions } from './restore/options.ts'
import { restoreOptions } from './restore/options.ts'
import { runRestore } from './restore/restore-run.ts'
import { runVendorRestore, vendorDecisions } from './restore/vendor-restore.ts'
import type { ActiveRun, StartedRun } from './run/index.ts'
import { RunRegistry, startRun } from './run/index.ts'
import type { CopyOptions, VerifyOptions } from './run-options.ts'
import { copyOptions, verifyOptions } from './run-options.ts'
import { startPlanned, usualCleanupMs } from './schedule/plan-run.ts'
import { globMatcher } from './source/files/exclude.ts'
import { Servers } from './servers.ts'
import type { ObjectStore } from './store/object-store.ts'
import { requireNoVendor } from './store/vendor-place.ts'
import type { HostKeyQuestion, ServerRecord } from './store/server-record.ts'
import { Directors } from './system/director/index.ts'
import type { Vault } from './vault/index.ts'
import { statusOf } from './vault/index.ts'

export type EngineOptions = {
  /** The state folder, absolute. */
  home: string
  env: Readonly<Record<string, string | undefined>>
  vault: Vault
  version: string
  clock?: Clock
  log?: Log
  /** Takes secrets out of text that reaches a run's files. */
  mask?: (text: string) => string
  /** Asks a person about an unknown host key; absent when nobody can be asked. */
  confirmHostKey?: (question: HostKeyQuestion) => Promise<boolean>
  /** Told of a secret before it is used for anything, so that `mask` knows it. */
  learn?: (secret: unknown) => void
  /** Secrets given for this process only; they come before those of the vault. */
  secretsFor?: (server: ServerRecord) => unknown
}

export type { CopyOptions, VerifyOptions }

export type PointList = {
  points: PointInfo[]
  failed: { server: string; failure: Failure }[]
  /** Incomplete points that were found and are not among `points`, because nobody asked for `all`. */
  hidden: number
}

export const createEngine = (options: EngineOptions): Engine => new Engine(options)

/** Everything Drydock does, without a shell around it. One per process. */
export class Engine {
  readonly servers: Servers
  readonly runs: RunRegistry
  private readonly options: EngineOptions
  private readonly clock: Clock
  private readonly verified: VerifiedBook
  private readonly cache: string
  /** What the functions of points/, retention/ and overview/ work on. */
  readonly places: PointPlaces
  readonly directors: Directors

  constructor(options: EngineOptions) {
    this.options = options
    this.clock = options.clock ?? systemClock
    this.servers = new Servers({ ...options, log: options.log ?? noLog })
    this.runs = new RunRegistry(options.home)
    this.verified = new VerifiedBook(options.home)
    this.cache = join(options.home, 'cache')
    const { home, version, log = noLog } = options
    const { servers, verified, runs, clock } = this
    this.places = { servers, verified, runs, home, clock, version, log }
    this.directors = new Directors({
      ...{ servers, runs, home, clock, version, log },
      ...{ env: options.env, vault: options.vault, mask: options.mask, learn: options.learn },
      ...{ confirmHostKey: options.confirmHostKey, vaultStatus: () => statusOf(options.vault) },
      start: (request, body, own) =>
        startRun(this.runs, request, body, { ...this.runDeps(usualCleanupMs), ...own }),
    })
  }

  readonly points = {
    /** The points of all servers, or of one, newest first. A server that cannot be asked is named, not fatal. */
    list: (
      filter: { server?: string; name?: string; all?: boolean; trash?: boolean },
      signal?: AbortSignal,
    ): Promise<PointList> =>
      listPoints({ servers: this.servers, verified: this.verified, home: this.options.home }, filter, signal),

    /** @throws EngineError `data.missing` when no server that answers holds it complete */
    open: (point: string, options: { server?: string; signal?: AbortSignal } = {}): Promise<OpenedPoint> =>
      openPoint(this.servers, parsePoint(point), options),

    /** Entries in the order of the archive. `secret` is needed for an encrypted point. */
    entries: (
      point: OpenedPoint,
      filter: EntryFilter,
      secret?: DecryptWith,
      signal?: AbortSignal,
    ): AsyncIterable<Entry> => this.entries(point, filter, secret, signal),
  }

  async startBackup(raw: BackupOptions, passphrase?: string): Promise<StartedRun> {
    const options = this.check(backupOptions, raw, 'backup.start')
    for (const name of options.servers) await this.servers.get(name)
    const about = `${options.plan} → ${options.servers.join(', ')}`
    const body = (run: ActiveRun) => this.backup(run, options, passphrase)
    return await startPlanned(this.options.home, options, body, (planned, cleanupMs) =>
      this.start('backup', about, options, planned, cleanupMs),
    )
  }

  async startRestore(raw: RestoreOptions, secret?: DecryptWith): Promise<StartedRun> {
    const options = this.check(restoreOptions, raw, 'restore.start')
    checkTarget(options)
    return this.start(
      'restore',
      `${options.point} from ${options.server} → ${options.into ?? 'where it came from'}`,
      options,
      run => this.restore(run, options, secret),
    )
  }

  /** A dry run: what would happen, entry by entry; nothing is written. */
  async *previewRestore(
    raw: RestoreOptions,
    secret?: DecryptWith,
    signal?: AbortSignal,
  ): AsyncGenerator<LedgerLine> {
    const options = this.check(restoreOptions, raw, 'restore.preview')
    checkTarget(options)
    const point = await this.reopen(options.point, options.server, signal)
    if (point.vendor) return yield* vendorDecisions(point.vendor.map(vendorEntry), options)
    const lying = asItLies(point.manifest)
    if (lying) return yield* vendorDecisions(lying, options)
    const file = onlyFile(point)
    yield* decisionsOf(await this.list(point, file, signal), file, options, secret)
  }

  /** @param secret proves that a point that is read back decrypts too; it is never needed, and kept nowhere */
  async startVerify(raw: VerifyOptions, secret?: VerifySecret): Promise<StartedRun> {
    const options = this.check(verifyOptions, raw, 'verify.start')
    return this.start('verify', `${options.point} on ${options.server}`, options, run =>
      this.verify(run, options, secret),
    )
  }

  async startCopy(raw: CopyOptions): Promise<StartedRun> {
    const options = this.check(copyOptions, raw, 'copy.start')
    if (options.from === options.to)
      throw new EngineError('input.invalid', 'copy.start', {
        subject: options.to,
        detail: 'source and target are the same server',
      })
    await this.servers.get(options.to)
    return this.start('copy', `${options.point} from ${options.from} → ${options.to}`, options, run =>
      this.copy(run, options),
    )
  }

  /** Takes up an interrupted, failed or cancelled run, with its id and all its options. */
  async resume(id: string, secret?: DecryptWith): Promise<StartedRun> {
    const record = await this.runs.get(id)
    if (record.kind.startsWith('director-')) return await this.directors.resume(record)
    const body = this.bodyOf(record.kind, record.options, secret)
    const request = { resumeOf: record.id }
    return await startPlanned(this.options.home, record.options, body, (planned, cleanupMs) =>
      startRun(this.runs, request, planned, this.runDeps(cleanupMs)),
    )
  }

  async close(): Promise<void> {
    await this.servers.close()
  }

  private bodyOf(
    kind: string,
    raw: unknown,
    secret: DecryptWith | undefined,
  ): (run: ActiveRun) => Promise<{ outcome: unknown }> {
    switch (kind) {
      case 'backup': {
        const options = this.check(backupOptions, raw, 'run.resume')
        return run => this.backup(run, options, secret?.passphrase)
      }
      case 'restore': {
        const options = this.check(restoreOptions, raw, 'run.resume')
        return run => this.restore(run, options, secret)
      }
      case 'verify': {
        const options = this.check(verifyOptions, raw, 'run.resume')
        return run => this.verify(run, options, secret)
      }
      default: {
        const options = this.check(copyOptions, raw, 'run.resume')
        return run => this.copy(run, options)
      }
    }
  }

  private async backup(run: ActiveRun, options: BackupOptions, passphrase: string | undefined) {
    const { vault, version, home } = this.options
    const { records } = await this.servers.list()
    const folders = records.flatMap(record => (record.type === 'local' ? [record.path] : []))
    const openServer = (name: string, active: ActiveRun) => this.servers.openFor(active, name, options.limit)
    return await runBackup(
      run,
      options,
      {
        ...{ openServer, vault, version, clock: this.clock, never: [home, ...folders] },
        analytics: source => this.directors.analytics(run, source),
      },
      passphrase,
    )
  }

  private async restore(run: ActiveRun, options: RestoreOptions, given: DecryptWith | undefined) {
    const store = await this.servers.openFor(run, options.server, options.limit)
    try {
      run.progress({ phase: 'reading the entry list' })
      const { plan: name, stamp } = parsePoint(options.point)
      let sha256: string | null = null
      const tap = (raw: Uint8Array) => void (sha256 = hash('sha256', raw))
      const manifest = await this.manifestOf(store, name, stamp, run.signal, tap)
      await noteReadFrom(run, await this.servers.get(options.server), manifest, sha256)
      if (!manifest) {
        const files = await vendorFilesOf(store, stamp, run.signal)
        return await runVendorRestore(run, options, { store, entries: files.map(vendorEntry) })
      }
      const lying = asItLies(manifest)
      if (lying) return await runVendorRestore(run, options, { store, entries: lying })
      const file = onlyFile({ point: options.point, server: options.server, manifest })
      const secret = await keptSecret(this.options.vault, run, file, given)
      const list = await fetchEntryList(store, file, this.cache, run.signal)
      const result = await runRestore(run, options, { store, file, list, secret })
      if (file.encryption) await this.options.vault.remove(`run:${run.id}`)
      return result
    } catch (err) {
      // A wrong one is not worth keeping: a resume would try it again instead of asking.
      if (err instanceof EngineError && err.code === 'auth.passphrase')
        await this.options.vault.remove(`run:${run.id}`)
      throw err
    } finally {
      await store.close()
    }
  }

  /** Null for files that a vendor's own tool made. */
  private async manifestOf(
    store: ObjectStore,
    name: string,
    stamp: string,
    signal: AbortSignal,
    raw?: (bytes: Uint8Array) => void,
  ) {
    // A plan of ours may bear that name as well.
    if (name === vendorName && !(await store.stat(manifestName(name, stamp), { signal }))) return null
    return await readManifest(store, name, stamp, signal, raw)
  }

  private async verify(run: ActiveRun, options: VerifyOptions, secret: VerifySecret | undefined) {
    const { point, server, deep } = options
    const store = await this.servers.openFor(run, server, options.limit)
    try {
      const { plan: name, stamp } = parsePoint(point)
      const manifest = await this.manifestOf(store, name, stamp, run.signal)
      const job = { point, server, deep, store }
      const result = manifest
        ? await runVerify(run, { ...job, manifest, secret })
        : await runVendorVerify(run, {
            ...{ ...job, files: await vendorFilesOf(store, stamp, run.signal) },
            adopted: await this.directors.adoptions.find(server, stamp, run.signal),
          })
      if (deep) await this.verified.note(server, point, new Date(this.clock.now()).toISOString())
      return result
    } catch (err) {
      if (err instanceof EngineError && err.code.startsWith('data.'))
        await this.verified.noteDamaged(server, point, new Date(this.clock.now()).toISOString())
      throw err
    } finally {
      await store.close()
    }
  }

  private async copy(run: ActiveRun, options: CopyOptions) {
    const source = await this.servers.openFor(run, options.from, options.limit)
    const target = await this.servers.openFor(run, options.to, options.limit)
    try {
      const { plan: name, stamp } = parsePoint(options.point)
      const manifest = await readManifest(source, name, stamp, run.signal)
      await requireNoVendor(target, options.to, run.signal)
      return await runCopy(run, {
        ...options,
        source,
        target,
        manifest,
        runs: this.runs,
        now: this.clock.now(),
        monotonic: () => this.clock.monotonic(),
      })
    } finally {
      await Promise.allSettled([source.close(), target.close()])
    }
  }

  private async *entries(
    point: OpenedPoint,
    { under, only }: EntryFilter,
    secret: DecryptWith | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Entry> {
    const chosen = only && only.length > 0 ? globMatcher(only, 'entries.read') : () => true
    const matches = (path: RawPath) =>
      (under === undefined || under === '' || path === under || path.startsWith(`${under}/`)) && chosen(path)
    for (const entry of point.vendor?.map(vendorEntry) ?? []) if (matches(entry.path)) yield entry
    for (const file of point.manifest.files) {
      const list = await this.list(point, file, signal)
      for await (const item of readEntryList(list, file, secret, signal)) {
        if (!('entry' in item)) continue
        if (matches(item.entry.path)) yield item.entry
      }
    }
  }

  private async list(point: OpenedPoint, file: BackupFile, signal: AbortSignal | undefined): Promise<string> {
    const store = await this.servers.open(point.server)
    return await fetchEntryList(store, file, this.cache, signal)
  }

  private async reopen(point: string, server: string, signal: AbortSignal | undefined): Promise<OpenedPoint> {
    return await openPoint(this.servers, parsePoint(point), { server, ...(signal ? { signal } : {}) })
  }

  private start(
    kind: 'backup' | 'restore' | 'verify' | 'copy',
    about: string,
    options: unknown,
    body: (run: ActiveRun) => Promise<{ outcome: unknown }>,
    cleanupMs = usualCleanupMs,
  ): Promise<StartedRun> {
    return startRun(this.runs, { kind, about, options }, body, this.runDeps(cleanupMs))
  }

  private runDeps(cleanupMs: number) {
    const { log, mask, version } = this.options
    return { clock: this.clock, cleanupMs, version, ...(log ? { log } : {}), ...(mask ? { mask } : {}) }
  }

  private check<S extends z.ZodType>(schema: S, raw: unknown, during: string): z.infer<S> {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new EngineError('input.invalid', during, {
      detail: issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown shape',
    })
  }
}

function checkTarget({ into }: RestoreOptions): void {
  if (into !== null && !isAbsolute(into))
    throw new EngineError('input.invalid', 'restore.start', { subject: into, detail: 'not an absolute path' })
}
