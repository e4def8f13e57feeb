import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { SiteCheck } from '../../../../../shared/contract/site.ts'
import { siteContract } from '../../../../../shared/contract/site.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import { acquireLock } from '../../../state/lock-file.ts'
import { makeFolders } from '../../../state/make-folders.ts'

export const siteChecksFile = 'director-checks.json'

const one = z.object({ of: z.string(), check: siteContract['site.check'].output })
const book = z.record(z.string(), z.unknown())

/**
 * What came of the last check of each deployment: `director-checks.json`, without secrets. Each entry says which
 * deployment it is of, by what was checked: one that was removed, renamed, moved to another host or given other
 * commands since has no check any more, whoever changed it.
 */
export class CheckBook {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  /** @param deployments those that there are now */
  async read(deployments: readonly Deployment[]): Promise<ReadonlyMap<string, SiteCheck>> {
    const kept = await this.#load()
    const checks = new Map<string, SiteCheck>()
    for (const deployment of deployments) {
      const parsed = one.safeParse(Object.hasOwn(kept, deployment.name) ? kept[deployment.name] : undefined)
      if (parsed.success && parsed.data.of === whatIsChecked(deployment))
        checks.set(deployment.name, parsed.data.check)
    }
    return checks
  }

  /** @param deployments those that there are now: others are forgotten on this occasion */
  async keep(deployment: Deployment, check: SiteCheck, deployments: readonly Deployment[]): Promise<void> {
    makeFolders(this.#home, 0o700)
    const lock = await acquireLock(join(this.#home, 'director-checks.lock'), {
      waitMs: 10_000,
      subject: siteChecksFile,
    })
    try {
      const names = new Set(deployments.map(({ name }) => name))
      const others = Object.entries(await this.#load()).filter(([name]) => names.has(name))
      const entry: z.infer<typeof one> = { of: whatIsChecked(deployment), check }
      const checks = { ...Object.fromEntries(others), [deployment.name]: entry }
      await writeFileAtomically(join(this.#home, siteChecksFile), `${JSON.stringify(checks, null, 2)}\n`)
    } finally {
      await lock.release()
    }
  }

  async #load(): Promise<Record<string, unknown>> {
    try {
      return book.parse(JSON.parse(await readFile(join(this.#home, siteChecksFile), 'utf8')))
    } catch {
      return {} // Nothing was checked yet, or the note cannot be read: then none counts.
    }
  }
}

/** A text that changes when another Director, or other commands, would be looked at; a key that was pinned does not. */
function whatIsChecked({ added, place, commands, analytics }: Deployment): string {
  const { kind, folder } = place
  const at = place.kind === 'ssh' ? [place.host, place.port, place.user, place.jump?.host ?? null] : []
  return createHash('sha256')
    .update(JSON.stringify([added, kind, folder, at, commands ?? null, analytics ?? null]))
    .digest('hex')
    .slice(0, 32)
}
