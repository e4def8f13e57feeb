import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let spare: string | undefined

/** A folder of this process's own on the system's disk for what the state folder has no room for; goes with it. */
export function spareFolder(): string {
  if (spare) return spare
  const made = mkdtempSync(join(tmpdir(), 'drydock-lists-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return (spare = made)
}
