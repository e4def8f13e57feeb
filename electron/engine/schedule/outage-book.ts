import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Outage } from '../../../shared/contract/plan.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'
import type { SystemBook } from './books.ts'

const declared = z.object({ declared: z.iso.datetime(), note: z.string().max(500), by: z.string().max(200) })
const file = z.object({
  version: z.literal(1),
  current: declared.nullable(),
  /** Oldest first; the newest hundred. */
  past: z.array(declared.extend({ ended: z.iso.datetime() })).max(100),
})
type OutageFile = z.infer<typeof file>
export type PastOutage = OutageFile['past'][number]

/** The outage that is declared, and those that ended: `outage.json` in the state folder. */
export class OutageBook {
  readonly #home: string
  readonly #clock: Clock
  readonly #systems: Pick<SystemBook, 'list'>
  /** One that is declared and could not be written: it counts as long as this process lives. */
  #held: z.infer<typeof declared> | null = null

  constructor(home: string, deps: { clock: Clock; systems: Pick<SystemBook, 'list'> }) {
    this.#home = home
    this.#clock = deps.clock
    this.#systems = deps.systems
  }

  /** Null while none is declared. */
  async get(): Promise<Outage | null> {
    const current = (await this.#read()).current ?? this.#held
    return current && { ...current, recoveryTarget: await this.#shortestTarget() }
  }

  async past(): Promise<PastOutage[]> {
    return (await this.#read()).past
  }

  /**
   * @param options.hold when the disk takes nothing, keep it in memory: only for a process that stays
   * @throws EngineError `run.conflict` when one is declared already: its clock is not started anew
   */
  async declare(note: string, options: { hold?: boolean } = {}): Promise<Outage> {
    const current = { declared: this.#now(), note: note.trim().slice(0, 500), by: operator() }
    try {
      await this.#declare(current)
    } catch (err) {
      // The disk may be what broke: its clock must run all the same.
      if (!options.hold || !isUnwritable(err)) throw err
      this.#held = current
    }
    return { ...current, recoveryTarget: await this.#shortestTarget() }
  }

  /** Whether one is declared that could not be written. */
  get isHeld(): boolean {
    return this.#held !== null
  }

  /** Tries again to write what could not be written. @returns whether it was */
  async settle(): Promise<boolean> {
    const held = this.#held
    if (!held) return false
    try {
      await this.#change(before =>
        before.current || this.#held !== held ? before : { ...before, current: held },
      )
    } catch (err) {
      if (isUnwritable(err)) return false
      throw err
    }
    if (this.#held === held) this.#held = null
    return true
  }

  /** @throws EngineError `run.conflict` when none is declared */
  async end(): Promise<PastOutage> {
    if (this.#held) {
      const past = { ...this.#held, ended: this.#now() }
      this.#held = null
      return past
    }
    const ended: PastOutage[] = []
    await this.#change(before => {
      if (!before.current)
        throw new EngineError('run.conflict', 'outage.end', { detail: 'no outage is declared' })
      ended.push({ ...before.current, ended: this.#now() })
      return { ...before, current: null, past: [...before.past, ...ended].slice(-100) }
    })
    const [past] = ended
    if (!past) throw new EngineError('internal', 'outage.end', { detail: 'the change was not made' })
    return past
  }

  async #declare(current: z.infer<typeof declared>): Promise<void> {
    const refuse = (since: string) =>
      new EngineError('run.conflict', 'outage.declare', {
        detail: `an outage is already declared, since ${since}`,
      })
    if (this.#held) throw refuse(this.#held.declared)
    // Looked at before as well: a full disk refuses the lock, and must not hide that one is declared.
    const now = (await this.#read()).current
    if (now) throw refuse(now.declared)
    await this.#change(before => {
      if (before.current) throw refuse(before.current.declared)
      return { ...before, current }
    })
  }

  async #shortestTarget(): Promise<number | null> {
    const targets = (await this.#systems.list()).flatMap(({ recoveryTarget }) => recoveryTarget ?? [])
    return targets.length === 0 ? null : Math.min(...targets)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }

  get #file(): string {
    return join(this.#home, 'outage.json')
  }

  async #read(): Promise<OutageFile> {
    const text = await readFile(this.#file, 'utf8').catch((err: unknown) => {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw fromFsError(err, 'outage.get', this.#file)
    })
    if (text === null) return { version: 1, current: null, past: [] }
    try {
      return file.parse(JSON.parse(text))
    } catch (err) {
      throw new EngineError('data.format', 'outage.get', {
        subject: this.#file,
        detail: 'cannot be read',
        cause: err,
      })
    }
  }

  async #change(edit: (before: OutageFile) => OutageFile): Promise<void> {
    try {
      makeFolders(this.#home, 0o700)
    } catch (err) {
      throw fromFsError(err, 'state.write', this.#home)
    }
    const lock = await acquireLock(join(this.#home, 'outage.lock'), {
      waitMs: 10_000,
      subject: 'outage.json',
    })
    try {
      await writeFileAtomically(this.#file, `${JSON.stringify(edit(await this.#read()), null, 2)}\n`)
    } finally {
      await lock.release()
    }
  }
}

/** Full, read-only, broken, or a disk that is not mounted. */
const isUnwritable = (err: unknown): boolean =>
  err instanceof EngineError &&
  ['local.full', 'local.denied', 'local.io', 'local.not-found'].includes(err.code)

function operator(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
