import { parentPort, workerData } from 'node:worker_threads'
import { pathFromFields, rawToDisplay } from '../archive/raw-path.ts'
import { toFailure } from '../engine-error.ts'
import { NameCheck } from './name-check.ts'
import type { LedgerLine } from './options.ts'
import type { CountJob, Counted, FromCountWorker } from './preflight-count.ts'
import { nothingCounted } from './preflight-count.ts'
import { decisionsOf } from './preview.ts'
import { vendorDecisions } from './vendor-restore.ts'

/** Goes through what a restore would do, and counts it or answers a page of it. Looks at the target, writes nothing. */
const job = workerData as CountJob
const port = parentPort!
const post = (message: FromCountWorker) => port.postMessage(message)

/** Entries between two words of how far it is. */
const step = 2000

try {
  await (job.page ? page(job.page) : count())
} catch (err) {
  post({ is: 'failed', failure: toFailure(err, 'restore.preflight') })
}

async function* decisions(): AsyncGenerator<LedgerLine> {
  const { source, options } = job
  if ('vendor' in source) yield* vendorDecisions(source.vendor, options)
  else yield* decisionsOf(source.list, source.file, options, source.secret)
}

async function count(): Promise<void> {
  const counted: Counted = { ...nothingCounted }
  const names = new NameCheck(job.foldsCase)
  let done = 0
  for await (const line of decisions()) {
    const path = pathFromFields(line)
    counted.first ??= rawToDisplay(path)
    if (line.action !== 'failed') counted[line.action]++
    if (line.action === 'create' || line.action === 'replace') counted.bytes += line.size
    if (line.action === 'refuse') counted.refusal ??= `${rawToDisplay(path)}: ${line.detail ?? ''}`
    const bad = names.reasonAgainst(path)
    if (bad !== null) {
      counted.badNames++
      counted.badName ??= `${rawToDisplay(path)}: ${bad}`
    }
    if (++done % step === 0) post({ is: 'counted', counted, whole: false })
  }
  post({ is: 'counted', counted, whole: true })
}

async function page({ from, limit }: { from: number; limit: number }): Promise<void> {
  const lines: LedgerLine[] = []
  let at = 0
  for await (const line of decisions()) {
    if (at++ < from) continue
    if (lines.length === limit) return post({ is: 'page', lines, more: true })
    lines.push(line)
  }
  post({ is: 'page', lines, more: false })
}
