import type { PlanSettings } from '../../../shared/plan.ts'
import type { BackupOutcome } from '../backup/backup-run.ts'
import type { Engine } from '../engine.ts'
import { isBackup } from '../../../shared/run.ts'
import { EngineError } from '../engine-error.ts'
import type { Log } from '../ports.ts'
import type { StartedRun, StoredRun } from '../run/index.ts'
import type { CancelledBy } from '../run/index.ts'
import type { Vault } from '../vault/index.ts'
import type { AfterRun } from './after-run.ts'
import { startBackupOf } from './plan-checks.ts'
import { isPlanRunning } from './plan-lock.ts'
import type { UsualSettings } from './usual-settings.ts'

/** Where a plan's passphrase lies. The value is `{"passphrase":…}`. */
export const passphraseKey = (plan: string): string => `plan:${plan}`

export async function passphraseOf(vault: Vault, plan: string): Promise<string | null> {
  const text = await vault.get(passphraseKey(plan))
  if (text === null) return null
  const value = JSON.parse(text) as { passphrase?: unknown }
  return typeof value.passphrase === 'string' ? value.passphrase : null
}

export type PlanRunsDeps = {
  engine: Engine
  vault: Vault
  home: string
  log: Log
  afterRun: AfterRun
  settings: () => Promise<UsualSettings>
}

/** A run of a plan in this process. */
export type PlanRun = {
  run: StartedRun
  /** The run has ended and what belongs to it (retention) is done; the next may begin. Never rejects. */
  ended: Promise<void>
  /** Everything after it (the verification) is done too. Never rejects. */
  settled: Promise<void>
}

/** Executes plans: the backup, then what comes after it. */
export class PlanRuns {
  readonly #deps: PlanRunsDeps
  readonly #runs = new Set<StartedRun>()
  readonly #settling = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(deps: PlanRunsDeps) {
    this.#deps = deps
  }

  /** @throws EngineError why a run cannot begin now: `run.conflict` while one goes on, a locked vault, a missing server */
  async ready(settings: PlanSettings): Promise<void> {
    const { engine, vault, home } = this.#deps
    if (await isPlanRunning(home, settings.name))
      throw new EngineError('run.conflict', 'plan.run', {
        subject: settings.name,
        detail: 'a run of this plan goes on',
      })
    for (const name of settings.servers) {
      const server = await engine.servers.get(name)
      // Only whether it can be read: a server may do without a secret.
      if (server.type !== 'local') await vault.get(`server:${name}`)
    }
    const { source } = settings
    if (source.kind === 'director') {
      await this.requireCommand(settings)
      await engine.directors.deployments.requireOpenable(source.deployment)
    }
    await this.requirePassphrase(settings)
  }

  /** @throws EngineError `input.invalid` when it is of analytics data and nothing says how they are had */
  async requireCommand({ source }: PlanSettings): Promise<void> {
    if (source.kind === 'director' && source.part === 'analytics')
      await this.#deps.engine.directors.requireAnalytics(source.deployment)
  }

  /** @throws EngineError `auth.secret-missing` when the plan encrypts with one and it is not in the vault */
  async requirePassphrase(settings: PlanSettings): Promise<string | undefined> {
    if (settings.encryptTo !== 'passphrase') return undefined
    const passphrase = await passphraseOf(this.#deps.vault, settings.name)
    if (passphrase !== null) return passphrase
    throw new EngineError('auth.secret-missing', 'plan.run', {
      subject: settings.name,
      detail: 'the passphrase of the plan is not in the vault',
    })
  }

  /** What proves that a point decrypts; a vault that was locked meanwhile is no reason not to read it back. */
  #passphraseOf(settings: PlanSettings): Promise<string | undefined> {
    return this.requirePassphrase(settings).catch(() => undefined)
  }

  async begin(settings: PlanSettings, due: number | null): Promise<PlanRun> {
    const passphrase = await this.requirePassphrase(settings)
    const limit = settings.limit ?? (await this.#deps.settings()).limit
    const run = await startBackupOf(this.#deps.engine, { ...settings, limit }, due, passphrase)
    this.#runs.add(run)
    const ended = this.#finish(settings, run)
    const settled = ended.then(made =>
      made && settings.verifyAfter ? this.#verify(settings, made) : undefined,
    )
    this.#settling.add(settled)
    void settled.finally(() => this.#settling.delete(settled))
    return { run, ended: ended.then(() => {}), settled }
  }

  /** The run that was started for a due time, found by what its record says. */
  async find(settings: PlanSettings, due: number, at: number): Promise<string | null> {
    const { records } = await this.#deps.engine.runs.list()
    const said = new Date(due).toISOString()
    // A clock may have been set back since the note was made.
    const found = records.findLast(
      record => dueOf(record, settings.name) === said && Date.parse(record.started) >= at - 60_000,
    )
    return found?.id ?? null
  }

  /** Stops what goes on in this process, so that it can be resumed, and waits for it. */
  async stop(by: CancelledBy): Promise<void> {
    this.#stop.abort(new EngineError('cancelled', 'plan.run', { detail: 'Drydock was shutting down' }))
    for (const run of this.#runs) run.stop(by)
    await Promise.all(this.#settling)
  }

  /** @returns what it has made; null when that is nothing. Never rejects. */
  async #finish(
    settings: PlanSettings,
    run: StartedRun,
  ): Promise<{ point: string; servers: string[] } | null> {
    const record = await run.done
    this.#runs.delete(run)
    const made = madeBy(record)
    if (!made) return null
    try {
      await this.#deps.afterRun(settings, { run: record.id, ...made, signal: this.#stop.signal })
    } catch (err) {
      this.#deps.log('warn', 'what comes after a run of a plan failed', { plan: settings.name, err })
    }
    return made
  }

  async #verify(
    settings: PlanSettings,
    { point, servers }: { point: string; servers: string[] },
  ): Promise<void> {
    for (const server of servers) {
      if (this.#stop.signal.aborted) return
      try {
        const limit = settings.limit ?? (await this.#deps.settings()).limit
        const passphrase = await this.#passphraseOf(settings)
        const secret = passphrase === undefined ? undefined : { passphrase, kept: true }
        const run = await this.#deps.engine.startVerify({ point, server, deep: true, limit }, secret)
        this.#runs.add(run)
        await run.done
        this.#runs.delete(run)
      } catch (err) {
        this.#deps.log('warn', 'the verification after a run could not begin', {
          plan: settings.name,
          server,
          err,
        })
      }
    }
  }
}

function madeBy({ state, outcome }: StoredRun): { point: string; servers: string[] } | null {
  if (state !== 'succeeded' || outcome === null) return null
  const { point, servers } = outcome as BackupOutcome
  const done = Object.keys(servers).filter(name => servers[name] === 'done')
  return done.length > 0 ? { point, servers: done } : null
}

function dueOf({ kind, options }: StoredRun, plan: string): string | null {
  const said = (options ?? {}) as { plan?: unknown; ofPlan?: { due?: unknown } }
  const due = said.ofPlan?.due
  return isBackup(kind) && said.plan === plan && typeof due === 'string' ? due : null
}
