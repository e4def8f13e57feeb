import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { EngineError } from '../engine-error.ts'
import type { RunRegistry } from '../run/index.ts'
import { isRunId } from '../run/index.ts'
import { slim, snapshotOf } from './run-snapshot.ts'

export type RunPage = {
  runs: RunSnapshot[]
  total: number
  unreadable: { id: string; detail: string }[]
}

/** Larger ones go into a list without their options, outcome and problems, characters of JSON. */
const roomy = 16 * 1024
/** A page ends early here, characters of JSON: whoever wants more asks on. */
const longestPage = 6 * 1024 * 1024
const width = 8

/** All runs by their ids, which sort by time: a page of them is read without reading the others. */
export class RunShelf {
  readonly #registry: RunRegistry
  #ids: readonly string[] = []
  #seen = ''

  constructor(registry: RunRegistry) {
    this.#registry = registry
  }

  /** Ids of all runs, newest first. */
  async ids(): Promise<readonly string[]> {
    const folder = join(this.#registry.home, 'runs')
    const info = await stat(folder).catch(() => null)
    if (!info) return (this.#ids = [])
    const now = `${info.ino} ${info.mtimeMs}`
    // A folder that changed just now may change again within the same tick of its file system's clock.
    if (now === this.#seen && Date.now() - info.mtimeMs > 2000) return this.#ids
    this.#seen = now
    this.#ids = (await readdir(folder)).filter(isRunId).sort().reverse()
    return this.#ids
  }

  /** @param live what is known of runs under way */
  async page(from: number, limit: number, live: (id: string) => RunSnapshot | undefined): Promise<RunPage> {
    const ids = await this.ids()
    const wanted = ids.slice(from, from + limit)
    const page: RunPage = { runs: [], total: ids.length, unreadable: [] }
    let length = 0
    for (let at = 0; at < wanted.length && length < longestPage; at += width) {
      const found = await Promise.all(
        wanted.slice(at, at + width).map(async id => live(id) ?? (await this.#read(id))),
      )
      for (const one of found) {
        if ('detail' in one) {
          page.unreadable.push(one)
          continue
        }
        const size = JSON.stringify(one).length
        page.runs.push(size > roomy ? slim(one) : one)
        length += Math.min(size, roomy)
      }
    }
    return page
  }

  async #read(id: string): Promise<RunSnapshot | { id: string; detail: string }> {
    try {
      return snapshotOf(await this.#registry.get(id), undefined)
    } catch (err) {
      if (!(err instanceof EngineError)) throw err
      return { id, detail: err.code === 'run.unknown' ? 'run.json is missing' : (err.detail ?? err.code) }
    }
  }
}
