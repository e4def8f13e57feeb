import type { PlanSettings } from '../../../shared/plan.ts'
import { nextDue } from '../../../shared/schedule/index.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { Clock, Log } from '../ports.ts'
import type { Note, Obstacle } from './account.ts'
import { begun, busyReason, settle } from './account.ts'
import { reasonOf } from './plan-run.ts'
import type { Account, PlanRecord } from './plan-record.ts'

/** Where plans are kept; `PlanBook`, or a test's. */
export type PlanRecords = {
  list(): Promise<{ entries: PlanRecord[] }>
  change(name: string, edit: (record: PlanRecord) => PlanRecord | null): Promise<PlanRecord | null>
}

/** One-shot timers. A test brings its own. */
export type Timers = { after(ms: number, run: () => void): { cancel(): void } }

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

export type SchedulerDeps = {
  /** Names this process among those that hold the schedule one after the other. */
  id: string
  plans: PlanRecords
  clock: Clock
  timers: Timers
  log: Log
  /** Throws why a run of the plan cannot begin now; `run.conflict` while one goes on. */
  ready(settings: PlanSettings): Promise<void>
  /** Begins a run. `ended` resolves when the next may begin, and never rejects. */
  begin(settings: PlanSettings, due: number): Promise<{ id: string; ended: Promise<void> }>
  /** The run that was started for `due` since `at`, if there is one: after a crash nobody remembers. */
  findRun(settings: PlanSettings, due: number, at: number): Promise<string | null>
  /** A run is overdue: told once per due time. Never rejects. */
  overdue(settings: PlanSettings, why: { since: number; reason: string }): Promise<void>
  changed(): void
  note?(plan: string, note: Note): void
  /** Longest time between two looks at the clock, ms. */
  lookEveryMs?: number
}

/** A timer set for hours is late by as long as the machine slept; looks this far apart notice what happened. */
const usualLookMs = 30_000
/** Wall clock and monotonic clock that drift apart by more than this between two looks: sleep, or a clock that was set. */
const jumpMs = 5_000

/**
 * Begins the runs of plans when they are due. It trusts no timer: whenever it wakes it asks the plans' accounts what
 * has come due, so that sleep, restarts and clocks that are set forward or back cost no run and double none.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps
  /** Runs of this process. */
  readonly #running = new Map<string, Promise<void>>()
  /** Runs that this process is just starting: their note is no trace of a crash. */
  readonly #starting = new Set<string>()
  readonly #quiet = new Map<string, { handled: number; settings: string; until: number }>()
  readonly #telling = new Set<Promise<void>>()
  #timer: { cancel(): void } | undefined
  #looking: Promise<void> | undefined
  #again = false
  #stopped = true
  #seen: { wall: number; monotonic: number } | undefined

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#stopped = false
    this.look()
  }

  /** Begins nothing more. Runs that go on are left to whoever started them; resolves when no start is half done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#looking
    await Promise.all(this.#telling)
  }

  /** Looks now: something has changed. */
  look(): void {
    if (this.#stopped) return
    this.#again = true
    this.#looking ??= this.#looks().finally(() => (this.#looking = undefined))
  }

  async #looks(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      this.#timer?.cancel()
      let wake = this.#deps.lookEveryMs ?? usualLookMs
      try {
        wake = Math.min(wake, await this.#lookAtAll())
      } catch (err) {
        this.#deps.log('error', 'the plans could not be looked at', { err })
      }
      if (!this.#stopped) this.#timer = this.#deps.timers.after(Math.max(1, wake), () => this.look())
    }
  }

  /** @returns ms until the next due time */
  async #lookAtAll(): Promise<number> {
    this.#noticeJump()
    const { entries } = await this.#deps.plans.list()
    let wake = Infinity
    for (const record of entries) {
      if (record.state !== 'scheduled' || this.#stopped) continue
      try {
        wake = Math.min(wake, await this.#lookAt(record))
      } catch (err) {
        // One plan that cannot be dealt with must not silence the others.
        this.#deps.log('error', 'a plan could not be looked at', { plan: record.settings.name, err })
      }
    }
    return wake
  }

  async #lookAt(record: PlanRecord): Promise<number> {
    const { clock } = this.#deps
    const { settings } = record
    const { name } = settings
    const now = clock.now()
    const quiet = this.#quiet.get(name)
    const key = `${JSON.stringify(settings.schedule)} ${settings.zone}`
    const { handled, waiting, beginning } = record.account
    if (quiet && !waiting && !beginning && quiet.handled === handled && quiet.settings === key)
      if (now >= handled && now < quiet.until) return quiet.until - now
    if (beginning && !this.#starting.has(name)) await this.#recover(record)
    const after = await this.#attend(record, now)
    const until = after ? nextDue(settings.schedule, settings.zone, Math.max(now, after.handled)) : null
    if (!after || after.waiting || until === null) this.#quiet.delete(name)
    else this.#quiet.set(name, { handled: after.handled, settings: key, until })
    return until === null ? Infinity : until - clock.now()
  }

  /** @returns its account afterwards; null when it is scheduled no more */
  async #attend(record: PlanRecord, now: number): Promise<Account | null> {
    const { id, plans } = this.#deps
    const { name } = record.settings
    const glance = settle(record.settings, record.account, now, id, null)
    const obstacle = glance.account.waiting ? await this.#obstacle(record.settings) : null
    let settled = glance
    let begin = null as number | null
    const stored = await plans.change(name, current => {
      if (current.state !== 'scheduled') return current
      settled = settle(current.settings, current.account, now, id, obstacle)
      const { waiting, beginning } = settled.account
      begin = waiting && !obstacle && !beginning && !this.#starting.has(name) ? waiting.due : null
      if (begin === null) return { ...current, account: settled.account }
      this.#starting.add(name)
      return { ...current, account: { ...settled.account, beginning: { due: begin, at: now } } }
    })
    if (!stored || stored.state !== 'scheduled') {
      this.#starting.delete(name)
      return null
    }
    for (const note of settled.notes) this.#deps.note?.(name, note)
    if (settled.notes.length > 0 || settled.tell) this.#deps.changed()
    if (settled.tell) this.#tell(stored.settings, settled.tell)
    return begin === null ? stored.account : await this.#begin(stored.settings, begin)
  }

  async #obstacle(settings: PlanSettings): Promise<Obstacle | null> {
    if (this.#running.has(settings.name)) return { kind: 'busy', reason: busyReason }
    try {
      await this.#deps.ready(settings)
      return null
    } catch (err) {
      return obstacleOf(err)
    }
  }

  async #begin(settings: PlanSettings, due: number): Promise<Account | null> {
    let stored: PlanRecord | null = null
    const { name } = settings
    const { log } = this.#deps
    let has = false
    try {
      const run = await this.#deps.begin(settings, due)
      has = true
      const ended = run.ended.finally(() => {
        this.#running.delete(name)
        this.#deps.changed()
        this.look()
      })
      this.#running.set(name, ended)
      stored = await this.#noteBegun(name, due, run.id)
    } catch (err) {
      log('warn', has ? 'a run that began could not be noted' : 'a run could not begin', { plan: name, err })
      // Nothing has begun: the due time waits on, and the next look tries again. What has begun is found by its record.
      if (!has) stored = await this.#putOff(name, obstacleOf(err).reason)
    } finally {
      this.#starting.delete(name)
    }
    this.#deps.changed()
    return stored?.account ?? null
  }

  async #putOff(name: string, reason: string): Promise<PlanRecord | null> {
    return await this.#deps.plans.change(name, current => {
      const { waiting } = current.account
      const account = { ...current.account, beginning: null, waiting: waiting && { ...waiting, reason } }
      return { ...current, account }
    })
  }

  async #noteBegun(name: string, due: number, run: string): Promise<PlanRecord | null> {
    const notes: Note[] = []
    const stored = await this.#deps.plans.change(name, current => {
      notes.length = 0
      return { ...current, account: begun(current.settings, current.account, due, notes), lastRun: run }
    })
    for (const note of notes) this.#deps.note?.(name, note)
    return stored
  }

  /** A process died between the note that a run begins and the note that it has begun. */
  async #recover({ settings, account: { beginning } }: PlanRecord): Promise<void> {
    if (!beginning) return
    const found = await this.#deps.findRun(settings, beginning.due, beginning.at)
    if (found !== null) await this.#noteBegun(settings.name, beginning.due, found)
    else
      await this.#deps.plans.change(settings.name, current => ({
        ...current,
        account: { ...current.account, beginning: null },
      }))
  }

  #tell(settings: PlanSettings, why: { since: number; reason: string }): void {
    const told = this.#deps
      .overdue(settings, why)
      .catch((err: unknown) => this.#deps.log('error', 'an overdue run could not be told', { err }))
      .finally(() => this.#telling.delete(told))
    this.#telling.add(told)
  }

  #noticeJump(): void {
    const now = { wall: this.#deps.clock.now(), monotonic: this.#deps.clock.monotonic() }
    const before = this.#seen
    this.#seen = now
    if (!before) return
    const jump = now.wall - before.wall - (now.monotonic - before.monotonic)
    if (Math.abs(jump) < jumpMs) return
    const seconds = Math.round(Math.abs(jump) / 1000)
    this.#deps.log(
      'info',
      jump > 0 ? 'the machine slept or its clock was set forward' : 'the clock was set back',
      {
        seconds,
      },
    )
    this.#deps.changed()
  }
}

function obstacleOf(err: unknown): Obstacle {
  if (err instanceof EngineError && err.code === 'run.conflict') return { kind: 'busy', reason: busyReason }
  return { kind: 'blocked', reason: reasonOf(toFailure(err, 'plan.run')) }
}
