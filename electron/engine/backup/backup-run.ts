import { hostname, userInfo } from 'node:os'
import { extensionOf } from '../archive/compress.ts'
import type { Manifest } from '../archive/manifest.ts'
import { backupFileName, componentOf, pointId } from '../archive/names.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { Clock, SecretStore } from '../ports.ts'
import type { ActiveRun } from '../run/index.ts'
import { RunCancelled } from '../run/index.ts'
import { CommandSource } from '../source/command-source.ts'
import { FileSource } from '../source/files/file-source.ts'
import { neverWithin } from '../source/files/never.ts'
import type { Roots } from '../source/files/roots.ts'
import { findRoots } from '../source/files/roots.ts'
import { readXattrs } from '../source/files/xattrs.ts'
import type { Source } from '../source/source.ts'
import { requireNoVendor } from '../store/vendor-place.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { BackupPast } from './backup-journal.ts'
import { readPast } from './backup-journal.ts'
import { Destination, Leftover } from './destination.ts'
import { finishPoint } from './finish-point.ts'
import type { AnalyticsOptions, BackupOptions } from './options.ts'
import { removeTraces } from './remove-traces.ts'
import { forgetKeys, renewKeys, runKeys } from './run-keys.ts'
import { reserveStamp } from './reserve-stamp.ts'
import { writeResumable } from './write-resumable.ts'

export type BackupDeps = {
  /** Opens a server with retries, limits and metering around it. */
  openServer: (name: string, run: ActiveRun) => Promise<ObjectStore>
  vault: SecretStore
  clock: Clock
  version: string
  /** Absolute paths that never belong into a backup: the state folder, folders that are servers. */
  never: readonly string[]
  /** How long a server may stand still while others wait for it, ms. */
  patienceMs?: number
  /** What a Director prints; absent where nothing of that kind is backed up. */
  analytics?: (source: AnalyticsOptions) => AnalyticsOutput
}

/** A stream whose form is known only when it has begun. */
export type AnalyticsOutput = Source & {
  /** Begins it. @returns how the name of its file ends, without a dot; @throws as its blocks */
  begin(signal: AbortSignal): Promise<string>
}

export type BackupOutcome = {
  point: string
  servers: Record<string, 'done' | 'failed'>
  files: number
  bytes: number
  entries: number
}

/**
 * A backup from its source to all its servers, as the body of a run. The manifest is written last, on each server.
 *
 * After a failure or a kill what was sent stays and `runs resume` goes on there; a cancel by the operator removes it,
 * and so does the failure of a command, which can only be run again from its beginning.
 * @param passphrase needed at the start of a run that encrypts with one; a resume has the file key in the vault
 * @throws EngineError when no server could be written, or the source as a whole cannot be read
 */
export async function runBackup(
  run: ActiveRun,
  options: BackupOptions,
  deps: BackupDeps,
  passphrase?: string,
): Promise<{ outcome: BackupOutcome }> {
  const backup = new Backup(run, options, deps)
  try {
    return { outcome: await backup.execute(passphrase) }
  } catch (err) {
    const cancelled = run.signal.reason instanceof RunCancelled && run.signal.reason.by === 'operator'
    // A command begins anew in any case: what it has sent is of no use to a resume.
    await backup.leave(cancelled || options.source.kind !== 'files' ? 'remove' : 'keep')
    throw err
  } finally {
    await backup.close()
  }
}

class Backup {
  private readonly run: ActiveRun
  private readonly options: BackupOptions
  private readonly deps: BackupDeps
  private source: Source | null = null
  private analytics: AnalyticsOutput | null = null
  private readonly stores = new Map<string, ObjectStore>()
  private destinations: Destination[] = []
  private stamp: string | null = null
  /** How the name of an output ends whose form was not known before. */
  private form = 'bin'
  /** What an earlier process left, until this one has begun anew. */
  private past: BackupPast | null = null

  constructor(run: ActiveRun, options: BackupOptions, deps: BackupDeps) {
    this.run = run
    this.options = options
    this.deps = deps
  }

  async execute(passphrase: string | undefined): Promise<BackupOutcome> {
    const { run, options, deps } = this
    this.past = run.resumed ? await readPast(run.readJournal()) : null
    const { source, roots, notKept: collected } = this.openSource()
    this.source = source
    await this.openServers()
    let { past } = this
    const kept = await runKeys(run, options, deps.vault, past !== null, passphrase)
    let keys = kept === 'lost' ? await runKeys(run, options, deps.vault, false, passphrase) : kept
    if (keys === 'lost')
      throw new EngineError('auth.secret-missing', 'backup.start', {
        detail: 'the passphrase is needed again',
      })
    if (past && (source.layout === 'stream' || kept === 'lost')) {
      if (kept === 'lost')
        run.problem({
          code: 'encryption.restarted',
          subject: run.id,
          detail: 'the file key was kept in memory only; the backup began anew',
        })
      await this.discard(past)
      past = this.past = null
      if (keys) keys = await renewKeys(run, deps.vault, keys)
    }

    if (this.analytics) {
      run.progress({ phase: 'waiting for the Director' })
      this.form = await this.analytics.begin(run.signal)
    }
    const started = past?.started ?? new Date(deps.clock.now()).toISOString()
    const stamp = past?.stamp ?? (await this.reserve())
    this.stamp = stamp
    run.log(`restore point ${pointId(options.plan, stamp)}`)
    if (!past) await run.journal.append({ t: 'start', stamp, started }, { sync: true })

    const { component, extension } = this.names()
    const name = backupFileName(options.plan, component, stamp, extension + (keys ? '.age' : ''))
    this.destinations = [...this.stores].map(([server, store]) =>
      this.destination(server, store, past?.leftovers.get(server)),
    )
    const written = await writeResumable({
      run,
      source,
      options,
      destinations: this.destinations,
      name,
      key: keys?.data ?? null,
      past,
      monotonic: () => deps.clock.monotonic(),
      patienceMs: deps.patienceMs,
    })
    const notKept = [...(await collected)]
    if (written.so.sockets > 0) notKept.push(`${written.so.sockets} sockets (they hold no content)`)

    const manifest: Omit<Manifest, 'files' | 'ended' | 'restore'> = {
      drydockManifest: 1,
      plan: options.plan,
      stamp,
      started,
      host: hostname(),
      user: userName(),
      platform: `${process.platform} ${process.arch}`,
      tool: { name: 'drydock', version: deps.version },
      run: run.id,
      source: this.describeSource(roots, keys !== null),
      encryption: keys
        ? { format: 'age', to: options.encryptTo === 'passphrase' ? 'passphrase' : 'recipients' }
        : null,
      problems: run.record.problems,
      notKept,
    }
    const servers = await finishPoint({
      run,
      destinations: this.destinations,
      written,
      manifest,
      file: { component, name, layout: source.layout, compression: options.compression },
      head: {
        drydockEntries: 1,
        ...(roots && options.source.kind === 'files'
          ? { base: roots.base, paths: options.source.paths }
          : {}),
      },
      key: keys?.entries ?? null,
      now: () => deps.clock.now(),
    }).finally(() => written.spool.close())
    await this.removeTraces(
      [...this.stores.keys()].filter(server => servers[server] === 'failed'),
      stamp,
    )
    await forgetKeys(run, options, deps.vault)
    const bytes = written.parts.reduce((sum, part) => sum + part.size, 0)
    return {
      point: pointId(options.plan, stamp),
      servers,
      files: written.so.files,
      bytes,
      entries: written.so.entries,
    }
  }

  /** Stops what is under way; `remove` also takes it off the servers. Bounded by the run's clean-up time. */
  async leave(how: 'remove' | 'keep'): Promise<void> {
    await Promise.all(
      this.destinations.filter(d => d.state !== 'done' || how === 'remove').map(d => d.leave(how)),
    )
    if (how === 'keep') return
    if (this.past && this.stamp === null) {
      // Stopped before it came to go on: what lies on the servers is that of the earlier process.
      if (this.stores.size === 0) await this.openServers().catch(() => {})
      await this.discard(this.past)
    } else if (this.stamp) await this.removeTraces([...this.stores.keys()], this.stamp)
    await this.run.journal.append({ t: 'reset' }, { sync: true })
    await forgetKeys(this.run, this.options, this.deps.vault)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.source?.close(), ...[...this.stores.values()].map(store => store.close())])
  }

  private openSource(): { source: Source; roots: Roots | null; notKept: Promise<string[]> } {
    const { source } = this.options
    const asStream = (stream: Source) => ({ source: stream, roots: null, notKept: Promise.resolve([]) })
    if (source.kind === 'command') {
      componentOf(source.as)
      const say = (line: string) => this.run.log(`command: ${line}`)
      return asStream(new CommandSource(source.command, source.as, say))
    }
    if (source.kind === 'director-analytics') {
      if (!this.deps.analytics) throw new EngineError('internal', 'backup.start', { subject: source.kind })
      return asStream((this.analytics = this.deps.analytics(source)))
    }
    const roots = findRoots(source.paths)
    const never = neverWithin(roots, this.deps.never)
    const attributes = readXattrs(roots, this.run.signal)
    const xattrs = attributes.then(found => found.xattrs)
    const notKept = attributes.then(found => found.notKept)
    for (const promise of [xattrs, notKept]) promise.catch(() => {}) // Whoever needs them meets the failure.
    return {
      source: new FileSource({
        base: roots.rawBase,
        roots: roots.roots,
        excludes: source.excludes,
        never,
        xattrs,
      }),
      roots,
      notKept,
    }
  }

  /** A server that cannot be opened is a problem of the run as long as there is another. */
  private async openServers(): Promise<void> {
    this.run.progress({ phase: 'connecting' })
    const failures: unknown[] = []
    await Promise.all(
      this.options.servers.map(async name => {
        try {
          const store = await this.deps.openServer(name, this.run)
          this.stores.set(name, store)
          // A run that is taken up has asked before; what it left there must be removable.
          if (!this.past) await requireNoVendor(store, name, this.run.signal)
        } catch (err) {
          await this.stores.get(name)?.close()
          this.stores.delete(name)
          failures.push(err)
          this.serverFailed(name, err)
        }
      }),
    )
    if (this.stores.size === 0) throw failures[0]
  }

  private async reserve(): Promise<string> {
    const servers = [...this.stores].map(([name, store]) => ({ name, store }))
    const { stamp, failed } = await reserveStamp(
      servers,
      this.options.plan,
      this.run.id,
      this.deps.clock,
      this.run.signal,
    )
    for (const [name, err] of failed) {
      this.serverFailed(name, err)
      await this.stores.get(name)?.close()
      this.stores.delete(name)
    }
    return stamp
  }

  private destination(name: string, store: ObjectStore, leftover: Leftover | undefined): Destination {
    const { journal } = this.run
    return new Destination({
      name,
      store,
      signal: this.run.signal,
      monotonic: () => this.deps.clock.monotonic(),
      leftover: leftover ?? new Leftover(),
      events: {
        opened: (volume, object, token) =>
          journal.append({ t: 'open', server: name, volume, name: object, token }, { sync: true }),
        acknowledged: (parts, bytes) =>
          void journal.append({ t: 'ack', server: name, parts, bytes }).catch(() => {}),
        committed: volume => journal.append({ t: 'commit', server: name, volume }, { sync: true }),
      },
    })
  }

  /** Removes what an earlier process left on the servers, so that the run can begin anew. */
  private async discard(past: BackupPast): Promise<void> {
    this.destinations = [...this.stores].map(([name, store]) =>
      this.destination(name, store, past.leftovers.get(name)),
    )
    await this.removeTraces([...this.stores.keys()], past.stamp)
    this.destinations = []
    await this.run.journal.append({ t: 'reset' }, { sync: true })
  }

  private async removeTraces(servers: string[], stamp: string): Promise<void> {
    const { run, options } = this
    const { component } = this.names()
    const signal = run.cleanupSignal()
    const log = (line: string) => run.log(line)
    await Promise.all(
      servers.map(async server => {
        const destination = this.destinations.find(d => d.name === server)
        await destination?.leave('remove')
        const traces = {
          plan: options.plan,
          component,
          stamp,
          encrypted: options.encryptTo !== null,
          leftover: destination?.leftover,
        }
        const foreign = destination?.failure?.code === 'remote.exists'
        await removeTraces(this.stores.get(server)!, traces, { signal, log, foreign })
      }),
    )
  }

  private serverFailed(name: string, err: unknown): void {
    const { code, detail } = toFailure(err, 'server.open')
    this.run.problem({ code: 'server.failed', subject: name, detail: detail ? `${code}: ${detail}` : code })
  }

  private names(): { component: string; extension: string } {
    const { source, compression } = this.options
    if (source.kind === 'files') return { component: 'files', extension: `tar${extensionOf[compression]}` }
    const { component, extension } =
      source.kind === 'command'
        ? componentOf(source.as)
        : { component: analyticsComponent, extension: this.form }
    return { component, extension: extension + extensionOf[compression] }
  }

  /** With encryption no path is told to the server. */
  private describeSource(roots: Roots | null, encrypted: boolean): Manifest['source'] {
    const { source } = this.options
    if (source.kind === 'command')
      return { kind: 'command', as: source.as, ...(encrypted ? {} : { command: source.command }) }
    if (source.kind === 'director-analytics') {
      const { deployment, day } = source
      const as = `${analyticsComponent}.${this.form}`
      return { kind: 'command', as, ...(encrypted ? {} : { analytics: { deployment, day } }) }
    }
    if (encrypted || !roots) return { kind: 'files' }
    return { kind: 'files', base: roots.base, paths: source.paths, excludes: source.excludes }
  }
}

/** What the file of a Director's analytics data is called. */
export const analyticsComponent = 'analytics'

/** The system may have no name for a number, as in many containers. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}
