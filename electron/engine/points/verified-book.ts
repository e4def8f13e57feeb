import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

const stored = z.record(z.string(), z.string())

/** When each point was last read back and hashed as a whole, per server; as far as this machine knows. */
export class VerifiedBook {
  private readonly home: string

  constructor(home: string) {
    this.home = home
  }

  async read(): Promise<(server: string, point: string) => string | null> {
    const times = await this.load()
    return (server, point) => times[`${server}/${point}`] ?? null
  }

  async note(server: string, point: string, time: string | null): Promise<void> {
    makeFolders(this.home, 0o700)
    const lock = await acquireLock(join(this.home, 'verified.lock'), {
      waitMs: 10_000,
      subject: 'verified.json',
    })
    try {
      const { [`${server}/${point}`]: _, ...others } = await this.load()
      const times = time === null ? others : { ...others, [`${server}/${point}`]: time }
      await writeFileAtomically(join(this.home, 'verified.json'), `${JSON.stringify(times)}\n`)
    } finally {
      await lock.release()
    }
  }

  private async load(): Promise<Record<string, string>> {
    try {
      return stored.parse(JSON.parse(await readFile(join(this.home, 'verified.json'), 'utf8')))
    } catch {
      return {} // Nothing verified yet, or the note is unreadable: then nothing counts as verified.
    }
  }
}
