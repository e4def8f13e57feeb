import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../../engine-error.ts'
import type { JobLink } from '../job/job.ts'

/** Between two tries to reach a host that was lost, ms; the last holds for all that follow. */
const waits = [1000, 2000, 5000, 10_000, 20_000, 30_000]

/** A connection to the job on its host that comes back: losing it does nothing to the job. */
export class JobConnection {
  readonly link: JobLink
  readonly #lost: (why: EngineError, waitMs: number) => void
  #tries = 0

  /**
   * @param link over a host that connects again by itself at the next call
   * @param lost told of each loss, and how long the wait is until the next try
   */
  constructor(link: JobLink, lost: (why: EngineError, waitMs: number) => void) {
    this.link = link
    this.#lost = lost
  }

  /** Works with the link until `work` is done; again whenever the network breaks. @throws whatever else fails */
  async keep<T>(work: (link: JobLink) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted()
      try {
        return await work(this.link)
      } catch (err) {
        signal.throwIfAborted()
        if (!comesBack(err)) throw err
        const wait = waits[Math.min(this.#tries, waits.length - 1)] ?? 0
        this.#tries += 1
        this.#lost(err, wait)
        await sleep(wait, undefined, { signal })
      }
    }
  }

  /** It moves: the next loss is tried again soon. */
  alive(): void {
    this.#tries = 0
  }
}

/** A network that breaks may come back, and so may a host that restarts; a key that changed needs a person. */
function comesBack(err: unknown): err is EngineError {
  return err instanceof EngineError && (err.code.startsWith('network.') || err.code === 'remote.failed')
}
