import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../state/make-folders.ts'

export type Removal = {
  /** ISO 8601 UTC. */
  at: string
  server: string
  point: string
  did: 'to the trash' | 'put back' | 'purge begins' | 'purged' | 'protected' | 'protection lifted'
  by: string
  objects?: string[]
  bytes?: number
}

/** Notes what becomes of points in `removals.jsonl` of the state folder, before and after each step that cannot be undone. */
export async function noteRemoval(home: string, removal: Removal): Promise<void> {
  makeFolders(home, 0o700)
  // One write of one line: lines of several processes do not mix.
  await appendFile(join(home, 'removals.jsonl'), `${JSON.stringify(removal)}\n`, { mode: 0o600 })
}
