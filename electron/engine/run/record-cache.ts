import { stat } from 'node:fs/promises'
import type { StoredRun } from './stored-run.ts'
import { isUnderWay } from './stored-run.ts'

/** What all kept records take together, bytes of their files; beyond it they are read anew each time. */
const budget = 32 * 1024 * 1024

/**
 * The records of runs that have ended, kept as long as their files are the same: a year of runs is listed without
 * reading ten thousand files again. The records are shared: nobody changes them.
 */
export class RecordCache {
  readonly #kept = new Map<string, { signature: string; size: number; record: StoredRun }>()
  #bytes = 0

  /** @param load reads the file; called when it is another one than before */
  async read(id: string, file: string, load: () => Promise<StoredRun>): Promise<StoredRun> {
    // Before it is read: a file that is replaced meanwhile is read once too often, never once too seldom.
    const info = await stat(file).catch(() => null)
    const signature = info && `${info.ino} ${info.size} ${info.mtimeMs}`
    const kept = this.#kept.get(id)
    if (kept && kept.signature === signature) return kept.record
    this.#drop(id)
    const record = await load()
    if (info && signature && !isUnderWay(record) && this.#bytes + info.size <= budget) {
      this.#drop(id)
      this.#kept.set(id, { signature, size: info.size, record })
      this.#bytes += info.size
    }
    return record
  }

  #drop(id: string): void {
    this.#bytes -= this.#kept.get(id)?.size ?? 0
    this.#kept.delete(id)
  }
}
