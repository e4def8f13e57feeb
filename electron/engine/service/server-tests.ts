import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ServerTest } from '../../../shared/contract/server.ts'
import { serverContract } from '../../../shared/contract/server.ts'
import type { Failure } from '../../../shared/failure.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

export const serverTestsFile = 'server-tests.json'

const one = serverContract['server.test'].output
/** It was not there, as a disk that is not plugged in; a test that failed for what it was refused still counts. */
const isAway = ({ code }: Failure): boolean => code.startsWith('network.') || code === 'remote.no-container'
const book = z.record(z.string(), z.unknown())

/** What came of the last test of each server, as far as this machine knows: `server-tests.json`. */
export class ServerTests {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  async read(): Promise<ReadonlyMap<string, ServerTest>> {
    const tests = new Map<string, ServerTest>()
    for (const [name, raw] of Object.entries(await this.#load())) {
      const parsed = one.safeParse(raw)
      if (parsed.success) tests.set(name, parsed.data)
    }
    return tests
  }

  async keep(name: string, test: ServerTest): Promise<void> {
    await this.#change(tests => ({ ...tests, [name]: test }))
  }

  /**
   * The server answered at `at`, ISO 8601 UTC: an earlier test that did not reach it says nothing any more.
   * @returns whether there was one
   */
  async answered(name: string, at: string): Promise<boolean> {
    const test = (await this.read()).get(name)
    if (!test?.failure || test.at >= at || !isAway(test.failure)) return false
    await this.rename(name, null)
    return true
  }

  /** @param to null: the server is gone, or is another one now */
  async rename(name: string, to: string | null): Promise<void> {
    await this.#change(({ [name]: test, ...others }) =>
      to === null || test === undefined ? others : { ...others, [to]: test },
    )
  }

  async #change(change: (tests: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
    makeFolders(this.#home, 0o700)
    const lock = await acquireLock(join(this.#home, 'server-tests.lock'), {
      waitMs: 10_000,
      subject: serverTestsFile,
    })
    try {
      const tests = change(await this.#load())
      await writeFileAtomically(join(this.#home, serverTestsFile), `${JSON.stringify(tests, null, 2)}\n`)
    } finally {
      await lock.release()
    }
  }

  async #load(): Promise<Record<string, unknown>> {
    try {
      return book.parse(JSON.parse(await readFile(join(this.#home, serverTestsFile), 'utf8')))
    } catch {
      return {} // No test was kept yet, or the note cannot be read: then none counts.
    }
  }
}
