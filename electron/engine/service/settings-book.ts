import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../../../shared/contract/app.ts'
import { settings } from '../../../shared/contract/app.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { makeFolders } from '../state/make-folders.ts'

export const settingsFile = 'settings.json'

/** The operator's settings: `settings.json` in the state folder. What cannot be read has its default, the rest holds. */
export class SettingsBook {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  async read(): Promise<Settings> {
    let raw: unknown
    try {
      raw = JSON.parse(await readFile(join(this.#home, settingsFile), 'utf8'))
    } catch {
      // None were saved yet, or the file is no JSON: nothing in it can be used.
      return settings.parse({})
    }
    const given = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
    // Each by itself, so that one bad value does not take the others with it.
    const good = Object.entries(settings.shape).flatMap(([key, schema]) => {
      const parsed = schema.safeParse(given[key])
      return parsed.success ? [[key, parsed.data] as const] : []
    })
    return settings.parse(Object.fromEntries(good))
  }

  async save(next: Settings): Promise<void> {
    makeFolders(this.#home, 0o700)
    await writeFileAtomically(join(this.#home, settingsFile), `${JSON.stringify(next, null, 2)}\n`)
  }
}
