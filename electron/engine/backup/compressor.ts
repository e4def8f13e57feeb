import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Compression } from '../archive/compress.ts'
import { worstCaseBytes } from '../archive/compress.ts'
import { EngineError } from '../engine-error.ts'
import { workerLimits, workerUrl } from '../worker-url.ts'
import type { CompressJob, CompressReply } from './compress-worker.ts'

/** More threads than this gain little: reading and hashing the source is then what takes longest. */
const maxThreads = 4

type Waiting = { worker: Worker; resolve: (size: number) => void; reject: (err: unknown) => void }

/** Threads that compress blocks, one block each at a time, into buffers that are lent out and given back. */
export class Compressor {
  private readonly how: Exclude<Compression, 'none'>
  private readonly level: number
  private readonly idle: Worker[] = []
  private readonly all: Worker[] = []
  private readonly free: SharedArrayBuffer[]
  private readonly waiting = new Map<number, Waiting>()
  private next = 0
  private readonly threads: number
  /** How many blocks are worth being given at once: one for each thread, and a result that waits for its turn. */
  readonly width: number

  constructor(how: Exclude<Compression, 'none'>, level: number) {
    this.how = how
    this.level = level
    this.threads = Math.min(maxThreads, Math.max(2, availableParallelism()))
    this.width = this.threads + 1
    this.free = Array.from({ length: this.width }, () => new SharedArrayBuffer(worstCaseBytes))
    // One starts while the source still prepares; the others when a second block comes: a small backup has none.
    this.start()
  }

  /**
   * Compresses a block; at most `width` may be under way or not given back.
   * @param block in shared memory, or it is copied
   */
  async compress(block: Uint8Array): Promise<{ bytes: Uint8Array; giveBack: () => void }> {
    const into = this.free.pop()
    if (!into) throw new EngineError('internal', 'compress', { detail: 'more blocks than places' })
    const size = await this.hand(block, into)
    return { bytes: new Uint8Array(into, 0, size), giveBack: () => void this.free.push(into) }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(worker => worker.terminate()))
  }

  private readonly queue: (() => void)[] = []

  private hand(block: Uint8Array, into: SharedArrayBuffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        const worker = this.idle.pop()!
        const id = this.next++
        this.waiting.set(id, { worker, resolve, reject })
        worker.postMessage({ id, block, into, how: this.how, level: this.level } satisfies CompressJob)
      }
      if (this.idle.length === 0 && this.all.length < this.threads) this.start()
      if (this.idle.length > 0) begin()
      else this.queue.push(begin)
    })
  }

  private start(): void {
    const worker = new Worker(workerUrl('./compress-worker.ts', import.meta.url), {
      resourceLimits: workerLimits,
    })
    worker.on('message', (reply: CompressReply) => {
      const { resolve, reject } = this.waiting.get(reply.id)!
      this.waiting.delete(reply.id)
      this.idle.push(worker)
      this.queue.shift()?.()
      if ('size' in reply) resolve(reply.size)
      else reject(new EngineError('internal', 'compress', { detail: reply.error }))
    })
    worker.once('error', err => this.fail(worker, err))
    this.all.push(worker)
    this.idle.push(worker)
  }

  private fail(worker: Worker, err: unknown): void {
    for (const [id, task] of this.waiting) {
      if (task.worker !== worker) continue
      this.waiting.delete(id)
      task.reject(
        new EngineError('internal', 'compress', { detail: 'a compressing thread ended', cause: err }),
      )
    }
  }
}
