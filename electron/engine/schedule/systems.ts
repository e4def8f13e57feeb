import type { SystemRecord } from '../../../shared/plan.ts'
import { systemRecord } from '../../../shared/plan.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import type { DeploymentBook } from '../system/director/deployment/index.ts'
import type { PlanBook, SystemBook } from './books.ts'

/** The systems, and that plans and systems go together. */
export class Systems {
  readonly #book: SystemBook
  readonly #plans: PlanBook
  readonly #clock: Clock
  readonly #deployments: Pick<DeploymentBook, 'list'>
  readonly #changed: () => void

  constructor(deps: {
    book: SystemBook
    plans: PlanBook
    clock: Clock
    deployments: Pick<DeploymentBook, 'list'>
    changed: () => void
  }) {
    this.#book = deps.book
    this.#plans = deps.plans
    this.#clock = deps.clock
    this.#deployments = deps.deployments
    this.#changed = deps.changed
  }

  list(): Promise<SystemRecord[]> {
    return this.#book.list()
  }

  find(name: string): Promise<SystemRecord | null> {
    return this.#book.find(name)
  }

  /** @throws EngineError `input.invalid` when it is not there */
  async get(name: string): Promise<SystemRecord> {
    const found = await this.#book.find(name)
    if (found) return found
    throw new EngineError('input.invalid', 'system.get', { subject: name, detail: 'no such system' })
  }

  /**
   * Adds it, or replaces the one called `replaces`; plans follow a new name.
   * @throws EngineError `input.invalid` with the path of what is wrong as its subject
   */
  async save(raw: Omit<SystemRecord, 'added'>, replaces: string | null): Promise<SystemRecord> {
    const earlier = replaces === null ? null : await this.get(replaces)
    const added = earlier?.added ?? new Date(this.#clock.now()).toISOString()
    const parsed = systemRecord.safeParse({ ...raw, added })
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new EngineError('input.invalid', 'system.save', {
        subject: issue?.path.map(String).join('.') ?? '',
        detail: issue?.message ?? 'unknown shape',
      })
    }
    if (parsed.data.deployment !== earlier?.deployment || parsed.data.kind !== earlier?.kind)
      await this.#refuseDeployment(parsed.data)
    await this.#book.put(parsed.data, replaces)
    if (replaces !== null && replaces !== parsed.data.name)
      await this.#plans.renameSystem(replaces, parsed.data.name)
    this.#changed()
    return parsed.data
  }

  async #refuseDeployment({ kind, deployment }: SystemRecord): Promise<void> {
    if (deployment === undefined) return
    const refuse = (detail: string) =>
      new EngineError('input.invalid', 'system.save', { subject: 'deployment', detail })
    if (kind !== 'director') throw refuse('only a Director has a deployment folder')
    const { records } = await this.#deployments.list()
    if (!records.some(({ name }) => name === deployment)) throw refuse(`no such deployment: ${deployment}`)
  }

  /** @throws EngineError `run.conflict` while a plan belongs to it */
  async remove(name: string): Promise<void> {
    await this.get(name)
    const { entries } = await this.#plans.list()
    const plans = entries
      .filter(({ settings }) => settings.system === name)
      .map(({ settings }) => settings.name)
    if (plans.length > 0)
      throw new EngineError('run.conflict', 'system.remove', {
        subject: name,
        detail: `plans belong to it: ${plans.join(', ')}`,
      })
    await this.#book.remove(name)
    this.#changed()
  }
}
