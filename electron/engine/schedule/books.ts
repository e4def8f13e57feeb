import { z } from 'zod'
import type { SystemRecord } from '../../../shared/plan.ts'
import { systemRecord } from '../../../shared/plan.ts'
import { EngineError } from '../engine-error.ts'
import type { UnreadableEntry } from './entry-book.ts'
import { EntryBook, textAt } from './entry-book.ts'
import type { PlanRecord } from './plan-record.ts'
import { planRecord } from './plan-record.ts'

/** The plans: `plans.json` in the state folder, in the order in which they were added. */
export class PlanBook {
  readonly #book: EntryBook<PlanRecord>

  constructor(home: string) {
    this.#book = new EntryBook({
      home,
      called: 'plans',
      schema: planRecord,
      nameOf: record => record.settings.name,
      nameOfRaw: raw => textAt(raw, 'settings', 'name'),
    })
  }

  list(): Promise<{ entries: PlanRecord[]; unreadable: UnreadableEntry[] }> {
    return this.#book.list()
  }

  /** @throws EngineError `input.invalid` for a name that no plan has */
  async get(name: string): Promise<PlanRecord> {
    const found = await this.#book.find(name)
    if (found) return found
    const known = (await this.list()).entries.map(({ settings }) => settings.name).join(', ')
    throw new EngineError('input.invalid', 'plan.get', {
      subject: name,
      detail: known ? `no such plan; there are ${known}` : 'no plan has been added yet',
    })
  }

  /** @throws EngineError `input.invalid` when the name is taken, also by an entry that cannot be read */
  async add(record: PlanRecord): Promise<void> {
    const { name } = record.settings
    const taken = () =>
      new EngineError('input.invalid', 'plan.save', { subject: name, detail: 'a plan of this name exists' })
    if ((await this.list()).unreadable.some(entry => entry.name === name)) throw taken()
    await this.#book.change(entries => {
      if (entries.some(({ settings }) => settings.name === name)) throw taken()
      return [...entries, record]
    })
  }

  /**
   * Changes one plan under the lock. `edit` may throw, and answers null to remove it.
   * @returns what it is now; null when there is none of that name
   */
  async change(name: string, edit: (record: PlanRecord) => PlanRecord | null): Promise<PlanRecord | null> {
    let now: PlanRecord | null = null
    await this.#book.change(entries =>
      entries.flatMap(entry => {
        if (entry.settings.name !== name) return [entry]
        now = edit(entry)
        if (
          now &&
          now.settings.name !== name &&
          entries.some(({ settings }) => settings.name === now?.settings.name)
        )
          throw new EngineError('input.invalid', 'plan.save', {
            subject: now.settings.name,
            detail: 'a plan of this name exists',
          })
        return now ? [now] : []
      }),
    )
    return now
  }

  /** Plans follow the new name of their system. */
  async renameSystem(from: string, to: string): Promise<void> {
    await this.#book.change(entries =>
      entries.map(entry =>
        entry.settings.system === from ? { ...entry, settings: { ...entry.settings, system: to } } : entry,
      ),
    )
  }
}

/** The systems: `systems.json` in the state folder. */
export class SystemBook {
  readonly #book: EntryBook<SystemRecord>

  constructor(home: string) {
    this.#book = new EntryBook({
      home,
      called: 'systems',
      schema: systemRecord,
      nameOf: record => record.name,
      nameOfRaw: raw => textAt(raw, 'name'),
    })
  }

  async list(): Promise<SystemRecord[]> {
    return (await this.#book.list()).entries
  }

  find(name: string): Promise<SystemRecord | null> {
    return this.#book.find(name)
  }

  /** Adds it, or puts it in the place of the one called `replaces`. @throws EngineError `input.invalid` when the name is taken */
  async put(record: SystemRecord, replaces: string | null): Promise<void> {
    await this.#book.change(entries => {
      if (record.name !== replaces && entries.some(({ name }) => name === record.name))
        throw new EngineError('input.invalid', 'system.save', {
          subject: 'name',
          detail: 'a system of this name exists',
        })
      if (replaces === null) return [...entries, record]
      return entries.map(entry => (entry.name === replaces ? record : entry))
    })
  }

  async remove(name: string): Promise<void> {
    await this.#book.change(entries => entries.filter(entry => entry.name !== name))
  }
}

const looseServers = z.object({ settings: z.object({ name: z.string(), servers: z.array(z.string()) }) })

/**
 * The plans that store on a server, also those that this version cannot read in full.
 * @returns their names
 */
export async function plansUsingServer(home: string, server: string): Promise<string[]> {
  const book = new EntryBook({
    home,
    called: 'plans',
    schema: looseServers,
    nameOf: entry => entry.settings.name,
    nameOfRaw: () => '',
  })
  const { entries } = await book.list()
  return entries
    .filter(({ settings }) => settings.servers.includes(server))
    .map(({ settings }) => settings.name)
}
