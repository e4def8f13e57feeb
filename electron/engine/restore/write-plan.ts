import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from '../archive/entry.ts'
import { blockBytes } from '../archive/compress.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { pathFields, rawToBuffer } from '../archive/raw-path.ts'
import { Attributes } from './attributes.ts'
import { BufferedFile } from './buffered-file.ts'
import { isEqual } from './decide.ts'
import { FileWriter, WrongContent, partialSize } from './file-writer.ts'
import type { FromRestoreWorker, RestoreJob } from './messages.ts'
import { againFile, foldersFile, lateFile, ledgerFile, planFile } from './messages.ts'
import { NodeMaker } from './nodes.ts'
import type { LedgerLine, RestoreCounts } from './options.ts'
import type { PlanLine } from './plan-file.ts'
import { decodePlanLine, encodePlanLine, planLines } from './plan-file.ts'
import { unlinkQuietly } from './place.ts'
import type { TargetTree } from './target-tree.ts'
import { NotAFolder, splitPath } from './target-tree.ts'
import { XattrWriter } from './write-xattrs.ts'

/** A block of content, or the reason why it cannot be had. */
export type ContentBlock =
  { index: number; bytes: Uint8Array } | { index: number; bytes: null; detail: string }
type NextBlock = (used: ContentBlock | null) => Promise<ContentBlock | null>

/** Thrown for an entry whose content is damaged or missing on the server. */
class Damaged extends Error {}

/** Carries out a plan: files in the order of the archive, then links and nodes, then the attributes of folders. */
export class PlanWriter {
  hasAttributes: boolean
  private readonly job: RestoreJob
  private readonly tree: TargetTree
  private readonly counts: RestoreCounts
  private readonly post: (message: FromRestoreWorker) => void
  private readonly attributes: Attributes
  private readonly ledger: BufferedFile
  private readonly xattrs: BufferedFile
  private start: { ordinal: number; done: number } = { ordinal: 0, done: 0 }
  private block: ContentBlock | null = null
  private readonly linkable = new Set<RawPath>()
  /** First names of the hard links to come. */
  private readonly linked = new Set<RawPath>()

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
    this.ledger = new BufferedFile(ledger, job.resume?.ledgerBytes ?? sizeOf(ledger))
    const xattrs = join(job.folder, attributesFile)
    this.xattrs = new BufferedFile(xattrs, job.resume ? sizeOf(xattrs) : 0)
    this.hasAttributes = job.resume !== undefined && sizeOf(xattrs) > 0
  }

  /** Looks where an earlier process really got to: the file may have been finished after its last note. */
  async begin(): Promise<{ ordinal: number; done: number }> {
    for await (const text of planLines(join(this.job.folder, lateFile))) {
      const { entry } = decodePlanLine(text)
      if (entry.kind === 'hardlink' && entry.link !== undefined) this.linked.add(entry.link)
    }
    const { resume } = this.job
    if (!resume) return this.start
    let { ordinal, done } = resume
    let at = 0
    for await (const text of planLines(join(this.job.folder, planFile))) {
      const line = decodePlanLine(text)
      const { entry } = line
      if (at++ < ordinal) {
        this.mayBeLinked(entry.path)
        continue
      }
      const parent = this.tree.folder(splitPath(entry.path).folder, false)
      if (done > 0 && (parent === null || partialSize(parent, this.partialName(ordinal)) < done)) done = 0
      if (done > 0 || line.action === 'same' || !this.isThere(entry)) break
      this.restored(line)
      ordinal++
    }
    return (this.start = { ordinal, done })
  }

  async writeFiles(next: NextBlock): Promise<void> {
    let ordinal = -1
    for await (const text of planLines(join(this.job.folder, planFile))) {
      if (++ordinal < this.start.ordinal) continue
      const line = decodePlanLine(text)
      if (line.action === 'same') this.mayBeLinked(line.entry.path)
      else await this.attempt(line, () => this.writeFile(line, ordinal, next))
    }
    this.tell(ordinal + 1, 0)
  }

  async writeLate(): Promise<void> {
    const nodes = new NodeMaker(this.tree, this.job.target, this.attributes, this.linkable)
    try {
      for await (const text of planLines(join(this.job.folder, lateFile))) {
        const line = decodePlanLine(text)
        await this.attempt(line, () => {
          // A resumed run meets what an earlier process has made.
          if (line.entry.kind === 'hardlink' || !this.isThere(line.entry)) this.makeNode(nodes, line)
          this.keepXattrs(line.entry)
        })
      }
    } finally {
      nodes.close()
    }
  }

  private makeNode(nodes: NodeMaker, { entry, action }: PlanLine): void {
    try {
      nodes.make(entry, action === 'replace')
    } catch (err) {
      if (entry.kind !== 'hardlink' || (err as NodeJS.ErrnoException).code !== 'EEXIST' || !this.job.resume)
        throw err
    }
  }

  /** Deepest folders first: setting something inside a folder changes the folder's own time. */
  async finishFolders(): Promise<void> {
    const folders: PlanLine[] = []
    for await (const text of planLines(join(this.job.folder, foldersFile))) {
      const line = decodePlanLine(text)
      await this.attempt(line, () => void this.tree.folder(line.entry.path, true), line.action === 'same')
      folders.push(line)
    }
    for (const { entry } of folders.reverse()) {
      try {
        const path = this.tree.folder(entry.path, false)
        if (path !== null) this.attributes.onFolder(rawToBuffer(path), entry)
        this.keepXattrs(entry)
      } catch (err) {
        this.problem('target.attribute', entry.path, explain(err))
      }
    }
  }

  close(): void {
    this.ledger.close()
    this.xattrs.close()
  }

  private async attempt(line: PlanLine, work: () => Promise<void> | void, silent = false): Promise<void> {
    try {
      await work()
      if (!silent) this.restored(line)
    } catch (err) {
      const { entry } = line
      if (isFatal(err)) throw err
      this.counts.failed++
      const damaged = err instanceof Damaged || err instanceof WrongContent
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
    const partial = this.partialName(ordinal)
    const writer = new FileWriter(entry, this.tree.folder(folder, true)!, name, partial, resumeAt)
    try {
      for (let done = resumeAt; done < entry.size;) {
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
          throw new Damaged('the archive is shorter than its entry list says')
        writer.write(piece)
        done += piece.length
        this.counts.bytes += piece.length
      }
      writer.check()
      const leftOut = this.attributes.onFile(writer.descriptor, entry)
      if (leftOut) this.problem('target.attribute', entry.path, leftOut)
      writer.finish(action === 'replace')
    } catch (err) {
      writer.leave(isFatal(err) ? 'keep' : 'remove')
      throw err
    }
    this.mayBeLinked(entry.path)
    this.keepXattrs(entry)
  }

  private mayBeLinked(path: RawPath): void {
    if (this.linked.has(path)) this.linkable.add(path)
  }

  private isThere(entry: Entry): boolean {
    const decision = new Decider(this.tree, { overwrite: 'different', special: true }).decide(
      entry,
      entry.path,
    )
    return decision.action === 'same'
  }

  private restored({ entry, action }: PlanLine): void {
    if (action === 'replace') this.counts.replaced++
    else this.counts.created++
    if (entry.kind === 'file' || entry.kind === 'hardlink') this.counts.files++
    this.note(entry, action === 'replace' ? 'replace' : 'create')
  }

  private note(entry: Entry, action: LedgerLine['action'], detail?: string): void {
    const line: LedgerLine = {
      ...pathFields(entry.path),
      action,
      kind: entry.kind,
      size: entry.size,
      ...(detail ? { detail } : {}),
    }
    this.ledger.append(`${JSON.stringify(line)}\n`)
  }

  private problem(
    code: 'target.failed' | 'target.refused' | 'target.attribute' | 'data.damaged',
    path: RawPath,
    detail: string,
  ): void {
    this.post({ is: 'problem', code, path, detail })
  }

  private tell(ordinal: number, done: number): void {
    this.post({ is: 'at', ordinal, done, ledgerBytes: this.ledger.flush(), counts: { ...this.counts } })
  }

  /** Lines for `setfattr --restore`, as `getfattr` writes them. */
  private keepXattrs(entry: Entry): void {
    if (!entry.xattrs) return
    this.hasAttributes = true
    const name = entry.path.replace(
      /[\\\n\r\x00-\x1f\x7f-\xff=]/g,
      c => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
    )
    const lines = Object.entries(entry.xattrs).map(([key, value]) => `${key}=0s${value}`)
    this.xattrs.append(`# file: ${name}\n${lines.join('\n')}\n\n`)
  }

  private partialName(ordinal: number): string {
    return `.drydock-${this.job.runId.slice(-8)}-${ordinal}.partial`
  }
}

/** What no other entry will get past either: the disk is full or gone. The run stops and can be resumed. */
const isFatal = (err: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENODEV', 'EMFILE', 'ENFILE'].includes(
    (err as NodeJS.ErrnoException).code ?? '',
  )

function explain(err: unknown): string {
  const { code, message } = err as NodeJS.ErrnoException
  return code ? `${code}` : message
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
