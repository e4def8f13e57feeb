import type { DirectorLine } from '../../../../../shared/contract/director.ts'
import type { SiteCheck } from '../../../../../shared/contract/site.ts'
import { EngineError } from '../../../engine-error.ts'
import type { DirectorParts } from '../parts.ts'
import { CheckBook } from './check-book.ts'
import { checkSite } from './check-site.ts'

/** Directors as systems: looked at without changing anything, the last finding kept. */
export class Sites {
  readonly #parts: DirectorParts
  readonly #book: CheckBook

  constructor(parts: DirectorParts) {
    this.#parts = parts
    this.#book = new CheckBook(parts.home)
  }

  /** The last check of each deployment that was checked as it is now; kept in the state folder. */
  async checks(): Promise<ReadonlyMap<string, SiteCheck>> {
    const { records } = await this.#parts.deployments.book.list()
    return await this.#book.read(records)
  }

  /**
   * Looks at a Director and keeps the finding. Nothing is changed there; it takes less than 30 s.
   * @param told hears each line as soon as it is known
   * @throws the reason of `signal`; EngineError `input.invalid` for an unknown deployment, `auth.vault-*` when what opens
   *   its host cannot be had: that says nothing about the Director, and nothing is kept
   */
  async check(
    name: string,
    { told }: { told: (line: DirectorLine) => void },
    signal: AbortSignal,
  ): Promise<SiteCheck> {
    const { deployments, clock, learn, mask, log } = this.#parts
    const deployment = await deployments.book.get(name)
    await deployments.requireOpenable(name)
    const found = await checkSite(
      { deployment, openHost: () => deployments.open(deployment), ssh: deployments.ssh, clock, learn },
      { told: line => told(masked(line, mask)), signal },
    )
    const at = new Date(clock.now()).toISOString()
    const check = masked({ at, ...found }, mask)
    try {
      const { records } = await deployments.book.list()
      await this.#book.keep(deployment, check, records)
    } catch (err) {
      // It is told all the same; only the next start does not know it.
      log('warn', 'the check of a Director could not be kept', {
        deployment: name,
        code: err instanceof EngineError ? err.code : 'internal',
      })
    }
    return check
  }
}

/** Hosts say what they like, and errors repeat it: every text is looked through for secrets. */
function masked<T>(value: T, mask: (text: string) => string): T {
  if (typeof value === 'string') return mask(value) as T
  if (Array.isArray(value)) return value.map(item => masked<unknown>(item, mask)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, masked<unknown>(item, mask)]),
  ) as T
}
