import { join } from 'node:path'
import type { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { readListFile } from '../state/list-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

/** An entry that this version cannot read. It is kept as it stands and hides no other. */
export type UnreadableEntry = { name: string; detail: string }

export type EntryBookOptions<T> = {
  /** The state folder. */
  home: string
  /** What the file is called, without `.json`; also the key of the list in it. */
  called: string
  schema: z.ZodType<T>
  nameOf: (entry: T) => string
  /** The name of an entry that cannot be read, as far as it can be told. */
  nameOfRaw: (raw: unknown) => string
}

/**
 * A list of named records in one JSON file of the state folder. Every change is made under a lock, on what the file
 * holds at that moment, and replaces the file as a whole.
 */
export class EntryBook<T> {
  readonly file: string
  readonly #options: EntryBookOptions<T>

  constructor(options: EntryBookOptions<T>) {
    this.#options = options
    this.file = join(options.home, `${options.called}.json`)
  }

  async list(): Promise<{ entries: T[]; unreadable: UnreadableEntry[] }> {
    const entries: T[] = []
    const unreadable: UnreadableEntry[] = []
    for (const raw of await this.#read()) {
      const parsed = this.#options.schema.safeParse(raw)
      if (parsed.success) entries.push(parsed.data)
      else {
        const [issue] = parsed.error.issues
        const detail = issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown shape'
        unreadable.push({ name: this.#options.nameOfRaw(raw), detail })
      }
    }
    return { entries, unreadable }
  }

  /** Null when there is none. @throws EngineError `data.format` when it is there and cannot be read */
  async find(name: string): Promise<T | null> {
    const { entries, unreadable } = await this.list()
    const found = entries.find(entry => this.#options.nameOf(entry) === name)
    if (found !== undefined) return found
    const broken = unreadable.find(entry => entry.name === name)
    if (!broken) return null
    throw new EngineError('data.format', `${this.#options.called}.read`, {
      subject: name,
      detail: `its record cannot be read: ${broken.detail}`,
    })
  }

  /**
   * Edits the list under the lock. `edit` gets each readable entry by name and answers the new ones; entries that
   * cannot be read stay where they are. Nothing is written when nothing has changed.
   */
  async change(edit: (entries: readonly T[]) => readonly T[]): Promise<void> {
    const { home, called, schema } = this.#options
    makeFolders(home, 0o700)
    const lock = await acquireLock(join(home, `${called}.lock`), {
      waitMs: 10_000,
      subject: `${called}.json`,
    })
    try {
      const raws = await this.#read()
      const parsed = raws.map(raw => schema.safeParse(raw))
      const before = parsed.flatMap(one => (one.success ? [one.data] : []))
      const after = edit(before)
      if (after === before || JSON.stringify(after) === JSON.stringify(before)) return
      await this.#write([...raws.filter((_raw, index) => !parsed[index]?.success), ...after])
    } finally {
      await lock.release()
    }
  }

  async #write(entries: readonly unknown[]): Promise<void> {
    const { called } = this.#options
    await writeFileAtomically(this.file, `${JSON.stringify({ version: 1, [called]: entries }, null, 2)}\n`)
  }

  async #read(): Promise<unknown[]> {
    const { home, called } = this.#options
    return await readListFile(home, called, `${called}.read`)
  }
}

/** `name` of what may be anything. */
export function textAt(raw: unknown, ...path: string[]): string {
  let value = raw
  for (const key of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return typeof value === 'string' ? value : ''
}
