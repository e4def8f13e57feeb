import { join } from 'node:path'
import type { Deployment } from '../../../../../shared/director.ts'
import { deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import { readListFile } from '../../../state/list-file.ts'
import { acquireLock } from '../../../state/lock-file.ts'
import { makeFolders } from '../../../state/make-folders.ts'

/** An entry that this version cannot read; it is kept as it stands. */
export type UnreadableDeployment = { name: string; detail: string }

/** The deployment folders that Drydock knows, in the order of adding: `deployments.json`, without secrets. */
export class DeploymentBook {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  async list(): Promise<{ records: Deployment[]; unreadable: UnreadableDeployment[] }> {
    const records: Deployment[] = []
    const unreadable: UnreadableDeployment[] = []
    for (const raw of await this.#read()) {
      const parsed = deployment.safeParse(raw)
      if (parsed.success) records.push(parsed.data)
      else unreadable.push({ name: nameOf(raw), detail: parsed.error.issues[0]?.message ?? 'unknown shape' })
    }
    return { records, unreadable }
  }

  /** @throws EngineError `input.invalid` for a name nobody added, `data.format` for an entry that cannot be read */
  async get(name: string): Promise<Deployment> {
    const { records, unreadable } = await this.list()
    const found = records.find(record => record.name === name)
    if (found) return found
    const broken = unreadable.find(one => one.name === name)
    if (broken)
      throw new EngineError('data.format', 'director.get', {
        subject: name,
        detail: `its record cannot be read: ${broken.detail}`,
      })
    const known = records.map(record => record.name).join(', ')
    throw new EngineError('input.invalid', 'director.get', {
      subject: name,
      detail: known ? `no such deployment; there are ${known}` : 'no deployment has been added yet',
    })
  }

  /** @throws EngineError `input.invalid` when the name is taken */
  async add(record: Deployment): Promise<void> {
    await this.#change(entries => {
      if (entries.some(raw => nameOf(raw) === record.name)) throw taken(record.name)
      return [...entries, record]
    })
  }

  /**
   * Replaces the record of this name, keeping its place in the order. @param named the name it had, when it gets another
   * @throws EngineError `input.invalid` when the new name is taken, or nobody has the old one
   */
  async replace(record: Deployment, named = record.name): Promise<void> {
    await this.#change(entries => {
      if (named !== record.name && entries.some(raw => nameOf(raw) === record.name)) throw taken(record.name)
      if (!entries.some(raw => nameOf(raw) === named))
        throw new EngineError('input.invalid', 'director.save', {
          subject: named,
          detail: 'there is no such deployment any more',
        })
      return entries.map(raw => (nameOf(raw) === named ? record : raw))
    })
  }

  async remove(name: string): Promise<void> {
    await this.#change(entries => entries.filter(raw => nameOf(raw) !== name))
  }

  async #change(edit: (entries: unknown[]) => unknown[]): Promise<void> {
    makeFolders(this.#home, 0o700)
    const lock = await acquireLock(join(this.#home, 'deployments.lock'), {
      waitMs: 10_000,
      subject: 'deployments.json',
    })
    try {
      const deployments = edit(await this.#read())
      await writeFileAtomically(
        join(this.#home, 'deployments.json'),
        `${JSON.stringify({ version: 1, deployments }, null, 2)}\n`,
      )
    } finally {
      await lock.release()
    }
  }

  #read(): Promise<unknown[]> {
    return readListFile(this.#home, 'deployments', 'director.list')
  }
}

const taken = (name: string) =>
  new EngineError('input.invalid', 'director.add', {
    subject: name,
    detail: 'a deployment of this name exists',
  })

const nameOf = (raw: unknown): string =>
  typeof raw === 'object' && raw !== null && typeof (raw as { name?: unknown }).name === 'string'
    ? (raw as { name: string }).name
    : ''
