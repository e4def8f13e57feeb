import type { InputOf } from '../../../shared/contract/index.ts'
import type { PlanNote } from '../../../shared/contract/plan.ts'
import type { OtherPlan } from '../../../shared/director-schedule.ts'
import { directorPlanNotes } from '../../../shared/director-schedule.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { runsADay } from '../../../shared/schedule/index.ts'
import type { Engine } from '../engine.ts'
import type { Clock } from '../ports.ts'

/** How long an answer of a server counts, that it gave none, and how long one is waited for, ms. */
const keptMs = 10 * 60_000
const failedMs = 60_000
const patienceMs = 1500

/** What holds for a plan of a Director that is being made. Servers are asked whether the vendor's repositories are there. */
export class PlanNotes {
  readonly #engine: Engine
  readonly #clock: Clock
  /** By server: one of the vendor's folders that lies there, as it was asked last. */
  readonly #folders = new Map<string, { at: number; folder: Promise<string | null> }>()

  constructor({ engine, clock }: { engine: Engine; clock: Clock }) {
    this.#engine = engine
    this.#clock = clock
  }

  /** @param plans all there are. Never fails: what cannot be asked is not told. */
  async of(
    { schedule, zone, source, servers = [], plan }: InputOf<'plan.preview'>,
    plans: readonly PlanSettings[],
    now: number,
  ): Promise<PlanNote[]> {
    if (source?.kind !== 'director') return []
    const engine = this.#engine
    const deployments = (await engine.directors.deployments.book.list()).records
    const deployment = deployments.find(({ name }) => name === source.deployment)
    const { records } = await engine.servers.list()
    const chosen = records.filter(({ name }) => servers.includes(name))
    const others = plans.flatMap(({ name, source: of, schedule: when, zone: where }): OtherPlan[] =>
      name !== plan && of.kind === 'director' && of.deployment === source.deployment
        ? [{ name, part: of.part, runsADay: runsADay(when, where, now) }]
        : [],
    )
    return directorPlanNotes({
      source: { ...source, part: source.part ?? 'configuration' },
      ...{ schedule, zone, now, others },
      servers: await Promise.all(
        chosen.map(async ({ name, type }) => ({ name, type, folder: await this.#folderOn(name) })),
      ),
      portal: deployment?.portal,
      analyticsSet: (deployment?.analytics?.command ?? null) !== null,
    })
  }

  /** Null also when nobody knows yet: the answer is there the next time. */
  async #folderOn(server: string): Promise<string | null> {
    const now = this.#clock.monotonic()
    let known = this.#folders.get(server)
    if (!known || now - known.at > keptMs) {
      known = { at: now, folder: this.#ask(server, now) }
      this.#folders.set(server, known)
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>(resolve => (timer = setTimeout(() => resolve(null), patienceMs)))
    return await Promise.race([known.folder, late]).finally(() => clearTimeout(timer))
  }

  async #ask(server: string, now: number): Promise<string | null> {
    try {
      const store = await this.#engine.servers.open(server)
      return (await store.vendorFolder?.()) ?? null
    } catch {
      const known = this.#folders.get(server)
      if (known) known.at = now - keptMs + failedMs // It may be there by then.
      return null
    }
  }
}
