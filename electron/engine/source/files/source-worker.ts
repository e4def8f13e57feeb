import { parentPort, workerData } from 'node:worker_threads'
import { createExcluder } from './exclude.ts'
import type { FromWorker, SourceJob, ToWorker } from './messages.ts'
import { readOwners } from './owners.ts'
import { tarBlocks } from './tar-source.ts'
import { estimateTree } from './estimate.ts'

/**
 * Reads a source in a thread of its own: file calls are synchronous here, which from the page cache is several times
 * faster than the same through the thread pool, and the engine's event loop stays free.
 */
const job = workerData as SourceJob
const port = parentPort!
const isExcluded = createExcluder(job.base, job.excludes, job.never)
const post = (message: FromWorker) => port.postMessage(message)

if (job.task === 'estimate') estimate()
else await read()

function estimate(): void {
  post({ is: 'estimate', ...estimateTree(job.base, job.roots, isExcluded) })
}

async function read(): Promise<void> {
  const { slots, xattrs: collected } = inbox()
  const xattrs = await collected
  let slot = await slots.next()
  const { resume } = job
  const blocks = tarBlocks(
    {
      base: job.base,
      roots: job.roots,
      isExcluded,
      owners: readOwners(),
      xattrsOf: path => xattrs.get(path),
      ...(resume ? { resume } : {}),
    },
    bufferOf(slot),
  )
  for (let step = blocks.next(); !step.done;) {
    const { bytes, ...block } = step.value
    post({ is: 'block', slot, length: bytes.length, ...block })
    slot = await slots.next()
    step = blocks.next(bufferOf(slot))
  }
  post({ is: 'end' })
  port.close()
}

function bufferOf(slot: number): Buffer {
  return Buffer.from(job.buffers[slot]!)
}

type Xattrs = Extract<ToWorker, { is: 'xattrs' }>['xattrs']

/** What the engine sends: the attributes once, and buffers that are free to be filled again, as long as it can take more. */
function inbox(): { slots: { next(): Promise<number> }; xattrs: Promise<Xattrs> } {
  const free = job.buffers.map((_, slot) => slot)
  const xattrs = Promise.withResolvers<Xattrs>()
  let wake: (() => void) | undefined
  port.on('message', (message: ToWorker) => {
    if (message.is === 'xattrs') return xattrs.resolve(message.xattrs)
    free.push(message.slot)
    wake?.()
  })
  const next = async () => {
    while (free.length === 0) await new Promise<void>(resolve => (wake = resolve))
    return free.shift()!
  }
  return { slots: { next }, xattrs: xattrs.promise }
}
