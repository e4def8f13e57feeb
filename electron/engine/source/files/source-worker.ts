import { setImmediate as turn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { estimating } from './estimate.ts'
import { createExcluder } from './exclude.ts'
import type { FromWorker, SourceJob, ToWorker } from './messages.ts'
import { readOwners } from './owners.ts'
import { tarBlocks } from './tar-source.ts'

/**
 * Reads a source in a thread of its own: file calls are synchronous here, which from the page cache is several times
 * faster than the same through the thread pool, and the engine's event loop stays free.
 */
const job = workerData as SourceJob
const port = parentPort!
const isExcluded = createExcluder(job.base, job.excludes, job.never)
const post = (message: FromWorker, moved: ArrayBuffer[] = []) => port.postMessage(message, moved)

/** Time given to the estimate before looking what else there is to do, ms. */
const estimateSliceMs = 2
const estimate = job.estimate ? estimating(job.base, job.roots, isExcluded) : null
let isEstimated = !estimate

const { slots, order, xattrs: collected } = inbox()
const { buffers, resume } = await meanwhile(order)
const xattrs = await meanwhile(collected)
let slot = await slots.next()
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
  post({ is: 'block', slot, length: bytes.length, ...block }, [block.entries.buffer])
  slot = await meanwhile(slots.next())
  step = blocks.next(bufferOf(slot))
}
post({ is: 'end' })
port.close()

function bufferOf(slot: number): Buffer {
  return Buffer.from(buffers[slot]!)
}

/** Waits, and goes on with the estimate meanwhile; for a moment also when there is nothing to wait for, so that it ends. */
async function meanwhile<T>(what: Promise<T>): Promise<T> {
  let waiting = true
  const settled = what.finally(() => (waiting = false))
  while (waiting && !isEstimated) {
    goOnEstimating()
    await turn()
  }
  return await settled
}

function goOnEstimating(): void {
  const end = performance.now() + estimateSliceMs
  while (estimate && performance.now() < end) {
    const step = estimate.next()
    if (!step.done) continue
    isEstimated = true
    return post({ is: 'estimate', ...step.value })
  }
}

type Sent<K extends ToWorker['is']> = Extract<ToWorker, { is: K }>

/** What the engine sends: what to read, the attributes, and buffers that are free to be filled again. */
function inbox(): {
  order: Promise<Sent<'read'>>
  xattrs: Promise<Sent<'xattrs'>['xattrs']>
  slots: { next(): Promise<number> }
} {
  const free: number[] = []
  const order = Promise.withResolvers<Sent<'read'>>()
  const xattrs = Promise.withResolvers<Sent<'xattrs'>['xattrs']>()
  let wake: (() => void) | undefined
  port.on('message', (message: ToWorker) => {
    if (message.is === 'xattrs') return xattrs.resolve(message.xattrs)
    if (message.is === 'read') {
      free.push(...message.buffers.keys())
      return order.resolve(message)
    }
    free.push(message.slot)
    wake?.()
  })
  const next = async () => {
    while (free.length === 0) await new Promise<void>(resolve => (wake = resolve))
    return free.shift()!
  }
  return { order: order.promise, xattrs: xattrs.promise, slots: { next } }
}
