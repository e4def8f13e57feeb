import { Worker } from 'node:worker_threads'

/** SHA-256 beside the event loop, over shared memory, so that no byte is copied for it. One file at a time. */
export class OffLoopHash {
  readonly #worker = new Worker(new URL('./hash-worker.ts', import.meta.url))
  readonly #waiting: ((answer: string) => void)[] = []

  constructor() {
    this.#worker.on('message', (answer: string) => this.#waiting.shift()?.(answer))
    this.#worker.unref()
  }

  /** Resolves when the memory may be changed again. */
  update(memory: SharedArrayBuffer, length: number): Promise<string> {
    return this.#ask({ memory, length })
  }

  digest(): Promise<string> {
    return this.#ask('digest')
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(message: unknown): Promise<string> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#worker.postMessage(message)
    })
  }
}
