import { parentPort, workerData } from 'node:worker_threads'
import { createExcluder } from './exclude.ts'
import type { FromWorker, SourceJob, ToWorker } from './messages.ts'
import { readOwners } from './owners.ts'
import { tarBlocks } from './tar-source.ts'
import { walk } from './walk.ts'

/**
 * Reads a source in a thread of its own: file calls are synchronous here, which from the page cache is several times
 * faster than the same through the thread pool, and the engine's event loop stays free.
 */
const job = workerData as SourceJob
const port = parentPort!
const isExcluded = createExcluder(job.base, job.excludes, job.never)
const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

if (job.task === 'estimate') estimate()
else await read()

function estimate(): void {
  let bytes = 0
  let files = 0
  for (const { stat } of walk(job.base, job.roots, isExcluded, () => {})) {
    if (!stat.isFile()) continue
    bytes += Number(stat.size)
    files++
  }
  post({ is: 'estimate', bytes, files })
}

async function read(): Promise<void> {
  const buffers = bufferQueue()
  const { resume } = job
  const blocks = tarBlocks(
    {
      base: job.base,
      roots: job.roots,
      isExcluded,
      owners: readOwners(),
      xattrsOf: path => job.xattrs.get(path),
      ...(resume ? { resume } : {}),
    },
    await buffers.next(),
  )
  for (let step = blocks.next(); !step.done;) {
    const { bytes, ...block } = step.value
    const buffer = bytes.buffer as ArrayBuffer
    post({ is: 'block', buffer, length: bytes.length, ...block }, [buffer])
    step = blocks.next(await buffers.next())
  }
  post({ is: 'end' })
  port.close()
}

/** Buffers as the engine lends them: none free means that it cannot take more yet. */
function bufferQueue(): { next(): Promise<Buffer> } {
  const free: Buffer[] = []
  let wake: (() => void) | undefined
  port.on('message', ({ buffer }: ToWorker) => {
    free.push(Buffer.from(buffer))
    wake?.()
  })
  return {
    async next() {
      while (free.length === 0) await new Promise<void>(resolve => (wake = resolve))
      return free.pop()!
    },
  }
}
