import { randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { switchDirections } from '../../../../../shared/contract/switch.ts'
import { directorModes } from '../../../../../shared/director-files.ts'
import { serverName } from '../../../../../shared/server.ts'
import { EngineError, fromFsError } from '../../../engine-error.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import type { Lock } from '../../../state/lock-file.ts'
import { acquireLock } from '../../../state/lock-file.ts'
import { makeFolders } from '../../../state/make-folders.ts'

const utc = z.iso.datetime()
const storedStep = z.object({
  deployment: serverName,
  mode: z.enum(directorModes),
  site: z.enum(['DC', 'DR']),
  /** All that were started for it, oldest first. How each stands, its own record tells. */
  runs: z.array(z.string().max(100)),
})
const storedSwitch = z.object({
  version: z.literal(1),
  id: z.string().max(64),
  direction: z.enum(switchDirections),
  begun: utc,
  by: z.string().max(400),
  server: serverName,
  steps: z.tuple([storedStep, storedStep]),
  address: z.object({
    how: z.enum(['dns', 'management-url']),
    value: z.string().max(300),
    done: utc.nullable(),
    note: z.string().max(2000),
  }),
  givenUp: utc.nullable(),
})
/** A switch-over as it lies in `<home>/switches/<id>.json`. Holds no secret. */
export type StoredSwitch = z.infer<typeof storedSwitch>

const idPattern = /^sw-\d{8}-[0-9a-f]{6}$/

/** `sw-20261120-3fa29c`: short enough to be typed. */
export const newSwitchId = (now: number): string =>
  `sw-${new Date(now).toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(3).toString('hex')}`

/** The switch-overs that were begun with a state folder; one that cannot be read hides no other. */
export class SwitchBook {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  /** Newest first. */
  async list(): Promise<{ records: StoredSwitch[]; unreadable: { id: string; detail: string }[] }> {
    const records: StoredSwitch[] = []
    const unreadable: { id: string; detail: string }[] = []
    for (const id of await this.#ids()) {
      try {
        records.push(await this.get(id))
      } catch (err) {
        if (!(err instanceof EngineError)) throw err
        unreadable.push({ id, detail: err.detail ?? err.code })
      }
    }
    records.sort((a, b) => (a.begun < b.begun ? 1 : a.begun > b.begun ? -1 : a.id < b.id ? 1 : -1))
    return { records, unreadable }
  }

  /** @throws EngineError `input.invalid` for an id nobody has, `data.format` for a damaged record */
  async get(id: string): Promise<StoredSwitch> {
    if (!idPattern.test(id)) throw unknown(id)
    const file = this.#fileOf(id)
    let text
    try {
      text = await readFile(file, 'utf8')
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') throw unknown(id)
      throw fromFsError(err, 'switch.get', file)
    }
    try {
      const record = storedSwitch.parse(JSON.parse(text))
      if (record.id === id) return record
    } catch (err) {
      throw damaged(id, err)
    }
    throw damaged(id)
  }

  /** Writes it as a whole; the caller holds the lock. */
  async put(record: StoredSwitch): Promise<void> {
    makeFolders(join(this.#home, 'switches'), 0o700)
    await writeFileAtomically(this.#fileOf(record.id), `${JSON.stringify(record, null, 2)}\n`)
  }

  /** Nobody else begins, starts or closes one meanwhile. */
  async lock(): Promise<Lock> {
    makeFolders(this.#home, 0o700)
    return await acquireLock(join(this.#home, 'switches.lock'), { waitMs: 10_000, subject: 'switches' })
  }

  async #ids(): Promise<string[]> {
    const folder = join(this.#home, 'switches')
    try {
      const names = await readdir(folder)
      return names.flatMap(name => {
        const id = name.replace(/\.json$/, '')
        return name.endsWith('.json') && idPattern.test(id) ? [id] : []
      })
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw fromFsError(err, 'switch.list', folder)
    }
  }

  #fileOf(id: string): string {
    return join(this.#home, 'switches', `${id}.json`)
  }
}

const unknown = (id: string) =>
  new EngineError('input.invalid', 'switch.get', {
    subject: id.slice(0, 80),
    detail: 'no such switch-over; drydock director switch list tells which there are',
  })

const damaged = (id: string, cause?: unknown) =>
  new EngineError('data.format', 'switch.get', {
    subject: id,
    detail: 'its record cannot be read',
    ...(cause === undefined ? {} : { cause }),
  })
