import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { EngineError } from '../engine-error.ts'
import type { Log } from '../ports.ts'
import type { RunRegistry, StartedRun, StoredRun, WatchedRun } from '../run/index.ts'
import { attachRun, isRunId, isUnderWay } from '../run/index.ts'
import { makeFolders } from '../state/make-folders.ts'
import type { EventHub } from './event-hub.ts'
import { RunShelf } from './run-shelf.ts'
import { snapshotOf } from './run-snapshot.ts'

type Deps = { registry: RunRegistry; hub: EventHub; log: Log; pollMs?: number }

/** The newest runs are looked at even where no socket tells that they go on. */
const newestCount = 50
/** Between two looks, ms: a folder of thousands that changes all the time is not read all the time. */
const betweenLooks = 200
/** A run's socket is there a little before its record says that it runs, ms. */
const patience = [50, 100, 200, 400, 800, 1600]

/**
 * All runs of the state folder, of this process and of others, and every change of those under way as
 * `run.changed`: at most four times a second each, and once at the end.
 */
export class RunFeed {
  readonly #deps: Deps
  readonly #shelf: RunShelf
  readonly #live = new Map<string, RunSnapshot>()
  readonly #following = new Map<string, Promise<void>>()
  readonly #limits = new Map<string, number | null>()
  readonly #stop = new AbortController()
  readonly #watchers: FSWatcher[] = []
  #sockets = new Set<string>()
  /** Sockets that came or went since the last look: a short run's is gone before anyone looks. */
  #called = new Set<string>()
  /** Null before the first look. */
  #known: ReadonlySet<string> | null = null
  #poll: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #again = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#shelf = new RunShelf(deps.registry)
  }

  async start(): Promise<void> {
    const { registry, pollMs = 3000 } = this.#deps
    for (const folder of ['runs', 'sock']) {
      try {
        const path = join(registry.home, folder)
        makeFolders(path, 0o700)
        const watcher = watch(path, { persistent: false }, (_event, name) => {
          if (folder === 'sock' && name !== null) this.#called.add(name)
          void this.look()
        })
        watcher.on('error', () => watcher.close())
        this.#watchers.push(watcher)
      } catch {
        // Too many watches, or a file system without them: the poll remains.
      }
    }
    if (this.#stop.signal.aborted) return this.close()
    this.#poll = setInterval(() => void this.look(), pollMs).unref()
    await this.look()
  }

  async list(from: number, limit: number): ReturnType<RunShelf['page']> {
    return await this.#shelf.page(from, limit, id => this.#live.get(id))
  }

  /** @throws run.unknown, data.damaged */
  async get(id: string): Promise<RunSnapshot> {
    if (!isRunId(id)) throw new EngineError('run.unknown', 'run.get', { subject: id, detail: 'no such run' })
    const live = this.#live.get(id)
    if (live) return live
    return snapshotOf(await this.#deps.registry.get(id), undefined)
  }

  /** To pause, cancel and so on, wherever it runs. */
  async control(id: string): Promise<WatchedRun> {
    if (!isRunId(id)) throw new EngineError('run.unknown', 'run.get', { subject: id, detail: 'no such run' })
    return attachRun(this.#deps.registry, await this.#deps.registry.get(id))
  }

  /** A run was started here: followed at once. @returns its id */
  started(run: StartedRun): string {
    this.#follow(run.id, signal => run.snapshots(signal), true)
    return run.id
  }

  /** Its limit was changed through this process; the record does not tell it. */
  limited(id: string, bytesPerSecond: number | null): void {
    this.#limits.set(id, bytesPerSecond)
    const live = this.#live.get(id)
    if (live) this.#publish({ ...live, limit: bytesPerSecond })
  }

  /** Ids of the runs under way in this process. */
  here(): string[] {
    return [...this.#live.values()].filter(run => run.here && isUnderWay(run)).map(run => run.id)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#poll)
    for (const watcher of this.#watchers) watcher.close()
    await Promise.allSettled(this.#following.values())
  }

  /** Looks for runs that have begun; calls that come meanwhile make one more look. */
  look(): Promise<void> {
    if (this.#looking) {
      this.#again = true
      return this.#looking
    }
    this.#looking = (async () => {
      do {
        if (this.#again) await sleep(betweenLooks, undefined, { ref: false })
        this.#again = false
        await this.#lookOnce()
      } while (this.#again && !this.#stop.signal.aborted)
    })()
      .catch((err: unknown) => this.#deps.log('warn', 'the runs could not be looked at', { err }))
      .finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #lookOnce(): Promise<void> {
    const first = this.#known === null
    const ids = await this.#shelf.ids()
    // Of thousands that appear at once (a state folder put back), only the newest can be under way without a socket.
    const fresh = ids.filter(id => !this.#known?.has(id)).slice(0, newestCount)
    this.#known = new Set(ids)
    const names = await readdir(join(this.#deps.registry.home, 'sock')).catch(() => [] as string[])
    const called = [...names, ...this.#called].filter(name => !this.#sockets.has(name)).map(idOfSocket)
    this.#sockets = new Set(names)
    this.#called = new Set()
    for (const id of new Set(fresh)) this.#attach(id, { expected: false, tell: !first })
    for (const id of new Set(called)) if (isRunId(id)) this.#attach(id, { expected: !first, tell: !first })
  }

  /** @param how.expected a socket says that it runs: its record will say so soon */
  #attach(id: string, how: { expected: boolean; tell: boolean }): void {
    const { registry } = this.#deps
    const snapshots = async function* (signal: AbortSignal) {
      let record = await registry.get(id).catch(() => null)
      for (const wait of how.expected ? patience : []) {
        if (record && isUnderWay(record)) break
        await sleep(wait, undefined, { signal }).catch(() => {})
        if (signal.aborted) return
        record = await registry.get(id).catch(() => null)
      }
      if (record) yield* attachRun(registry, record).snapshots(signal)
    }
    this.#follow(id, snapshots, how.tell)
  }

  /** @param tell also when it is at rest by the time it is seen */
  #follow(id: string, snapshots: (signal: AbortSignal) => AsyncIterable<StoredRun>, tell: boolean): void {
    if (this.#following.has(id) || this.#stop.signal.aborted) return
    const follow = async () => {
      try {
        for await (const record of snapshots(this.#stop.signal)) {
          const snapshot = snapshotOf(record, this.#limits.get(id))
          const before = this.#live.get(id)
          if (isUnderWay(record)) this.#live.set(id, snapshot)
          else {
            this.#live.delete(id)
            this.#limits.delete(id)
            // Found at rest, not seen to end: nothing has changed.
            if (!before && !tell) continue
          }
          this.#publish(snapshot)
        }
      } catch (err) {
        this.#deps.log('warn', 'a run can be followed no longer', { id, err })
      } finally {
        this.#live.delete(id)
        this.#following.delete(id)
      }
    }
    this.#following.set(id, follow())
  }

  #publish(snapshot: RunSnapshot): void {
    if (this.#live.has(snapshot.id)) this.#live.set(snapshot.id, snapshot)
    this.#deps.hub.emit('run.changed', snapshot)
  }
}

const idOfSocket = (name: string): string => name.slice(0, name.lastIndexOf('-'))
