import { availableParallelism } from 'node:os'
import { EngineError } from '../../engine-error.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { blockBytes } from '../../archive/compress.ts'
import { decodeEntry } from '../../archive/entry-line.ts'
import type { Source, SourceBlock } from '../source.ts'
import type { Cursor } from './block-filler.ts'
import type { Estimate, SourceJob } from './messages.ts'
import { SourceThread } from './source-thread.ts'

/** Blocks under way: one for each core that compresses, and one being read into. More cores than these gain little. */
const slots = Math.min(5, Math.max(2, availableParallelism()) + 1)

export type FileSourceOptions = Omit<SourceJob, 'estimate'> & {
  /** Extended attributes by path; still being collected when the reader starts. */
  xattrs: Promise<Map<RawPath, Record<string, string>>>
}

/** Files and folders as one tar stream, read by a worker thread that starts, and estimates, from the beginning on. */
export class FileSource implements Source {
  readonly layout = 'tar'
  private readonly job: Omit<SourceJob, 'estimate'>
  private readonly xattrs: FileSourceOptions['xattrs']
  /** The first one also estimates; a reading that has to begin again gets a thread of its own. */
  private readonly first: SourceThread
  private firstIsTaken = false

  constructor({ xattrs, ...job }: FileSourceOptions) {
    this.job = job
    this.xattrs = xattrs
    this.first = new SourceThread({ ...job, estimate: true })
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
    const thread = this.firstIsTaken ? new SourceThread({ ...this.job, estimate: false }) : this.first
    this.firstIsTaken = true
    try {
      thread.post({ is: 'read', buffers, resume: resume ? { ...resume, entry } : null })
      // Collecting them fails only by a cancel, which ends the messages too.
      this.xattrs.then(
        xattrs => thread.post({ is: 'xattrs', xattrs }),
        () => thread.stop(),
      )
      for await (const message of thread.messages(signal)) {
        if (message.is === 'end') return
        const { is: _, slot, length, ...block } = message
        let held = true
        yield {
          ...block,
          bytes: new Uint8Array(buffers[slot]!, 0, length),
          length,
          release: () => {
            if (held) thread.post({ is: 'free', slot })
            held = false
          },
        }
      }
      throw new EngineError('internal', 'source.read', {
        detail: 'the reader of the source ended before its end',
      })
    } finally {
      await thread.stop()
    }
  }

  async estimate(signal: AbortSignal): Promise<Estimate | null> {
    if (signal.aborted) return null
    const stopped = Promise.withResolvers<null>()
    const stop = () => stopped.resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    return await Promise.race([this.first.estimate, stopped.promise]).finally(() =>
      signal.removeEventListener('abort', stop),
    )
  }

  async close(): Promise<void> {
    await this.first.stop()
  }
}
