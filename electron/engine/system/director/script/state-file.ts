import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DirectorState } from '../../../../../shared/contract/director.ts'
import { directorStateShape } from '../../../../../shared/contract/director.ts'
import { EngineError, fromFsError } from '../../../engine-error.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'

const fileName = 'director.json'
/** Written at most this often, ms: as often as a run tells of its progress. */
const everyMs = 250

/**
 * What is known of a Director restore beside its run's record, in the run's folder: every window and process reads it
 * there. `told` is called after each writing, so that whoever hears of a change finds it.
 */
export class StateFile {
  readonly #folder: string
  readonly #told: () => void
  #state: DirectorState
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: string, first: DirectorState, told: () => void) {
    this.#folder = folder
    this.#state = first
    this.#told = told
  }

  get state(): DirectorState {
    return this.#state
  }

  change(patch: Partial<DirectorState>): void {
    this.#state = { ...this.#state, ...patch }
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), everyMs).unref()
  }

  /** Resolves when the disk has what was changed so far. @throws EngineError `local.*` */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing
      .catch(() => {})
      .then(() => writeFileAtomically(join(this.#folder, fileName), JSON.stringify(this.#state)))
    await this.#writing
    this.#told()
  }
}

/** How a restore stands before anything is known. @param host where the script runs, for people */
export const firstState = (host: string): DirectorState => ({
  host,
  link: 'not-started',
  lastOutput: null,
  play: null,
  task: null,
  tasks: 0,
  ok: 0,
  changed: 0,
  unreachable: 0,
  failed: 0,
  recap: [],
  asking: null,
  hostState: 'Nothing has been changed on any host.',
  exit: null,
  afterwards: [],
})

/** @returns null when the run has not come so far. @throws EngineError `data.format`, `local.*` */
export async function readState(folder: string): Promise<DirectorState | null> {
  try {
    return directorStateShape.parse(JSON.parse(await readFile(join(folder, fileName), 'utf8')))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    if (err instanceof Error && 'syscall' in err) throw fromFsError(err, 'director.state', folder)
    throw new EngineError('data.format', 'director.state', { subject: fileName, cause: err })
  }
}
