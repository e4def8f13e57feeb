import type { Env } from '../../engine/state/state-folder.ts'
import type { Interrupts } from './interrupts.ts'
import type { Masker } from '../../engine/masker.ts'
import type { Output } from './output.ts'

/** What every command gets. */
export type CliContext = {
  readonly out: Output
  readonly env: Env
  /** The folder relative paths count from. Absolute. */
  readonly folder: string
  /** The state folder. Absolute; may not be there yet. */
  readonly home: string
  readonly version: string
  readonly interrupts: Interrupts
  readonly masker: Masker
  /** What the command is about, for advice when it fails; filled in as it becomes known. */
  readonly around: { server?: string }
}
