import type { ComponentCommand } from '../../../../../shared/director.ts'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorComponents, directorFileName, directorFiles } from '../../../../../shared/director-files.ts'
import { pointId } from '../../../archive/names.ts'
import { reserveStamp } from '../../../backup/reserve-stamp.ts'
import { EngineError, toFailure } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import { requireNoVendor } from '../../../store/vendor-place.ts'
import type { Host } from '../host/host.ts'
import { BackupLog } from './backup-log.ts'
import { notSetIn } from './commands.ts'
import { componentsManifest, finishServer } from './finish-server.ts'
import { PartOfRun } from './part-of-run.ts'
import type { LatestState } from './replace-all-latest.ts'
import { replaceAllLatest } from './replace-all-latest.ts'
import type { WrittenComponent } from './write-component.ts'
import { ServersLost, writeComponent } from './write-component.ts'
import { Written } from './written.ts'

export type ComponentServer = { name: string; store: ObjectStore }

export type BackUpComponents = {
  /** The Director. */
  host: Host
  commands: Readonly<Record<DirectorComponent, ComponentCommand>>
  /** Opened for this run; whoever opened them closes them. */
  stores: readonly ComponentServer[]
  clock: Clock
  /** Of the restore point: `NAME` in `NAME@STAMP`. */
  plan: string
  /** Of Drydock, for the manifest. */
  version: string
  /** Whether the `latest` copies are replaced, last. */
  latest: boolean
  /** Asked right before the copies are replaced; words say why they are not to be. */
  latestRefused?: () => Promise<string | null>
  /** Gets the run's lines in the form of the vendor's own backup log. */
  log?: (text: string) => void
  /** See `FanOut`. */
  patienceMs?: number
  /** See `ReplaceLatest`. */
  hurryMs?: number
}

export type ComponentsOutcome = {
  /** `NAME@STAMP`. */
  point: string
  /** As the files carry it. */
  stamp: string
  servers: Record<string, 'done' | 'failed'>
  /** What became of the `latest` copies of each server. */
  latest: Record<string, LatestState>
  components: { component: DirectorComponent; name: string; size: number; sha256: string | null }[]
  /** Components that nobody has said how to back up. */
  notSet: DirectorComponent[]
  files: number
  bytes: number
}

const during = 'director.backup'

/**
 * Streams a Director's components to all servers at once, under the vendor's names and one stamp; then, on each server
 * that has all of them, entry lists, manifest and last of all the `latest` copies.
 *
 * A component that fails fails the backup: the others are still tried, so that all that is wrong is told at once, and
 * then nothing of the run stays. One that is not set is left out and told; then no `latest` copy changes. A server that
 * fails stops no other. A run that is taken up again begins anew, unless a server has all of it.
 * @throws EngineError `local.command` when a component failed; `input.invalid` when none is set; `remote.unsupported`
 *   for a server of the vendor's continuous backup; a server's failure when none is left
 */
export async function backUpComponents(
  run: ActiveRun,
  options: BackUpComponents,
): Promise<ComponentsOutcome> {
  const backup = new ComponentsBackup(run, options)
  try {
    return await backup.execute()
  } catch (err) {
    await backup.undo()
    throw err
  }
}

/** Names as problems of a run what is not in its restore point. */
export function tellNotSet(run: ActiveRun, notSet: readonly DirectorComponent[]): void {
  for (const one of notSet)
    run.problem({
      code: 'component.not-set',
      subject: directorFiles[one].title,
      detail: 'no command is set for it; it was not backed up',
    })
}

class ComponentsBackup {
  readonly #run: ActiveRun
  readonly #options: BackUpComponents
  /** Servers that are still in it. */
  readonly #servers = new Map<string, ObjectStore>()
  readonly #states: Record<string, 'done' | 'failed'> = {}
  #written: Written | null = null

  constructor(run: ActiveRun, options: BackUpComponents) {
    this.#run = run
    this.#options = options
  }

  async execute(): Promise<ComponentsOutcome> {
    const { commands, clock, host } = this.#options
    const notSet = notSetIn(commands)
    if (notSet.length === directorComponents.length)
      throw new EngineError('input.invalid', during, { detail: 'no component has a command: set them first' })
    await this.#lookAtServers()
    const earlier = this.#run.resumed ? await Written.earlier(this.#run) : null
    if (earlier && earlier.done.size > 0) return await this.#goOn(earlier, notSet)
    if (earlier) {
      this.#written = earlier
      await this.undo()
    }
    tellNotSet(this.#run, notSet)
    const written = (this.#written = await this.#begin())
    const components = await this.#writeAll(written, notSet)
    this.#run.progress({ phase: 'writing the manifest' })
    const about = { host: host.about, version: this.#options.version, now: clock.now(), notSet }
    const manifest = componentsManifest(this.#run, written, about)
    const failures: unknown[] = []
    await Promise.all(
      [...this.#servers].map(async ([server, store]) => {
        try {
          await finishServer(store, written, { components, manifest }, this.#run.signal)
          await written.note({ components: 'done', server })
          this.#states[server] = 'done'
        } catch (err) {
          // A server that has all of it by then keeps it; the others are let end before anything is undone.
          if (this.#run.signal.aborted) return
          failures.push(err)
          await this.#drop(server, err)
        }
      }),
    )
    if (this.#servers.size === 0) throw failures[0]
    if (written.done.size < this.#servers.size) this.#run.signal.throwIfAborted()
    return await this.#end(written, notSet)
  }

  /** Takes off the servers what was written, save where all of it stands. Never throws. */
  async undo(): Promise<void> {
    const written = this.#written
    this.#written = null
    if (!written) return
    const signal = this.#run.cleanupSignal()
    const { done, plan, stamp } = written
    const others = this.#options.stores.filter(({ name }) => !done.has(name))
    await Promise.all(others.map(({ name, store }) => written.forget(name, store, signal)))
    if (done.size > 0)
      this.#run.log(`${pointId(plan, stamp)} is whole on ${[...done].join(', ')} and stays there`)
    else await written.note({ components: 'reset' }).catch(() => {})
  }

  /** Which of them may be written to. */
  async #lookAtServers(): Promise<void> {
    const { stores } = this.#options
    this.#run.progress({ phase: 'connecting' })
    const failures: unknown[] = []
    await Promise.all(
      stores.map(async ({ name, store }) => {
        try {
          await requireNoVendor(store, name, this.#run.signal)
          this.#servers.set(name, store)
        } catch (err) {
          this.#run.signal.throwIfAborted()
          failures.push(err)
          this.#failed(name, err)
        }
      }),
    )
    if (this.#servers.size === 0) throw failures[0]
  }

  async #begin(): Promise<Written> {
    const { clock, plan } = this.#options
    const started = new Date(clock.now()).toISOString()
    const names = (stamp: string) =>
      directorComponents.flatMap(one => [
        directorFileName(one, stamp.slice(0, -1)),
        directorFileName(one, stamp),
      ])
    const servers = [...this.#servers].map(([name, store]) => ({ name, store }))
    const { stamp, failed } = await reserveStamp(servers, plan, this.#run.id, clock, this.#run.signal, names)
    for (const [server, err] of failed) {
      this.#failed(server, err)
      this.#servers.delete(server)
    }
    const written = new Written(this.#run, { plan, stamp, started })
    await written.note({ components: 'start', plan, stamp, started })
    this.#run.log(`restore point ${pointId(plan, stamp)}`)
    return written
  }

  async #writeAll(written: Written, notSet: readonly DirectorComponent[]): Promise<WrittenComponent[]> {
    const { host, commands, clock, patienceMs, log } = this.#options
    const stamp = written.stamp.slice(0, -1)
    const lines = new BackupLog(log ?? (() => {}))
    const all: WrittenComponent[] = []
    const failures: { component: DirectorComponent; err: unknown }[] = []
    let part: PartOfRun | undefined
    for (const component of directorComponents) {
      if (notSet.includes(component)) continue
      await this.#run.checkpoint()
      const { title } = directorFiles[component]
      this.#run.progress({ phase: title })
      lines.started(component, stamp, directorFileName(component, stamp))
      part = new PartOfRun(this.#run, component, part)
      const command = commands[component]
      const servers = this.#servers
      try {
        const done = await writeComponent({
          ...{ run: part.run, host, component, command, servers, written, clock, patienceMs },
        })
        for (const [server, err] of done.failed) await this.#drop(server, err)
        all.push(done)
        lines.succeeded(component)
        this.#run.log(
          `${title}: ${done.file.name}, ${done.file.size} bytes, SHA-256 ${done.file.sha256 ?? ''}`,
        )
      } catch (err) {
        lines.failed(component, toFailure(err instanceof ServersLost ? err.cause : err, during).code)
        this.#run.signal.throwIfAborted()
        if (err instanceof ServersLost) {
          for (const [server, why] of err.failed) this.#failed(server, why)
          throw err.cause
        }
        failures.push({ component, err })
        this.#componentFailed(component, err)
      }
    }
    const [first] = failures
    if (!first) return all
    const { code } = toFailure(first.err, during)
    const words = failures.map(({ component, err }) => {
      const { detail, code: why } = toFailure(err, during)
      return { title: directorFiles[component].title, words: detail ?? why }
    })
    throw new EngineError(code, during, {
      subject: failures.length === 1 ? directorFiles[first.component].title : `${failures.length} components`,
      // Whoever shows it puts the subject before it.
      detail:
        failures.length === 1 ? words[0]!.words : words.map(one => `${one.title}: ${one.words}`).join('; '),
      cause: first.err,
    })
  }

  /** An earlier process had it all on some servers already: what is left is the `latest` copies. */
  async #goOn(written: Written, notSet: DirectorComponent[]): Promise<ComponentsOutcome> {
    const signal = this.#run.cleanupSignal()
    for (const [server, store] of [...this.#servers]) {
      if (written.done.has(server)) {
        await written.forgetLatest(server, store, signal)
        this.#states[server] = 'done'
        continue
      }
      await written.forget(server, store, signal)
      this.#servers.delete(server)
      this.#failed(
        server,
        new EngineError('network.interrupted', during, {
          detail: 'the run was interrupted before this server had all of it; the next run stores there again',
        }),
      )
    }
    return await this.#end(written, notSet)
  }

  async #end(written: Written, notSet: DirectorComponent[]): Promise<ComponentsOutcome> {
    const { plan, stamp, files } = written
    const { clock, hurryMs, latestRefused: refused = () => Promise.resolve(null) } = this.#options
    const latest = this.#options.latest
      ? await replaceAllLatest(this.#run, { ...{ servers: this.#servers, written, clock, refused, hurryMs } })
      : {}
    return {
      point: pointId(plan, stamp),
      stamp: stamp.slice(0, -1),
      servers: this.#states,
      latest,
      components: files.map(({ component, name, size, sha256 }) => ({
        ...{ component: component as DirectorComponent, name, size, sha256 },
      })),
      notSet,
      files: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
    }
  }

  /** Takes a server out of it, and what was written there off it. */
  async #drop(server: string, err: unknown): Promise<void> {
    const store = this.#servers.get(server)
    this.#servers.delete(server)
    this.#failed(server, err)
    if (store) await this.#written?.forget(server, store, this.#run.cleanupSignal())
  }

  #failed(server: string, err: unknown): void {
    this.#states[server] = 'failed'
    const { code, detail } = toFailure(err, during)
    this.#run.problem({
      code: 'server.failed',
      subject: server,
      detail: detail ? `${code}: ${detail}` : code,
    })
  }

  #componentFailed(component: DirectorComponent, err: unknown): void {
    const { code, detail } = toFailure(err, during)
    const { title } = directorFiles[component]
    this.#run.problem({ code: 'component.failed', subject: title, detail: detail ?? code })
  }
}
