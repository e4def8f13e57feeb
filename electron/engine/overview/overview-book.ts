import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { SystemRow } from '../../../shared/contract/overview.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { SystemRecord } from '../../../shared/plan.ts'
import { toFailure } from '../engine-error.ts'
import type { PointPlaces } from '../points/on-server.ts'
import { listOnServer } from '../points/on-server.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { makeFolders } from '../state/make-folders.ts'
import type { ServerRecord } from '../store/server-record.ts'
import type { Digest } from './digest.ts'
import { digest, digestOf } from './digest.ts'
import type { CheckFacts, PlanFacts } from './facts.ts'
import { overviewOf } from './overview-of.ts'
import type { Proof } from './restore-proofs.ts'
import { RestoreProofs } from './restore-proofs.ts'

const stored = z.object({ asked: z.iso.datetime(), digest })

/** What a server said, when, and how the last question went. */
type Known = { asked: string | null; digest: Digest | null; failure: Failure | null }

export type Overview = {
  /** When the server heard longest ago answered; null while one of them has never been heard. */
  asOf: string | null
  asking: string[]
  failed: { server: string; failure: Failure }[]
  systems: SystemRow[]
  points: number
  servers: number
}

export type OverviewSources = {
  systems: () => Promise<readonly SystemRecord[]>
  plans: () => Promise<readonly PlanFacts[]>
  /** The last checks of Directors, by deployment. */
  checks?: () => Promise<ReadonlyMap<string, CheckFacts>>
}

export type OverviewOptions = {
  /** Called when something it tells has changed. */
  changed?: () => void
  /** Called when a server has said what it holds. @param at when it was asked, ISO 8601 UTC */
  answered?: (server: string, at: string) => void
  /** How often all servers are asked, ms. */
  everyMs?: number
  /** How often a local disk that does not answer is asked, ms: it may have been plugged in again. */
  unpluggedMs?: number
  /** How long one server may take before it counts as silent, ms. */
  patienceMs?: number
}

const fiveMinutes = 5 * 60_000

/**
 * What the servers hold, as last heard: in memory, and in the cache of the state folder, so that the first page shows
 * at once what was known. Each server is asked on its own; none waits for another.
 */
export class OverviewBook {
  private readonly places: PointPlaces
  private readonly sources: OverviewSources
  private readonly options: Required<OverviewOptions>
  private readonly known = new Map<string, Known>()
  private readonly underWay = new Map<string, Promise<void>>()
  private readonly again = new Set<string>()
  /** The settings with which each server was asked last: with others it may be another place. */
  private readonly askedWith = new Map<string, string>()
  private readonly stopped = new AbortController()
  private readonly proofBook: RestoreProofs
  private proofs: ReadonlyMap<string, Proof> = new Map()
  private loaded: Promise<void> | null = null
  private timers: NodeJS.Timeout[] = []

  constructor(places: PointPlaces, sources: OverviewSources, options: OverviewOptions = {}) {
    this.places = places
    this.sources = sources
    this.proofBook = new RestoreProofs(places.runs)
    const { changed = () => {}, answered = () => {} } = options
    const { everyMs = fiveMinutes, unpluggedMs = 15_000, patienceMs = 60_000 } = options
    this.options = { changed, answered, everyMs, unpluggedMs, patienceMs }
  }

  /** Asks all servers now and then every five minutes, until `stop`. */
  start(): void {
    if (this.timers.length > 0) return
    const { everyMs, unpluggedMs } = this.options
    this.timers = [
      setInterval(() => void this.refresh(), everyMs).unref(),
      setInterval(() => void this.refreshSilent(({ type }) => type === 'local'), unpluggedMs).unref(),
    ]
    void this.refresh()
  }

  /** Stops asking, also what is under way; resolves when nothing is. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    this.timers = []
    this.stopped.abort()
    await Promise.allSettled(this.underWay.values())
  }

  /** What is known now. Asks nobody. */
  async get(): Promise<Overview> {
    await this.load()
    const { records } = await this.places.servers.list()
    const { sources } = this
    const none: ReadonlyMap<string, CheckFacts> = new Map()
    const [systems, plans, checks] = await Promise.all([
      sources.systems(),
      sources.plans(),
      sources.checks?.() ?? none,
    ])
    const servers = records.map(({ name, site }) => {
      const { digest: held = null, failure = null, asked = null } = this.known.get(name) ?? {}
      return { name, site, digest: held, failure, asked }
    })
    const times = servers.flatMap(({ asked }) => asked ?? []).sort()
    return {
      asOf: times.length > 0 && times.length === servers.length ? times[0]! : null,
      asking: servers.flatMap(({ name }) => (this.underWay.has(name) ? [name] : [])),
      failed: servers.flatMap(({ name, failure }) => (failure ? [{ server: name, failure }] : [])),
      systems: overviewOf({
        now: this.places.clock.now(),
        ...{ systems, plans, servers, checks, proofs: this.proofs },
      }),
      points: new Set(servers.flatMap(({ digest: held }) => held?.points ?? [])).size,
      servers: servers.length,
    }
  }

  /**
   * Asks servers again, each on its own; one that is being asked is asked once more when it has answered. Resolves
   * when all have; never rejects.
   */
  async refresh(only?: readonly string[]): Promise<void> {
    try {
      await this.load()
      const { records } = await this.places.servers.list()
      const names = records.map(({ name }) => name)
      for (const name of this.known.keys()) if (!names.includes(name)) this.known.delete(name)
      const asked = names.filter(name => only === undefined || only.includes(name))
      for (const record of records)
        if (asked.includes(record.name)) this.askedWith.set(record.name, settingsOf(record))
      for (const name of this.askedWith.keys()) if (!names.includes(name)) this.askedWith.delete(name)
      const answers = asked.map(name => this.ask(name))
      this.options.changed()
      await this.refreshProofs()
      await Promise.all(answers)
    } catch (err) {
      this.places.log('warn', 'the overview could not be made anew', {
        code: toFailure(err, 'overview').code,
      })
    }
  }

  /**
   * To be called when the list of servers may have changed: asks those that are new or lie elsewhere now. Nobody is
   * asked before `start`.
   */
  async refreshChanged(): Promise<void> {
    if (this.timers.length === 0) return
    const { records } = await this.places.servers.list()
    const changed = records.filter(record => this.askedWith.get(record.name) !== settingsOf(record))
    for (const { name } of changed) if (this.askedWith.has(name)) this.known.delete(name)
    // Also with none: one that was removed counts no longer.
    await this.refresh(changed.map(({ name }) => name))
  }

  /** Asks those again that did not answer the last time, as far as `wanted` takes them. Nobody before `start`. */
  async refreshSilent(wanted: (record: ServerRecord) => boolean): Promise<void> {
    if (this.timers.length === 0) return
    const silent = ({ name }: ServerRecord) => (this.known.get(name)?.failure ?? null) !== null
    try {
      const { records } = await this.places.servers.list()
      const names = records.filter(record => silent(record) && wanted(record)).map(({ name }) => name)
      if (names.length > 0) await this.refresh(names)
    } catch (err) {
      this.places.log('warn', 'the servers could not be read', { code: toFailure(err, 'overview').code })
    }
  }

  /** To be called when a restore has ended. */
  async refreshProofs(): Promise<void> {
    this.proofs = await this.proofBook.read()
    this.options.changed()
  }

  private ask(server: string): Promise<void> {
    const going = this.underWay.get(server)
    if (going) {
      // What is under way may have listed before that for which somebody asks anew.
      this.again.add(server)
      return going
    }
    const answer = this.askUntilCurrent(server).finally(() => {
      this.underWay.delete(server)
      this.options.changed()
    })
    this.underWay.set(server, answer)
    return answer
  }

  private async askUntilCurrent(server: string): Promise<void> {
    do {
      this.again.delete(server)
      await this.askOnce(server)
    } while (this.again.has(server) && !this.stopped.signal.aborted)
  }

  private async askOnce(server: string): Promise<void> {
    const before = this.known.get(server) ?? { asked: null, digest: null, failure: null }
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(this.options.patienceMs)])
    try {
      const { points, asked } = await listOnServer(this.places, server, { signal })
      const fresh = { asked, digest: digestOf(points), failure: null }
      this.known.set(server, fresh)
      this.options.answered(server, asked)
      await this.save(server, fresh, before)
    } catch (err) {
      if (this.stopped.signal.aborted) return
      // An abort is our own patience at its end.
      const failure: Failure = signal.aborted
        ? { code: 'network.stalled', during: 'overview', subject: server, retry: 'now' }
        : toFailure(err, 'overview')
      this.known.set(server, { ...before, failure })
    }
  }

  private load(): Promise<void> {
    this.loaded ??= this.loadAll()
    return this.loaded
  }

  private async loadAll(): Promise<void> {
    const { records } = await this.places.servers.list()
    await Promise.all(
      records.map(async ({ name }) => {
        try {
          const text = await readFile(this.fileOf(name), 'utf8')
          this.known.set(name, { ...stored.parse(JSON.parse(text)), failure: null })
        } catch (err) {
          // Unreadable: it is asked, as one that was never heard.
          if ((err as NodeJS.ErrnoException).code !== 'ENOENT')
            this.places.log('warn', 'what a server held is not remembered', { server: name, err })
        }
      }),
    )
  }

  private async save(server: string, { asked, digest: held }: Known, before: Known): Promise<void> {
    const isSame = JSON.stringify(before.digest) === JSON.stringify(held)
    // A time alone is written when it is an hour younger: the file then says nothing that is much too old.
    if (isSame && before.asked && asked && Date.parse(asked) - Date.parse(before.asked) < 3_600_000) return
    try {
      makeFolders(join(this.places.home, 'cache'), 0o700)
      await writeFileAtomically(this.fileOf(server), JSON.stringify({ asked, digest: held }), {
        durable: false,
      })
    } catch (err) {
      this.places.log('warn', 'the overview could not be kept', { code: toFailure(err, 'overview').code })
    }
  }

  private fileOf(server: string): string {
    return join(this.places.home, 'cache', `overview-${server}.json`)
  }
}

/** Where a server is and how it is reached, without what Drydock learns of it by itself. */
const settingsOf = ({ added: _a, learned: _l, ...settings }: ServerRecord): string => JSON.stringify(settings)
