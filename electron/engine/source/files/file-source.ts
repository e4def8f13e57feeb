import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { EngineError, isAbort } from '../../engine-error.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { blockBytes } from '../../archive/compress.ts'
import { decodeEntry } from '../../archive/entry-line.ts'
import { workerLimits, workerUrl } from '../../worker-url.ts'
import type { Source, SourceBlock } from '../source.ts'
import type { Cursor } from './block-filler.ts'
import type { FromWorker, SourceJob, ToWorker } from './messages.ts'

/** Blocks under way: one for each core that compresses, and one being read into. More cores than these gain little. */
const slots = Math.min(5, Math.max(2, availableParallelism()) + 1)

export type FileSourceOptions = Omit<SourceJob, 'task' | 'resume' | 'buffers'> & {
  /** Extended attributes by path; still being collected when the reader starts. */
  xattrs: Promise<Map<RawPath, Record<string, string>>>
}

/** Files and folders as one tar stream, read by a worker thread. */
export class FileSource implements Source {
  readonly layout = 'tar'
  private readonly options: Omit<FileSourceOptions, 'xattrs'>
  private readonly xattrs: FileSourceOptions['xattrs']

  constructor({ xattrs, ...options }: FileSourceOptions) {
    this.options = options
    this.xattrs = xattrs
  }

  async *blocks({
    signal,
    resume,
  }: {
    signal: AbortSignal
    resume?: { block: number; cursor: Cursor; since: number }
  }): AsyncGenerator<SourceBlock> {
    signal.throwIfAborted()
    // Shared, not handed back and forth: each handing over would count as memory taken and freed, and V8 would collect.
    const buffers = Array.from({ length: slots }, () => new SharedArrayBuffer(blockBytes))
    const entry = resume && 'entry' in resume.cursor ? decodeEntry(resume.cursor.entry) : null
    const job: SourceJob = {
      task: 'read',
      ...this.options,
      buffers,
      ...(resume ? { resume: { ...resume, entry } } : {}),
    }
    const worker = new Worker(workerUrl('./source-worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: workerLimits,
    })
    try {
      // Collecting them fails only by a cancel, which ends the messages too.
      this.xattrs.then(
        xattrs => worker.postMessage({ is: 'xattrs', xattrs } satisfies ToWorker),
        () => worker.terminate(),
      )
      for await (const message of messages(worker, signal)) {
        if (message.is === 'end') return
        if (message.is !== 'block') break
        const { is: _, slot, length, ...block } = message
        let held = true
        yield {
          ...block,
          bytes: new Uint8Array(buffers[slot]!, 0, length),
          length,
          release: () => {
            if (held) worker.postMessage({ is: 'free', slot } satisfies ToWorker)
            held = false
          },
        }
      }
      throw new EngineError('internal', 'source.read', {
        detail: 'the reader of the source ended before its end',
      })
    } finally {
      await worker.terminate()
    }
  }

  async estimate(signal: AbortSignal): Promise<{ bytes: number; files: number } | null> {
    const job: SourceJob = {
      task: 'estimate',
      ...this.options,
      buffers: [],
    }
    const worker = new Worker(workerUrl('./source-worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: workerLimits,
    })
    try {
      for await (const message of messages(worker, signal))
        if (message.is === 'estimate') return { bytes: message.bytes, files: message.files }
      return null
    } finally {
      await worker.terminate()
    }
  }
}

/** What the worker posts, in order, until it exits. Its crash is thrown here. */
async function* messages(worker: Worker, signal: AbortSignal): AsyncGenerator<FromWorker> {
  const queue: FromWorker[] = []
  let over = false
  let failure: unknown
  let wake: () => void = () => {}
  const stop = () => ((over = true), wake())
  worker.on('message', (message: FromWorker) => (queue.push(message), wake()))
  worker.once('error', err => ((failure = err), stop()))
  worker.once('exit', stop)
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const message = queue.shift()
      if (message) yield message
      else if (failure) throw asEngineError(failure)
      else if (over) return
      else await new Promise<void>(resolve => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', stop)
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
