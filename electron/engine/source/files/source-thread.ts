import { Worker } from 'node:worker_threads'
import { EngineError, isAbort } from '../../engine-error.ts'
import { workerLimits, workerUrl } from '../../worker-url.ts'
import type { Estimate, FromWorker, SourceJob, ToWorker } from './messages.ts'

/** The thread that reads a source, from the engine's side. It estimates from its start on, and reads when it is told to. */
export class SourceThread {
  /** What the source comes to; null when the thread ended before it knew, or was not asked. */
  readonly estimate: Promise<Estimate | null>
  private readonly worker: Worker
  private readonly queue: Exclude<FromWorker, { is: 'estimate' }>[] = []
  private over = false
  private failure: unknown
  private wake: () => void = () => {}

  constructor(job: SourceJob) {
    const estimate = Promise.withResolvers<Estimate | null>()
    this.estimate = estimate.promise
    this.worker = new Worker(workerUrl('./source-worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: workerLimits,
    })
    this.worker.on('message', (message: FromWorker) => {
      if (message.is === 'estimate') return estimate.resolve(message)
      this.queue.push(message)
      this.wake()
    })
    this.worker.once('error', err => {
      this.failure = err
      this.wake()
    })
    this.worker.once('exit', () => {
      this.over = true
      estimate.resolve(null)
      this.wake()
    })
  }

  post(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  async stop(): Promise<void> {
    await this.worker.terminate()
  }

  /** What the thread posts, in order, until it ends. Its crash is thrown here. */
  async *messages(signal: AbortSignal): AsyncGenerator<Exclude<FromWorker, { is: 'estimate' }>> {
    const stop = () => this.wake()
    signal.addEventListener('abort', stop, { once: true })
    try {
      for (;;) {
        signal.throwIfAborted()
        const message = this.queue.shift()
        if (message) yield message
        else if (this.failure) throw asEngineError(this.failure)
        else if (this.over) return
        else await new Promise<void>(resolve => (this.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}

// Errors cross threads as plain copies: the class is lost, the fields are not.
function asEngineError(err: unknown): unknown {
  if (isAbort(err)) return err
  return new EngineError('internal', 'source.read', {
    detail: err instanceof Error ? err.message : String(err),
    cause: err,
  })
}
