import { statfs } from 'node:fs/promises'
import type { Alarm } from '../../../shared/contract/plan.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { failureCopy } from '../../../shared/failure-copy.ts'
import type { Engine } from '../engine.ts'
import type { Clock, Log } from '../ports.ts'
import type { AlarmFacts, Plans } from '../schedule/index.ts'
import { alarmsOf } from '../schedule/index.ts'
import type { UnlockableVault } from '../vault/index.ts'
import type { EventHub } from './event-hub.ts'
import type { RunFeed } from './run-feed.ts'

type Deps = {
  engine: Engine
  plans: Plans
  feed: RunFeed
  vault: UnlockableVault
  hub: EventHub
  log: Log
  clock: Clock
  /** The state folder. */
  home: string
}

/** How many of the newest runs are looked at. Older ones have had their time to be seen. */
const newestRuns = 500
/** Changes that come together are looked at once, ms. */
const settleMs = 100
/** With less than this a run cannot be recorded, bytes. */
const leastFree = 256 * 1024
/** Some alarms come with time alone, ms. */
const everyMs = 30_000

/** What waits for a person, told anew whenever it has become another. */
export class AlarmWatch {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #told = '[]'
  #fullSince: string | undefined

  constructor(deps: Deps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.look()
      void this.#settle()
    }, everyMs).unref()
    this.look()
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
  }

  /** Something that alarms follow from may have changed. */
  look(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.list()
        .then(alarms => {
          const now = JSON.stringify(alarms)
          if (now === this.#told) return
          this.#told = now
          this.#deps.hub.emit('alarm.changed', { alarms })
        })
        .catch((err: unknown) => this.#deps.log('warn', 'the alarms could not be looked at', { err }))
    }, settleMs).unref()
  }

  async list(): Promise<Alarm[]> {
    const { engine, plans, feed } = this.#deps
    const [{ plans: all }, { runs }, damaged] = await Promise.all([
      plans.list(),
      feed.list(0, newestRuns),
      engine.places.verified.damaged(),
    ])
    const known = new Set(runs.map(run => run.id))
    const older = await Promise.all(
      all.map(async ({ last }): Promise<RunSnapshot[]> => {
        if (!last || known.has(last.runId)) return []
        const run = await feed.get(last.runId).catch(() => null)
        return run ? [run] : []
      }),
    )
    const names = new Set((await engine.servers.list()).records.map(({ name }) => name))
    return alarmsOf({
      plans: all,
      runs: [...runs, ...older.flat()],
      // One whose server was removed is nobody's concern any more.
      damaged: damaged.filter(({ server }) => names.has(server)),
      vault: await this.#locked(),
      ...(await this.#stateDisk()),
    })
  }

  /** Names of the plans whose run waits for the vault. */
  async waiting(): Promise<{ name: string; since: string }[]> {
    const words = failureCopy['auth.vault-locked'].happened
    return (await this.#deps.plans.waiting()).filter(({ reason }) => reason.startsWith(words))
  }

  /** There is room again: what was declared without it is written down. */
  async #settle(): Promise<void> {
    const { plans, log } = this.#deps
    await plans.outage
      .settle()
      .then(settled => (settled ? this.look() : undefined))
      .catch((err: unknown) => log('warn', 'the outage is still not written', { err }))
  }

  async #stateDisk(): Promise<Pick<AlarmFacts, 'stateDisk'>> {
    const { clock, home, plans } = this.#deps
    const outageHeld = plans.outage.isHeld
    // Where it cannot be told, whatever fails to be written says so itself.
    const free = await statfs(home).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => Infinity,
    )
    if (free >= leastFree && !outageHeld) this.#fullSince = undefined
    else this.#fullSince ??= new Date(clock.now()).toISOString()
    return this.#fullSince === undefined ? {} : { stateDisk: { since: this.#fullSince, home, outageHeld } }
  }

  async #locked(): Promise<{ since: string; waiting: string[] } | null> {
    const waiting = await this.waiting()
    const [first] = waiting.map(({ since }) => since).sort()
    // Only when somebody waits: an alarm must not be what opens a keychain.
    if (first === undefined || (await this.#deps.vault.status()).state === 'open') return null
    return { since: first, waiting: waiting.map(({ name }) => name) }
  }
}
