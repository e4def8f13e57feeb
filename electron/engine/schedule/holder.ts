import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { Clock, Log } from '../ports.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { Lock } from '../state/lock-file.ts'
import { acquireLock, isLocked } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

/** Which shell a process is, as others name it. */
export type HolderShell = 'desktop' | 'console' | 'daemon'

const note = z.object({
  pid: z.int().positive(),
  shell: z.enum(['desktop', 'console', 'daemon']),
  since: z.iso.datetime(),
})
export type HolderNote = z.infer<typeof note>

/** Who runs plans now. */
export type HolderInfo = { who: 'here' | 'other' | 'nobody'; about: string; note: HolderNote | null }

/** How often a process that waits for the schedule looks whether it is free, ms. */
const retryMs = 2_000

const lockOf = (home: string): string => join(home, 'schedule-lock')
const noteOf = (home: string): string => join(home, 'schedule.json')

/**
 * The right to run plans, which one process of a state folder has at a time. Who wants it waits for it and gets it
 * within seconds once the process that had it is gone, however it went.
 */
export class Holder {
  readonly #home: string
  readonly #shell: HolderShell
  readonly #clock: Clock
  readonly #log: Log
  #lock: Lock | undefined
  #note: HolderNote | undefined
  #timer: NodeJS.Timeout | undefined
  #trying: Promise<void> | undefined
  #stopped = false

  constructor(home: string, shell: HolderShell, deps: { clock: Clock; log: Log }) {
    this.#home = home
    this.#shell = shell
    this.#clock = deps.clock
    this.#log = deps.log
  }

  get here(): HolderNote | undefined {
    return this.#note
  }

  /** Takes it now or as soon as it is free. Resolves after the first try; `held` is called once it is had. */
  async want(held: () => void): Promise<void> {
    this.#stopped = false
    const attempt = async (): Promise<void> => {
      this.#timer = undefined
      if (this.#stopped || this.#lock) return
      if (await this.#take()) {
        held()
        return
      }
      if (!this.#stopped)
        this.#timer = setTimeout(() => {
          this.#trying = attempt()
        }, retryMs)
    }
    this.#trying = attempt()
    await this.#trying
  }

  /** Lets go, and wants it no more. */
  async release(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#trying
    this.#note = undefined
    await this.#lock?.release()
    this.#lock = undefined
  }

  async #take(): Promise<boolean> {
    try {
      makeFolders(this.#home, 0o700)
      const lock = await acquireLock(lockOf(this.#home))
      const { pid } = process
      const mine = { pid, shell: this.#shell, since: new Date(this.#clock.now()).toISOString() }
      await writeFileAtomically(noteOf(this.#home), `${JSON.stringify(mine)}\n`, { durable: false }).catch(
        (err: unknown) => this.#log('warn', 'who holds the schedule could not be noted', { err }),
      )
      this.#lock = lock
      this.#note = mine
      return true
    } catch (err) {
      if (!(err instanceof EngineError && err.code === 'run.conflict'))
        this.#log('warn', 'the schedule could not be taken', { err })
      return false
    }
  }
}

/** Who runs plans, as seen from a process. @param here its own note, when it holds the schedule itself */
export async function holderInfo(home: string, here: HolderNote | undefined): Promise<HolderInfo> {
  if (here) return { who: 'here', about: 'this process', note: here }
  if (!(await isLocked(lockOf(home)).catch(() => false)))
    return { who: 'nobody', about: 'nothing that runs plans is open', note: null }
  const text = await readFile(noteOf(home), 'utf8').catch(() => '')
  const parsed = note.safeParse(parse(text))
  if (!parsed.success) return { who: 'other', about: 'another process', note: null }
  const { pid, shell, since } = parsed.data
  return { who: 'other', about: `${shellWords[shell]}, process ${pid}, since ${since}`, note: parsed.data }
}

const shellWords = {
  desktop: 'the desktop app',
  console: 'drydock console',
  daemon: 'drydock daemon',
} as const

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
