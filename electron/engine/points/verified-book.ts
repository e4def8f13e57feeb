import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

const stored = z.record(z.string(), z.string())

/** No server's name begins so: what stands under it was found damaged. */
const damagedMark = '!'

export type Verified = {
  /** When it was last read back whole, ISO 8601 UTC; null: never, or damage was found since. */
  (server: string, point: string): string | null
  /** Whether the last verification found damage. */
  damaged: (server: string, point: string) => boolean
}

/** When each point was last read back and hashed as a whole, per server, and what came of it; as far as this machine knows. */
export class VerifiedBook {
  private readonly home: string

  constructor(home: string) {
    this.home = home
  }

  async read(): Promise<Verified> {
    const times = await this.load()
    return Object.assign((server: string, point: string) => times[`${server}/${point}`] ?? null, {
      damaged: (server: string, point: string) => `${damagedMark}${server}/${point}` in times,
    })
  }

  /** The points whose last verification found damage, and when. */
  async damaged(): Promise<{ server: string; point: string; since: string }[]> {
    return Object.entries(await this.load()).flatMap(([key, since]) => {
      if (!key.startsWith(damagedMark)) return []
      const at = key.indexOf('/')
      return [{ server: key.slice(damagedMark.length, at), point: key.slice(at + 1), since }]
    })
  }

  /** It was read back whole at `time`. */
  async note(server: string, point: string, time: string): Promise<void> {
    await this.change(server, [point], { [`${server}/${point}`]: time })
  }

  /** Damage was found at `time`: it counts as verified no more, until it has been read back whole again. */
  async noteDamaged(server: string, point: string, time: string): Promise<void> {
    await this.change(server, [point], { [`${damagedMark}${server}/${point}`]: time })
  }

  /** Of points that are gone. */
  async forget(server: string, points: readonly string[]): Promise<void> {
    if (points.length > 0) await this.change(server, points, {})
  }

  private async change(server: string, points: readonly string[], fresh: Record<string, string>) {
    makeFolders(this.home, 0o700)
    const lock = await acquireLock(join(this.home, 'verified.lock'), {
      waitMs: 10_000,
      subject: 'verified.json',
    })
    try {
      const times = new Map(Object.entries(await this.load()))
      for (const point of points)
        for (const key of [`${server}/${point}`, `${damagedMark}${server}/${point}`]) times.delete(key)
      const all = { ...Object.fromEntries(times), ...fresh }
      await writeFileAtomically(join(this.home, 'verified.json'), `${JSON.stringify(all)}\n`)
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
