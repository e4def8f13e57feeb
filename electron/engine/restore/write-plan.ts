import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { ProblemCode } from '../../../shared/run.ts'
import { blockBytes } from '../archive/compress.ts'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { pathFields, rawToBuffer } from '../archive/raw-path.ts'
import { Attributes } from './attributes.ts'
import { BufferedFile } from './buffered-file.ts'
import { failedBefore, standsThere } from './earlier.ts'
import { FileWriter, WrongContent, partialSize } from './file-writer.ts'
import type { FromRestoreWorker, RestoreJob } from './messages.ts'
import { againFile, foldersFile, lateFile, ledgerFile, planFile } from './messages.ts'
import { NodeMaker } from './nodes.ts'
import type { LedgerLine, RestoreCounts } from './options.ts'
import { unlinkQuietly } from './place.ts'
import type { PlanLine } from './plan-file.ts'
import { decodePlanLine, encodePlanLine, planBatches } from './plan-file.ts'
import type { TargetTree } from './target-tree.ts'
import { NotAFolder, splitPath } from './target-tree.ts'
import { XattrWriter } from './write-xattrs.ts'

/** A block of content, or the reason why it cannot be had. */
export type ContentBlock =
  { index: number; bytes: Uint8Array } | { index: number; bytes: null; detail: string }
/** Gives back the block that was used up; answers the next one asked for, or null after the last. */
type NextBlock = (used: ContentBlock | null) => Promise<ContentBlock | null>

/** Thrown for an entry whose content is damaged or missing on the server. */
class Damaged extends Error {}

/** Where in the plan this process begins. */
type Start = { ordinal: number; done: number }

/** Carries out a plan: files in the order of the archive, then links and nodes, then the attributes of folders. */
export class PlanWriter {
  private readonly job: RestoreJob
  private readonly tree: TargetTree
  private readonly counts: RestoreCounts
  private readonly post: (message: FromRestoreWorker) => void
  private readonly attributes: Attributes
  private readonly ledger: BufferedFile
  private readonly again: BufferedFile
  private start: Start = { ordinal: 0, done: 0 }
  private planned = 0
  private block: ContentBlock | null = null
  private readonly linkable = new Set<RawPath>()
  /** First names of the hard links to come. */
  private readonly linked = new Set<RawPath>()
  private readonly failed: Set<RawPath>
  /** Files that have to be restored once more and are counted already. */
  private readonly counted = new Set<RawPath>()

  constructor(
    job: RestoreJob,
    tree: TargetTree,
    counts: RestoreCounts,
    post: (message: FromRestoreWorker) => void,
  ) {
    this.job = job
    this.tree = tree
    this.counts = counts
    this.post = post
    this.attributes = new Attributes(job.options)
    const ledger = join(job.folder, ledgerFile)
    const keep = job.resume?.ledgerBytes ?? statSync(ledger).size
    this.failed = job.resume ? failedBefore(ledger, keep) : new Set()
    this.ledger = new BufferedFile(ledger, keep)
    this.again = new BufferedFile(join(job.folder, againFile))
  }

  /** Looks where an earlier process really got to: files may have been finished after its last note, or gone since. */
  async begin(): Promise<Start> {
    for await (const { entry } of this.lines(lateFile))
      if (entry.kind === 'hardlink' && entry.link !== undefined) this.linked.add(entry.link)
    const { resume } = this.job
    if (!resume) return this.start
    let { ordinal, done } = resume
    let at = 0
    for await (const line of this.lines(planFile)) {
      if (at++ < ordinal) this.recheck(line)
      else if (line.action !== 'same' && this.isMade(line.entry)) {
        this.removePartial(line.entry, ordinal)
        this.counts.bytes += line.entry.size - done
        this.restored(line)
        this.mayBeLinked(line.entry.path)
        ordinal++
        done = 0
      } else {
        if (done > 0 && this.partialSize(line.entry, ordinal) < done) {
          this.counts.bytes -= done
          done = 0
        }
        break
      }
    }
    return (this.start = { ordinal, done })
  }

  async writeFiles(next: NextBlock): Promise<void> {
    let ordinal = -1
    for await (const line of this.lines(planFile)) {
      if (++ordinal < this.start.ordinal) continue
      if (line.action === 'same') this.mayBeLinked(line.entry.path)
      else await this.attempt(line, () => this.writeFile(line, ordinal, next))
    }
    await this.drain(next)
    this.planned = ordinal + 1
    this.tell(this.planned, 0)
  }

  hasAgain(): boolean {
    return this.again.flush() > 0
  }

  /** What an earlier process had restored and is not there any more, or had begun and somebody changed. */
  async writeAgain(next: NextBlock): Promise<void> {
    let ordinal = this.planned
    for await (const line of this.lines(againFile)) {
      const { path } = line.entry
      await this.attempt(line, () => this.writeFile(line, ordinal, next), this.counted.has(path))
      ordinal++
    }
    await this.drain(next)
    this.tell(this.planned, 0)
  }

  async writeLate(): Promise<void> {
    const partial = this.partialName('node')
    const nodes = new NodeMaker(this.tree, this.job.target, this.attributes, this.linkable, partial)
    try {
      for await (const line of this.lines(lateFile))
        await this.attempt(line, () => this.makeNode(nodes, line))
    } finally {
      nodes.close()
    }
  }

  /** Deepest folders first: setting something inside a folder changes the folder's own time. */
  async finishFolders(): Promise<void> {
    const folders: Entry[] = []
    for await (const line of this.lines(foldersFile)) {
      const silent = line.action === 'same' || line.action === 'implied'
      await this.attempt(line, () => void this.tree.folder(line.entry.path, true), silent)
      if (!this.failed.has(line.entry.path)) folders.push(line.entry)
    }
    for (const entry of folders.reverse()) {
      try {
        const path = this.tree.folder(entry.path, false)
        if (path !== null) this.leftOut(entry, this.attributes.onFolder(rawToBuffer(path), entry))
      } catch (err) {
        this.leftOut(entry, explain(err))
      }
    }
  }

  /** After everything else: giving a file away, or its mode, would take some of them off again. */
  async writeXattrs(): Promise<void> {
    const report = (path: RawPath, detail: string) => this.problem('target.attribute', path, detail)
    const xattrs = new XattrWriter(this.tree, this.job.options, report)
    for (const file of [planFile, lateFile, foldersFile]) {
      for await (const { entry, action } of this.lines(file, '"xattrs":')) {
        const isOurs = action !== 'same' || entry.kind === 'folder'
        if (entry.xattrs && isOurs && !this.failed.has(entry.path)) xattrs.add(entry)
      }
    }
    xattrs.flush()
  }

  close(): void {
    this.ledger.close()
    this.again.close()
  }

  /** The lines of one of the plan's files; with `holding` only those whose text has that in it. */
  private async *lines(file: string, holding = ''): AsyncGenerator<PlanLine> {
    for await (const lines of planBatches(join(this.job.folder, file)))
      for (const text of lines) if (text.includes(holding)) yield decodePlanLine(text)
  }

  /** @param silent it is in the ledger already */
  private async attempt(line: PlanLine, work: () => Promise<void> | void, silent = false): Promise<void> {
    const { entry, action } = line
    try {
      await work()
      if (!silent) this.restored(line)
    } catch (err) {
      if (err instanceof OnceMore) return this.again.append(encodePlanLine(entry, action))
      if (isFatal(err)) throw err
      this.failed.add(entry.path)
      this.counts.failed++
      const damaged = err instanceof Damaged || err instanceof WrongContent
      if (damaged) this.counts.damaged++
      const detail = explain(err)
      this.note(entry, 'failed', detail)
      this.problem(
        damaged ? 'data.damaged' : err instanceof NotAFolder ? 'target.refused' : 'target.failed',
        entry.path,
        detail,
      )
    }
  }

  private async writeFile({ entry, action }: PlanLine, ordinal: number, next: NextBlock): Promise<void> {
    const { folder, name } = splitPath(entry.path)
    const resumeAt = ordinal === this.start.ordinal ? this.start.done : 0
    const writer = new FileWriter(
      entry,
      this.tree.folder(folder, true)!,
      name,
      this.partialName(ordinal),
      resumeAt,
    )
    let done = resumeAt
    try {
      while (done < entry.size) {
        const piece = await this.piece(entry, done, ordinal, next)
        writer.write(piece)
        done += piece.length
        this.counts.bytes += piece.length
      }
      writer.check()
      this.leftOut(entry, this.attributes.onFile(writer.descriptor, entry))
      writer.finish(action === 'replace')
    } catch (err) {
      writer.leave(isFatal(err) ? 'keep' : 'remove')
      if (isFatal(err)) throw err
      const isThere =
        (err as NodeJS.ErrnoException).code === 'EEXIST' &&
        this.job.resume !== undefined &&
        this.isMade(entry)
      if (!isThere) this.counts.bytes -= done
      // The server's bytes are proven: it is the beginning, on this disk, that somebody changed.
      if (err instanceof WrongContent && resumeAt > 0) throw new OnceMore()
      if (!isThere) throw err
    }
    this.mayBeLinked(entry.path)
  }

  /** The content from `done` on, as far as one block holds it. */
  private async piece(entry: Entry, done: number, ordinal: number, next: NextBlock): Promise<Uint8Array> {
    const at = entry.data + done
    const index = Math.floor(at / blockBytes)
    while (!this.block || this.block.index < index) {
      if (this.block) this.tell(ordinal, done)
      this.block = await next(this.block)
      if (!this.block) throw new Error('the content ended early')
    }
    const { block } = this
    if (!block.bytes) throw new Damaged(block.detail)
    const from = at - index * blockBytes
    const piece = block.bytes.subarray(from, from + entry.size - done)
    if (block.index !== index || piece.length === 0)
      throw new Damaged('its content does not lie where the entry list says')
    return piece
  }

  /** Takes what nobody needs any more, so that the other side can go on. */
  private async drain(next: NextBlock): Promise<void> {
    do this.block = await next(this.block)
    while (this.block)
  }

  private makeNode(nodes: NodeMaker, { entry, action }: PlanLine): void {
    // A resumed run meets what an earlier process has made.
    if (this.job.resume && entry.kind !== 'hardlink' && this.isMade(entry))
      return this.leftOut(entry, nodes.finish(entry))
    try {
      this.leftOut(entry, nodes.make(entry, action === 'replace'))
    } catch (err) {
      const taken = (err as NodeJS.ErrnoException).code === 'EEXIST'
      if (!taken || !this.job.resume || entry.kind !== 'hardlink' || !nodes.isLinked(entry)) throw err
    }
  }

  /** A file that an earlier process finished: still there, gone, or somebody else's by now. */
  private recheck({ entry, action }: PlanLine): void {
    if (action === 'same') return this.mayBeLinked(entry.path)
    if (this.failed.has(entry.path)) return
    const found = standsThere(this.tree, entry, { content: this.linked.has(entry.path) })
    if (found === 'as-made') return this.mayBeLinked(entry.path)
    if (found === 'other') {
      this.failed.add(entry.path)
      return this.problem('target.failed', entry.path, 'changed since this run restored it; left as it is')
    }
    this.counts.bytes -= entry.size
    this.counted.add(entry.path)
    this.again.append(encodePlanLine(entry, found === 'cut' ? 'replace' : action))
  }

  private isMade(entry: Entry): boolean {
    return standsThere(this.tree, entry, { content: true }) === 'as-made'
  }

  private mayBeLinked(path: RawPath): void {
    if (this.linked.has(path)) this.linkable.add(path)
  }

  private restored({ entry, action }: PlanLine): void {
    if (action === 'replace') this.counts.replaced++
    else this.counts.created++
    if (entry.kind === 'file' || entry.kind === 'hardlink') this.counts.files++
    this.note(entry, action === 'replace' ? 'replace' : 'create')
  }

  private note(entry: Entry, action: LedgerLine['action'], detail?: string): void {
    const about = { ...pathFields(entry.path), action, kind: entry.kind, size: entry.size }
    const line: LedgerLine = detail ? { ...about, detail } : about
    this.ledger.append(`${JSON.stringify(line)}\n`)
  }

  private leftOut(entry: Entry, detail: string | null): void {
    if (detail !== null) this.problem('target.attribute', entry.path, detail)
  }

  private problem(
    code: Extract<ProblemCode, 'target.failed' | 'target.refused' | 'target.attribute' | 'data.damaged'>,
    path: RawPath,
    detail: string,
  ): void {
    this.post({ is: 'problem', code, path, detail })
  }

  private tell(ordinal: number, done: number): void {
    // What is restored once more is found out anew by every process.
    if (this.planned > 0 && ordinal > this.planned) return
    this.post({ is: 'at', ordinal, done, ledgerBytes: this.ledger.flush(), counts: { ...this.counts } })
  }

  private partialSize(entry: Entry, ordinal: number): number {
    const parent = this.tree.folder(splitPath(entry.path).folder, false)
    return parent === null ? 0 : partialSize(parent, this.partialName(ordinal))
  }

  private removePartial(entry: Entry, ordinal: number): void {
    const parent = this.tree.folder(splitPath(entry.path).folder, false)
    if (parent !== null) unlinkQuietly(rawToBuffer(`${parent}/${this.partialName(ordinal)}`))
  }

  private partialName(of: number | string): string {
    return `.drydock-${this.job.runId.slice(-8)}-${of}.partial`
  }
}

/** Thrown when a file has to be fetched from its beginning after all. */
class OnceMore extends Error {}

/** What no other entry will get past either: the disk is full or gone. The run stops and can be resumed. */
const fatal = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENODEV', 'EMFILE', 'ENFILE']
const isFatal = (err: unknown): boolean => fatal.includes((err as NodeJS.ErrnoException).code ?? '')

function explain(err: unknown): string {
  const { code, message } = err as NodeJS.ErrnoException
  if (code === 'EEXIST') return 'something has appeared there meanwhile; it was left as it is'
  return code ? `${code}` : message
}
