import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../state/make-folders.ts'

/** How often the files are looked at where the system tells nothing, ms. */
const pollMs = 3000
/** A writer touches several names in a row; they are looked at once, ms. */
const settleMs = 40

/**
 * Tells when files of the state folder change, whoever changes them: another window, the command line. The system's
 * notices make it quick, a slow poll makes it sure.
 */
export class StateWatch {
  readonly #home: string
  readonly #listeners = new Map<string, (() => void)[]>()
  readonly #seen = new Map<string, string>()
  #watcher: FSWatcher | undefined
  #poll: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #closed = false

  constructor(home: string) {
    this.#home = home
  }

  /** Before `start`. @param file its name in the state folder */
  on(file: string, listener: () => void): void {
    this.#listeners.set(file, [...(this.#listeners.get(file) ?? []), listener])
  }

  async start(): Promise<void> {
    for (const file of this.#listeners.keys()) this.#seen.set(file, await this.#signature(file))
    if (this.#closed) return
    try {
      makeFolders(this.#home, 0o700)
      this.#watcher = watch(this.#home, { persistent: false }, () => this.#lookSoon())
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      // Too many watches, or a file system without them: the poll remains.
    }
    this.#poll = setInterval(() => void this.#look(), pollMs).unref()
  }

  /** This process has changed it: told at once, and not a second time. */
  async changed(file: string): Promise<void> {
    this.#seen.set(file, await this.#signature(file))
    this.#tell(file)
  }

  close(): void {
    this.#closed = true
    this.#watcher?.close()
    clearInterval(this.#poll)
    clearTimeout(this.#soon)
  }

  #lookSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      void this.#look()
    }, settleMs).unref()
  }

  async #look(): Promise<void> {
    for (const file of this.#listeners.keys()) {
      const now = await this.#signature(file)
      if (this.#closed || now === this.#seen.get(file)) continue
      this.#seen.set(file, now)
      this.#tell(file)
    }
  }

  #tell(file: string): void {
    for (const listener of this.#listeners.get(file) ?? []) listener()
  }

  async #signature(file: string): Promise<string> {
    return await stat(join(this.#home, file)).then(
      ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
      () => 'absent',
    )
  }
}
