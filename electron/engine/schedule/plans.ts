import { randomBytes } from 'node:crypto'
import type { AnswerOf, InputOf } from '../../../shared/contract/index.ts'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { dailyOnly, isTimeZone } from '../../../shared/plan.ts'
import { cronOf, nextRuns, scheduleWords, utcEqual } from '../../../shared/schedule/index.ts'
import type { Engine } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock, Log } from '../ports.ts'
import { noLog, systemClock } from '../ports.ts'
import type { CancelledBy } from '../run/index.ts'
import type { Vault } from '../vault/index.ts'
import { begun } from './account.ts'
import type { AfterRun } from './after-run.ts'
import { retentionAfterRun } from './after-run.ts'
import { PlanBook, SystemBook } from './books.ts'
import type { UnreadableEntry } from './entry-book.ts'
import type { HolderInfo, HolderShell } from './holder.ts'
import { Holder, holderInfo } from './holder.ts'
import { OutageBook } from './outage-book.ts'
import { checkedSettings, refuseSchedule, wrong } from './plan-checks.ts'
import { planInfoOf, refuseStale } from './plan-info.ts'
import { PlanNotes } from './plan-notes.ts'
import { isPlanRunning } from './plan-lock.ts'
import { keepPassphrase } from './plan-passphrase.ts'
import type { PlanRecord } from './plan-record.ts'
import { freshAccount } from './plan-record.ts'
import type { PlanRun } from './plan-runs.ts'
import { passphraseKey, PlanRuns } from './plan-runs.ts'
import { tellOverdue } from './tell-overdue.ts'
import type { UsualSettings } from './usual-settings.ts'
import { usualSettings } from './usual-settings.ts'
import type { Timers } from './scheduler.ts'
import { Scheduler, systemTimers } from './scheduler.ts'
import { Systems } from './systems.ts'

type PlanPreview = InputOf<'plan.preview'>

export type PlansOptions = {
  engine: Engine
  /** The state folder. */
  home: string
  vault: Vault
  clock?: Clock
  log?: Log
  timers?: Timers
  /** The operator's settings, read anew for each run; the usual ones when absent. */
  settings?: () => Promise<UsualSettings>
  /** After each good run; the plan's retention when absent. */
  afterRun?: AfterRun
}

/** Plans, systems and the outage of one state folder. One per process; only who `hold`s the schedule runs plans by itself. */
export class Plans {
  readonly systems: Systems
  readonly outage: OutageBook
  readonly #home: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #timers: Timers
  readonly #engine: Engine
  readonly #vault: Vault
  readonly #book: PlanBook
  readonly #runs: PlanRuns
  readonly #notes: PlanNotes
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #holder: Holder | undefined
  #scheduler: Scheduler | undefined

  constructor(options: PlansOptions) {
    const { engine, home, vault, clock = systemClock, log = noLog, timers = systemTimers } = options
    const { settings = usualSettings } = options
    this.#engine = engine
    this.#vault = vault
    this.#home = home
    this.#clock = clock
    this.#log = log
    this.#timers = timers
    this.#book = new PlanBook(home)
    const book = new SystemBook(home)
    this.systems = new Systems({
      ...{ book, plans: this.#book, clock, changed: () => this.#changed() },
      deployments: engine.directors.deployments.book,
    })
    this.outage = new OutageBook(home, { clock, systems: book })
    const afterRun = options.afterRun ?? retentionAfterRun(engine, log, settings)
    this.#notes = new PlanNotes({ engine, clock })
    this.#runs = new PlanRuns({ engine, vault, home, log, afterRun, settings })
  }

  /** Called after every change made through here, runs that begin and end among them. Not for other processes' changes. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async list(): Promise<{ plans: PlanInfo[]; unreadable: UnreadableEntry[]; holder: HolderInfo }> {
    const { entries, unreadable } = await this.#book.list()
    const holder = await this.holder()
    const plans = await Promise.all(entries.map(entry => this.#info(entry, holder)))
    return { plans, unreadable, holder }
  }

  async get(name: string): Promise<PlanInfo> {
    return await this.#info(await this.#book.get(name), await this.holder())
  }

  /** Plans whose run waits, and why; the reason is empty as long as nobody has tried. */
  async waiting(): Promise<{ name: string; since: string; reason: string }[]> {
    const { entries } = await this.#book.list()
    return entries.flatMap(({ settings: { name }, state, account: { waiting } }) =>
      state === 'scheduled' && waiting
        ? [{ name, since: new Date(waiting.first).toISOString(), reason: waiting.reason }]
        : [],
    )
  }

  holder(): Promise<HolderInfo> {
    return holderInfo(this.#home, this.#holder?.here)
  }

  /** @throws EngineError `input.invalid` with what is wrong with it */
  async preview({ schedule, zone, ...of }: PlanPreview): Promise<AnswerOf<'plan.preview'>> {
    const now = this.#clock.now()
    if (!isTimeZone(zone)) throw wrong('zone', 'a time zone by its IANA name, such as Europe/Zurich')
    refuseSchedule(schedule, now)
    if (of.source?.kind === 'director' && of.source.part === 'analytics' && schedule.kind !== 'daily')
      throw wrong('schedule', dailyOnly)
    const plans = (await this.#book.list()).entries.map(({ settings }) => settings)
    return {
      words: scheduleWords(schedule),
      next: nextRuns(schedule, zone, now),
      cron: cronOf(schedule),
      utc: utcEqual(schedule, zone, now),
      notes: await this.#notes.of({ schedule, zone, ...of }, plans, now),
    }
  }

  /**
   * Adds a plan as created, or changes the one called `replaces`. A new name only as long as no run has used the old
   * one: it is what the names of the restore points begin with.
   * @param passphrase null keeps what the vault has
   * @param revision of what the change was made from; absent: whatever stands there is replaced
   * @throws EngineError `run.conflict` when it has been changed since, or while a run of it goes on
   */
  async save(
    raw: PlanSettings,
    replaces: string | null,
    passphrase: string | null,
    revision?: string,
  ): Promise<PlanInfo> {
    const settings = checkedSettings(raw, this.#clock.now())
    const { name } = settings
    const earlier = replaces === null ? null : await this.#book.get(replaces)
    // Before a secret is kept for what will be refused; and again under the lock.
    if (earlier) refuseStale(earlier, revision)
    if (replaces !== null) await this.#refuseRunning(replaces, 'plan.save')
    if (earlier && replaces !== name) this.#refuseRename(earlier)
    // Before a secret is kept under this name, which may be another plan's.
    const known = (await this.#book.list()).entries.some(entry => entry.settings.name === name)
    if (known && replaces !== name) throw wrong('name', 'a plan of this name exists')
    if (!(await this.systems.find(settings.system))) throw wrong('system', 'no such system')
    const { records } = await this.#engine.servers.list()
    const missing = settings.servers.find(server => !records.some(record => record.name === server))
    if (missing !== undefined) throw wrong('servers', `no such server: ${missing}`)
    refuseOtherPart(earlier?.settings.source, settings.source)
    if (settings.source.kind === 'director') {
      const { deployment } = settings.source
      const known = (await this.#engine.directors.deployments.book.list()).records
      if (!known.some(one => one.name === deployment))
        throw wrong('source.deployment', `no such deployment: ${deployment}`)
    }
    await keepPassphrase(this.#vault, settings, earlier?.settings ?? null, passphrase)
    const now = this.#clock.now()
    if (!earlier || replaces === null) {
      const created = new Date(now).toISOString()
      await this.#book.add({ settings, state: 'created', created, account: freshAccount(now), lastRun: null })
    } else
      await this.#book.change(replaces, current => {
        refuseStale(current, revision)
        const account = sameTimes(current.settings, settings) ? current.account : freshAccount(now)
        return { ...current, settings, account }
      })
    this.#changed()
    return await this.get(name)
  }

  /** From now on its runs begin when they are due. @throws EngineError when its passphrase is missing */
  async start(name: string): Promise<PlanInfo> {
    const { settings } = await this.#book.get(name)
    for (const server of settings.servers) await this.#engine.servers.get(server)
    await this.#runs.requirePassphrase(settings)
    await this.#runs.requireCommand(settings)
    await this.#book.change(name, current =>
      current.state === 'scheduled'
        ? current
        : { ...current, state: 'scheduled', account: freshAccount(this.#clock.now()) },
    )
    this.#changed()
    return await this.get(name)
  }

  /** No run of it begins any more; one that goes on is not touched. */
  async stop(name: string): Promise<PlanInfo> {
    await this.#book.get(name)
    await this.#book.change(name, current => ({
      ...current,
      state: 'stopped',
      account: freshAccount(this.#clock.now()),
    }))
    this.#changed()
    return await this.get(name)
  }

  /** Runs it now, whatever its state. A due time that waits is done with it. @throws EngineError why it cannot begin */
  async run(name: string): Promise<PlanRun> {
    const { settings, account } = await this.#book.get(name)
    await this.#runs.ready(settings)
    const due = account.waiting?.due ?? null
    const started = await this.#runs.begin(settings, due)
    await this.#book.change(name, current => ({
      ...current,
      account:
        due === null
          ? { ...current.account, missed: 0, lapse: null }
          : begun(current.settings, current.account, due),
      lastRun: started.run.id,
    }))
    void started.settled.then(() => this.#changed())
    void started.ended.then(() => this.#changed())
    this.#changed()
    return started
  }

  /** Its restore points stay. @throws EngineError `run.conflict` while a run of it goes on */
  async remove(name: string): Promise<void> {
    const { settings } = await this.#book.get(name)
    await this.#refuseRunning(name, 'plan.remove')
    if (settings.encryptTo === 'passphrase') await this.#vault.remove(passphraseKey(name))
    await this.#book.change(name, () => null)
    this.#changed()
  }

  /** Competes for the schedule, and runs plans whenever this process has it. Resolves after the first try. */
  async hold(shell: HolderShell, held: () => void = () => {}): Promise<void> {
    this.#holder ??= new Holder(this.#home, shell, { clock: this.#clock, log: this.#log })
    await this.#holder.want(() => {
      this.#scheduler = this.#newScheduler()
      this.#scheduler.start()
      this.#changed()
      held()
    })
  }

  /** Looks at the clock now: after the machine woke, or the vault was unlocked. */
  look(): void {
    this.#scheduler?.look()
  }

  /** For good: lets go of the schedule. Runs of this process are stopped so that they can be resumed, and waited for. */
  async close(by: CancelledBy = 'shutdown'): Promise<void> {
    this.#closing.abort()
    await this.#scheduler?.stop()
    this.#scheduler = undefined
    await this.#runs.stop(by)
    await this.#holder?.release()
    this.#holder = undefined
  }

  #newScheduler(): Scheduler {
    return new Scheduler({
      id: randomBytes(8).toString('hex'),
      plans: this.#book,
      clock: this.#clock,
      timers: this.#timers,
      log: this.#log,
      ready: settings => this.#runs.ready(settings),
      begin: async (settings, due) => {
        const { run, ended, settled } = await this.#runs.begin(settings, due)
        void settled.then(() => this.#changed())
        return { id: run.id, ended }
      },
      findRun: (settings, due, at) => this.#runs.find(settings, due, at),
      overdue: (settings, why) => tellOverdue(settings, why, this.#log, this.#closing.signal),
      changed: () => this.#changed(),
    })
  }

  #info(record: PlanRecord, holder: HolderInfo): Promise<PlanInfo> {
    const deps = { home: this.#home, runs: this.#engine.runs }
    return planInfoOf(record, { ...deps, now: this.#clock.now(), holder: holder.who })
  }

  #refuseRename({ state, lastRun, settings }: PlanRecord): void {
    if (state === 'created' && lastRun === null) return
    throw wrong('name', `the restore points of ${settings.name} begin with its name; add a new plan instead`)
  }

  async #refuseRunning(name: string, during: string): Promise<void> {
    if (await isPlanRunning(this.#home, name))
      throw new EngineError('run.conflict', during, { subject: name, detail: 'a run of this plan goes on' })
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
    this.#scheduler?.look()
  }
}

const sameTimes = (a: PlanSettings, b: PlanSettings): boolean =>
  JSON.stringify(a.schedule) === JSON.stringify(b.schedule) && a.zone === b.zone

/** @throws EngineError `input.invalid`: its restore points would be of two kinds under one name, and one is made no more */
function refuseOtherPart(was: PlanSettings['source'] | undefined, becomes: PlanSettings['source']): void {
  if (was?.kind !== 'director' || becomes.kind !== 'director' || was.part === becomes.part) return
  throw wrong(
    'source.part',
    `this plan backs up the ${was.part === 'analytics' ? 'analytics data' : 'configuration'}; make another plan for the other part`,
  )
}
