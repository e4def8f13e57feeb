import { join } from 'node:path'
import type { ActiveRun } from '../../../run/index.ts'
import { makeFolders } from '../../../state/make-folders.ts'

/**
 * One of several pieces of work of a run as if it were a run of its own: with a scratch folder of its own, and with
 * counters that go on where those of the pieces before ended.
 */
export class PartOfRun {
  readonly run: ActiveRun
  #bytes = 0
  #servers: Record<string, number> = {}

  /** @param before what the pieces before have come to */
  constructor(whole: ActiveRun, name: string, before?: PartOfRun) {
    const scratch = join(whole.scratch, name)
    makeFolders(scratch, 0o700)
    const since = before?.reached ?? { bytes: 0, files: 0, servers: {} }
    this.#bytes = since.bytes
    this.#servers = { ...since.servers }
    const { files } = since
    this.#files = files
    this.run = {
      ...{ id: whole.id, folder: whole.folder, scratch, signal: whole.signal, resumed: false },
      journal: whole.journal,
      get record() {
        return whole.record
      },
      readJournal: () => whole.readJournal(),
      checkpoint: () => whole.checkpoint(),
      problem: problem => whole.problem(problem),
      log: line => whole.log(line),
      progress: patch => {
        const { phase: _, bytes, files: own, total: __, servers, ...rest } = patch
        if (bytes !== undefined) this.#bytes = Math.max(this.#bytes, since.bytes + bytes)
        if (own !== undefined) this.#files = Math.max(this.#files, files + own)
        for (const [server, { bytes: sent }] of Object.entries(servers ?? {}))
          this.#servers[server] = Math.max(this.#servers[server] ?? 0, (since.servers[server] ?? 0) + sent)
        const states = Object.entries(servers ?? {}).map(([server, { state }]) => [
          server,
          { state, bytes: this.#servers[server] ?? 0 },
        ])
        whole.progress({
          ...rest,
          ...{ bytes: this.#bytes, files: this.#files },
          ...(servers ? { servers: Object.fromEntries(states) as NonNullable<typeof servers> } : {}),
        })
      },
      onLimit: listener => whole.onLimit(listener),
      onAnswer: listener => whole.onAnswer(listener),
      cleanupSignal: () => whole.cleanupSignal(),
    }
  }

  #files = 0

  get reached(): { bytes: number; files: number; servers: Record<string, number> } {
    return { bytes: this.#bytes, files: this.#files, servers: { ...this.#servers } }
  }
}
