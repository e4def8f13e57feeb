import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { readEntryList } from '../archive/entry-list-reader.ts'
import type { Entry } from '../archive/entry.ts'
import { pathFields, rawToDisplay } from '../archive/raw-path.ts'
import { release } from '../archive/compress.ts'
import { EngineError } from '../engine-error.ts'
import { BufferedFile } from './buffered-file.ts'
import type { FromRestoreWorker, RestoreJob, ToRestoreWorker } from './messages.ts'
import { againFile, foldersFile, lateFile, ledgerFile, noCounts, planFile } from './messages.ts'
import type { LedgerLine, RestoreCounts } from './options.ts'
import { planRestore } from './plan.ts'
import { encodePlanLine } from './plan-file.ts'
import { TargetTree } from './target-tree.ts'
import type { ContentBlock } from './write-plan.ts'
import { PlanWriter } from './write-plan.ts'

/**
 * Plans and writes a restore in a thread of its own: file calls are synchronous here, which for many small files is
 * several times faster, and the engine's event loop stays free. Content comes from the engine as blocks, in order.
 */
const job = workerData as RestoreJob
const port = parentPort!
const post = (message: FromRestoreWorker) => port.postMessage(message)

const inbox: ToRestoreWorker[] = []
let wake: () => void = () => {}
port.on('message', (message: ToRestoreWorker) => (inbox.push(message), wake()))

async function receive(): Promise<ToRestoreWorker> {
  for (;;) {
    const message = inbox.shift()
    if (message) return message
    await new Promise<void>(resolve => (wake = resolve))
  }
}

const tree = new TargetTree(job.target, job.prefix)
const counts: RestoreCounts = job.resume ? { ...job.resume.counts } : noCounts()
if (!job.resume) {
  await plan()
  if ((await receive()).is !== 'go') throw new Error('not told to go')
}
await write()
tree.close()
port.close()

async function plan(): Promise<void> {
  const ledger = new BufferedFile(join(job.folder, ledgerFile))
  const files = new BufferedFile(join(job.folder, planFile))
  const late = new BufferedFile(join(job.folder, lateFile))
  const folders = new BufferedFile(join(job.folder, foldersFile))
  let bytes = 0
  let room = 0
  let first: string | null = null
  const { options, prefix, content } = job
  for await (const { entry, path, decision, implied } of planRestore({
    entries,
    options,
    tree,
    prefix,
    content,
  })) {
    const { action, detail } = decision
    const landed: Entry = { ...entry, path }
    if (implied) {
      folders.append(encodePlanLine(landed, 'implied'))
      continue
    }
    first ??= rawToDisplay(path)
    if (action === 'create' || action === 'replace') {
      const list = entry.kind === 'file' ? files : entry.kind === 'folder' ? folders : late
      list.append(encodePlanLine(landed, action))
      // How much room a file with holes will take is not known.
      if (entry.kind === 'file' && !entry.sparse) room += entry.size
      if (entry.kind === 'file') bytes += entry.size
      continue
    }
    // A hard link to come may be another name of what stands there already.
    if (entry.kind === 'file' && action === 'same') files.append(encodePlanLine(landed, 'same'))
    // A folder that is there gets its attributes only when the operator wants things overwritten.
    if (entry.kind === 'folder' && action === 'same' && job.options.overwrite !== 'never')
      folders.append(encodePlanLine(landed, 'same'))
    const line: LedgerLine = {
      ...pathFields(path),
      action,
      kind: entry.kind,
      size: entry.size,
      ...(detail ? { detail } : {}),
    }
    ledger.append(`${JSON.stringify(line)}\n`)
    counts[action === 'same' ? 'same' : action === 'leave' ? 'left' : 'refused']++
    if (action === 'refuse') post({ is: 'problem', code: 'target.refused', path, detail: detail ?? '' })
  }
  for (const file of [ledger, files, late, folders]) file.close()
  post({ is: 'planned', bytes, room, first, counts: { ...counts } })
}

async function* entries(): AsyncGenerator<Entry> {
  let count = 0
  for await (const item of readEntryList(job.list, job.file, job.secret)) {
    if (!('entry' in item)) continue
    const { name, count: promised } = job.file.entries
    // A few bytes can unpack to any number of entries.
    if (++count > promised)
      throw new EngineError('data.format', 'entries.read', {
        subject: name,
        detail: `it holds more than the ${promised} entries that the manifest promises`,
      })
    yield item.entry
  }
}

async function write(): Promise<void> {
  const writer = new PlanWriter(job, tree, counts, post)
  // Made, or refused, before anything else: what cannot be made once cannot be made a million times.
  tree.folder('', true)
  const from = await writer.begin()
  post({ is: 'start', plan: planFile, ...from })
  await writer.writeFiles(nextBlock)
  if (writer.hasAgain()) {
    post({ is: 'start', plan: againFile, ordinal: 0, done: 0 })
    await writer.writeAgain(nextBlock)
  }
  await writer.writeLate()
  await writer.finishFolders()
  await writer.writeXattrs()
  writer.close()
  post({ is: 'end', counts: { ...counts } })
}

async function nextBlock(used: ContentBlock | null): Promise<ContentBlock | null> {
  if (used) {
    if (used.bytes) release(used.bytes)
    post({ is: 'took' })
  }
  const message = await receive()
  if (message.is === 'block')
    return { index: message.index, bytes: new Uint8Array(message.buffer, 0, message.length) }
  if (message.is === 'damaged') return { index: message.index, bytes: null, detail: message.detail }
  return null
}
