import { setImmediate as turn } from 'node:timers/promises'
import type { PlanSettings } from '../../../shared/plan.ts'
import type { Note } from '../../../electron/engine/schedule/account.ts'
import type { PlanRecord } from '../../../electron/engine/schedule/plan-record.ts'
import { freshAccount } from '../../../electron/engine/schedule/plan-record.ts'
import type { SchedulerDeps } from '../../../electron/engine/schedule/scheduler.ts'
import { Scheduler } from '../../../electron/engine/schedule/scheduler.ts'
import type { EngineError } from '../../../electron/engine/engine-error.ts'

type Timer = { at: number; run: () => void; owner: number }
export type FakeRun = { id: string; plan: string; due: number; began: number }

/** The same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A fake machine: its clocks, its timers, its disk with plans, and processes that hold the schedule. */
export class World {
  /** What a wall clock shows beyond the monotonic one. Sleep and clocks that are set change it. */
  offset: number
  mono = 0
  /** Plans as text: what survives a process. */
  readonly disk = new Map<string, string>()
  readonly runs: FakeRun[] = []
  readonly notes: { plan: string; note: Note }[] = []
  readonly told: { plan: string; since: number; reason: string; at: number }[] = []
  readonly active = new Map<string, FakeRun>()
  /** Why runs of a plan cannot begin. */
  readonly blocked = new Map<string, EngineError>()
  /** How long a run takes, ms. */
  duration: (run: FakeRun) => number = () => 60_000
  /** Asked at every start: whether the process dies before or after the run is there. */
  dies: () => 'before' | 'after' | null = () => null
  lookEveryMs = 30_000
  private timers: Timer[] = []
  private process = 0
  private scheduler: Scheduler | undefined

  constructor(start: number) {
    this.offset = start
  }

  get wall(): number {
    return this.mono + this.offset
  }

  add(settings: PlanSettings): void {
    const created = new Date(this.wall).toISOString()
    const account = freshAccount(this.wall)
    this.put({ settings, state: 'scheduled', created, account, lastRun: null })
  }

  plan(name: string): PlanRecord {
    return JSON.parse(this.disk.get(name) ?? '') as PlanRecord
  }

  boot(): void {
    const owner = ++this.process
    const alive = () => owner === this.process
    const check = () => {
      if (!alive()) throw new Error('this process is dead')
    }
    const deps: SchedulerDeps = {
      id: `process-${owner}`,
      clock: { now: () => this.wall, monotonic: () => this.mono },
      timers: { after: (ms, run) => this.after(owner, ms, run) },
      log: () => {},
      lookEveryMs: this.lookEveryMs,
      plans: {
        list: async () => {
          check()
          return { entries: [...this.disk.keys()].map(name => this.plan(name)) }
        },
        change: async (name, edit) => {
          check()
          const now = edit(this.plan(name))
          if (now) this.put(now)
          return now
        },
      },
      ready: async ({ name }) => {
        const why = this.blocked.get(name)
        if (why) throw why
      },
      begin: async ({ name }, due) => {
        const death = this.dies()
        if (death === 'before') this.kill()
        check()
        if (this.active.has(name)) throw new Error(`two runs of ${name} at once`)
        const run = { id: `run-${this.runs.length}`, plan: name, due, began: this.wall }
        this.runs.push(run)
        this.notes.push({ plan: name, note: { due, as: 'ran' } })
        this.active.set(name, run)
        const ended = Promise.withResolvers<void>()
        this.after(owner, this.duration(run), () => {
          this.active.delete(name)
          ended.resolve()
        })
        if (death === 'after') this.kill()
        return { id: run.id, ended: ended.promise }
      },
      findRun: async ({ name }, due) =>
        this.runs.find(run => run.plan === name && run.due === due)?.id ?? null,
      overdue: async ({ name }, why) => void this.told.push({ plan: name, ...why, at: this.wall }),
      changed: () => {},
      // What ran is known from the runs themselves.
      note: (plan, note) => void (note.as === 'ran' || this.notes.push({ plan, note })),
    }
    this.scheduler = new Scheduler(deps)
    this.scheduler.start()
  }

  get alive(): boolean {
    return this.scheduler !== undefined
  }

  /** As `kill -9`: its timers and its runs are gone with it. */
  kill(): void {
    const owner = this.process++
    this.timers = this.timers.filter(timer => timer.owner !== owner)
    this.active.clear()
    this.scheduler = undefined
  }

  /** Lets monotonic time pass, timers fire. */
  async pass(ms: number): Promise<void> {
    const end = this.mono + ms
    await turn()
    for (;;) {
      const next = this.timers.reduce<Timer | null>((a, b) => (a && a.at <= b.at ? a : b), null)
      if (!next || next.at > end) break
      this.mono = Math.max(this.mono, next.at)
      this.timers.splice(this.timers.indexOf(next), 1)
      next.run()
      await turn()
    }
    this.mono = end
  }

  private after(owner: number, ms: number, run: () => void): { cancel: () => void } {
    const timer = { at: this.mono + ms, run, owner }
    if (owner === this.process) this.timers.push(timer)
    return { cancel: () => void (this.timers = this.timers.filter(other => other !== timer)) }
  }

  private put(record: PlanRecord): void {
    this.disk.set(record.settings.name, JSON.stringify(record))
  }
}

/** Settings of a plan with what its schedule needs, and defaults for the rest. */
export function planOf(name: string, rest: Partial<PlanSettings> = {}): PlanSettings {
  return {
    name,
    system: 'Documents',
    source: { kind: 'files', paths: ['/srv/docs'], excludes: [] },
    schedule: { kind: 'daily', at: '02:30' },
    zone: 'UTC',
    servers: ['nas'],
    keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
    compression: 'zstd',
    level: 3,
    encryptTo: null,
    before: null,
    after: null,
    missed: 'latest',
    limit: null,
    verifyAfter: false,
    ...rest,
  }
}
