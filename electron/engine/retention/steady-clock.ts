import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { makeFolders } from '../state/make-folders.ts'

const stored = z.object({ since: z.number(), seen: z.number() })

/** A step forward that is larger than this is a jump: half of the usual grace period would be gone with it. ms. */
export const jumpMs = 31 * 24 * 3_600_000
/** Going back further than this is a jump too, ms: less is what time servers correct. */
const backMs = 10 * 60_000
/** How long a clock must have run on without a jump before it is believed, ms. */
export const steadyMs = 24 * 3_600_000

/**
 * Whether this machine's clock can be believed where nobody else tells the time: after a jump (or a month in the
 * drawer, which looks the same) only when it has run on for a day. What was seen is kept in `clock.json`.
 */
export class SteadyClock {
  private readonly home: string

  constructor(home: string) {
    this.home = home
  }

  /** Notes the time and answers. @param now ms since 1970 UTC */
  async isSteady(now: number): Promise<boolean> {
    const known = await this.load()
    const jumped = known === null || now < known.seen - backMs || now > known.seen + jumpMs
    const since = jumped ? now : known.since
    makeFolders(this.home, 0o700)
    await writeFileAtomically(this.file, `${JSON.stringify({ since, seen: now })}\n`)
    return now - since >= steadyMs
  }

  private get file(): string {
    return join(this.home, 'clock.json')
  }

  private async load(): Promise<z.infer<typeof stored> | null> {
    try {
      return stored.parse(JSON.parse(await readFile(this.file, 'utf8')))
    } catch {
      return null // Not seen yet, or unreadable: then it has to prove itself anew.
    }
  }
}
