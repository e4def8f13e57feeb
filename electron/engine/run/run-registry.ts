import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError, fromFsError } from '../engine-error.ts'
import { syncFolder, writeFileAtomically } from '../state/atomic-file.ts'
import type { Lock } from '../state/lock-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { isSameProcess } from '../state/process-identity.ts'
import { pingRun } from './control-client.ts'
import { RecordCache } from './record-cache.ts'
import { isRunId } from './run-id.ts'
import type { StoredRun } from './stored-run.ts'
import { asInterrupted, isUnderWay, maxRecordBytes, storedRun } from './stored-run.ts'
import { makeFolders } from '../state/make-folders.ts'

/** A folder among the runs whose record cannot be read. The run's files are left as they are. */
export type UnreadableRun = { id: string; detail: string }

/** What the folder of a run is called while it is removed. */
const leavingMark = '.old-'

/** An end of an id shorter than this, characters, is too likely to be another run's as well. */
const shortestEnd = 4

/** How many records are read at once. */
const width = 8

/** All runs of one state folder. What it tells is what the folders tell now; records that are the same are read once. */
export class RunRegistry {
  readonly home: string
  readonly #cache = new RecordCache()

  /** @param home the state folder; made when the first run starts */
  constructor(home: string) {
    this.home = home
  }

  /** Where the files of the run `id` are. @throws run.unknown when that is not an id */
  folderOf(id: string): string {
    if (!isRunId(id)) throw unknownRun(id)
    return join(this.home, 'runs', id)
  }

  /** All runs, oldest first. One that cannot be read hides no other. */
  async list(): Promise<{ records: StoredRun[]; unreadable: UnreadableRun[] }> {
    const records: StoredRun[] = []
    const unreadable: UnreadableRun[] = []
    const ids = await this.ids()
    for (let at = 0; at < ids.length; at += width) {
      const read = async (id: string) => {
        try {
          records.push(await this.#read(id))
        } catch (err) {
          unreadable.push({ id, detail: why(err) })
        }
      }
      await Promise.all(ids.slice(at, at + width).map(read))
    }
    unreadable.sort((a, b) => compare(a.id, b.id))
    records.sort((a, b) => compare(a.started, b.started) || compare(a.id, b.id))
    return { records, unreadable }
  }

  /**
   * One run, by its id or by the beginning (or the end) that only it has. @throws run.unknown, or input.invalid
   * when several have it, or data.damaged when its record cannot be read
   */
  async get(idOrPart: string): Promise<StoredRun> {
    if (isRunId(idOrPart)) return await this.#read(idOrPart)
    const part = idOrPart.trim()
    const matches = (await this.ids()).filter(
      id => part !== '' && (id.startsWith(part) || (part.length >= shortestEnd && id.endsWith(part))),
    )
    const [only, second] = matches
    if (only === undefined) throw unknownRun(idOrPart)
    if (second !== undefined) {
      const detail = `${matches.length} runs begin or end so: ${matches.slice(0, 5).join(', ')}`
      throw new EngineError('input.invalid', 'run.get', { subject: idOrPart, detail })
    }
    return await this.#read(only)
  }

  /** Makes the folder of a new run, with its record in it from the first moment anyone can see it. */
  async create(record: StoredRun): Promise<void> {
    const folder = this.folderOf(record.id)
    const fresh = join(this.home, 'runs', `.new-${record.id}`)
    if (Buffer.byteLength(encode(record)) > maxRecordBytes / 2) {
      throw new EngineError('input.invalid', 'run.create', {
        detail: 'the options of the run take more than 2 MiB',
      })
    }
    try {
      makeFolders(fresh, 0o700)
      await writeFileAtomically(join(fresh, 'run.json'), encode(record))
      await rename(fresh, folder)
      await syncFolder(join(this.home, 'runs'))
    } catch (err) {
      await rm(fresh, { recursive: true, force: true }).catch(() => {})
      throw fromFsError(err, 'run.create', folder)
    }
  }

  /** Replaces `run.json`. Only the process that works on the run calls this. */
  async write(record: StoredRun, options: { durable: boolean }): Promise<void> {
    await writeFileAtomically(join(this.folderOf(record.id), 'run.json'), encode(record), options)
  }

  /** Takes the right to work on a run. @throws run.conflict when a process that still runs has it */
  async lock(id: string): Promise<Lock> {
    return await acquireLock(join(this.folderOf(id), 'lock'), { subject: id })
  }

  /** Of all runs, oldest first. */
  async ids(): Promise<string[]> {
    try {
      return (await readdir(join(this.home, 'runs'))).filter(isRunId).sort()
    } catch (err) {
      if ((err as { code?: string }).code === 'ENOENT') return []
      throw fromFsError(err, 'run.list', join(this.home, 'runs'))
    }
  }

  /** Removes the folder of a run that has ended; one that is gone already is no error. Nobody ever sees a part of it. */
  async remove(id: string): Promise<void> {
    const leaving = join(this.home, 'runs', `${leavingMark}${id}`)
    try {
      await rename(this.folderOf(id), leaving)
      await rm(leaving, { recursive: true, force: true })
    } catch (err) {
      if ((err as { code?: string }).code !== 'ENOENT') throw fromFsError(err, 'run.remove', leaving)
    }
  }

  /** Finishes removals during which a process died. */
  async clearAway(): Promise<void> {
    const folder = join(this.home, 'runs')
    const names = await readdir(folder).catch(() => [])
    for (const name of names.filter(name => name.startsWith(leavingMark)))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {})
  }

  /** The record as it stands, or as interrupted when nobody works on it any more. */
  async #read(id: string): Promise<StoredRun> {
    let record = await this.#load(id)
    for (;;) {
      if (!isUnderWay(record) || (await isAlive(record))) return record
      // It may have ended between the look at its record and the look at its socket.
      const again = await this.#load(id)
      if (again.seq === record.seq) return asInterrupted(record)
      record = again
    }
  }

  async #load(id: string): Promise<StoredRun> {
    const file = join(this.folderOf(id), 'run.json')
    return await this.#cache.read(id, file, () => this.#parse(id, file))
  }

  async #parse(id: string, file: string): Promise<StoredRun> {
    let text: string
    try {
      text = await readBounded(file)
    } catch (err) {
      // The folder alone is no run: its record is the first thing in it.
      if ((err as { code?: string }).code === 'ENOENT') throw unknownRun(id)
      throw fromFsError(err, 'run.read', file)
    }
    const parsed = storedRun.safeParse(parseJson(text))
    if (!parsed.success || parsed.data.id !== id) {
      throw new EngineError('data.damaged', 'run.read', {
        subject: id,
        detail: 'run.json is not a run’s record',
      })
    }
    return parsed.data
  }
}

async function isAlive(record: StoredRun): Promise<boolean> {
  const { control } = record
  if (!control || !isSameProcess(control)) return false
  return (await pingRun(control, record.id)) !== 'nobody'
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > maxRecordBytes)
      throw new EngineError('data.damaged', 'run.read', { subject: file, detail: 'run.json is over 4 MiB' })
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function why(err: unknown): string {
  if (!(err instanceof EngineError)) return String(err)
  return err.code === 'run.unknown' ? 'run.json is missing' : (err.detail ?? err.code)
}

const encode = (record: StoredRun) => `${JSON.stringify(record, null, 2)}\n`
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const unknownRun = (id: string) =>
  new EngineError('run.unknown', 'run.get', { subject: id, detail: 'no such run' })
