import type { OutputOf } from '../../../../shared/contract/index.ts'
import type { Failure } from '../../../../shared/failure.ts'
import type { Result } from '../../../../shared/result.ts'

type Answer = Result<OutputOf<'director.terminal'>>
export type FeedSink = { write: (text: string) => Promise<void>; clear: () => void }

/** Reads a run's output on from where it was, until there is no more. */
export class TerminalFeed {
  readonly #ask: (from: number) => Promise<Answer>
  readonly #sink: FeedSink
  readonly #failed: (failure: Failure | null) => void
  #from = 0

  /** @param failed told why it cannot be read, and null when it can again */
  constructor(ask: (from: number) => Promise<Answer>, sink: FeedSink, failed: (why: Failure | null) => void) {
    this.#ask = ask
    this.#sink = sink
    this.#failed = failed
  }

  /** @param over asked before each call: nobody looks any more */
  async catchUp(over: () => boolean): Promise<void> {
    while (!over()) {
      const answer = await this.#ask(this.#from)
      if (over()) return
      if (!answer.ok) {
        if (answer.failure.code !== 'cancelled') this.#failed(answer.failure)
        return
      }
      this.#failed(null)
      const { text, next, size } = answer.value
      if (size < this.#from) {
        // It is another file than before: begun anew.
        this.#sink.clear()
        this.#from = 0
        continue
      }
      if (text !== '') await this.#sink.write(text)
      if (next <= this.#from) return
      this.#from = next
      if (next >= size) return
    }
  }
}
