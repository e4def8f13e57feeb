import { readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type StateList, damagedList, isStateList, stateListFile } from '../../../shared/state-list.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import { syncFolder } from './atomic-file.ts'
import { acquireLock } from './lock-file.ts'

/** The key that holds the version of the format. */
const versionKeys: Record<StateList, string> = {
  servers: 'drydockServers',
  plans: 'version',
  systems: 'version',
}

/**
 * The raw entries of a list of the state folder; none when there is no file.
 * @throws EngineError `data.format` for a damaged file, `data.version` for one of a newer Drydock
 */
export async function readListFile(home: string, list: string, during: string): Promise<unknown[]> {
  const file = join(home, `${list}.json`)
  let text
  try {
    text = await readFile(file, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fromFsError(err, during, file)
  }
  let cause: unknown
  try {
    const value = (JSON.parse(text) ?? {}) as Record<string, unknown>
    const version = value[isStateList(list) ? versionKeys[list] : 'version']
    const entries = value[list]
    if (version === 1 && Array.isArray(entries)) return entries as unknown[]
    if (typeof version === 'number' && version > 1)
      throw new EngineError('data.version', during, { subject: file })
  } catch (err) {
    if (err instanceof EngineError) throw err
    cause = err
  }
  throw new EngineError('data.format', during, { subject: file, detail: damagedList(list), cause })
}

/**
 * Gives a damaged list another name, so that Drydock begins with an empty one. Nothing is removed.
 * @returns the name it has now, in the same folder
 * @throws EngineError `run.conflict` when it can be read, or is not there: then nothing needs setting aside
 */
export async function setListAside(home: string, list: StateList, now: number): Promise<string> {
  const during = 'state.set-aside'
  const file = stateListFile(list)
  const lock = await acquireLock(join(home, `${list}.lock`), { waitMs: 10_000, subject: file })
  try {
    const damaged = await readListFile(home, list, during).then(
      () => false,
      (err: unknown) => {
        if (err instanceof EngineError && err.code === 'data.format') return true
        throw err
      },
    )
    if (!damaged)
      throw new EngineError('run.conflict', during, {
        subject: file,
        detail: 'it can be read already, or is not there: nothing needs setting aside',
      })
    const keptAs = await freeName(home, `${file}.damaged-${stampOf(now)}`)
    await rename(join(home, file), join(home, keptAs))
    await syncFolder(home)
    return keptAs
  } catch (err) {
    throw fromFsError(err, during, join(home, file))
  } finally {
    await lock.release()
  }
}

/** `20261120T154801Z` */
const stampOf = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')

/** One that nothing has yet: a rename would replace it. */
async function freeName(folder: string, name: string): Promise<string> {
  for (let nth = 1; ; nth++) {
    const tried = nth === 1 ? name : `${name}-${nth}`
    const taken = await stat(join(folder, tried)).then(
      () => true,
      (err: NodeJS.ErrnoException) => {
        if (err.code === 'ENOENT') return false
        throw err
      },
    )
    if (!taken) return tried
  }
}
