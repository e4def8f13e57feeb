import { hash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import type { ProblemCode } from '../../../../shared/run.ts'
import type { Entry } from '../../archive/entry.ts'
import { encodeEntry } from '../../archive/entry.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToDisplay, rawToFs } from '../../archive/raw-path.ts'
import { encodeHeader, paddingOf, trailerBytes } from '../../archive/tar/header.ts'
import type { Cursor, ResumePoint, TarBlock } from './block-filler.ts'
import { BlockFiller } from './block-filler.ts'
import type { EntryContext } from './entry-of.ts'
import { entryOf, kindOf, mtimeOf } from './entry-of.ts'
import { FileReader } from './file-reader.ts'
import type { Found, UnseenFile } from './walk.ts'
import { codeOf, comparePaths, messageOf, walk } from './walk.ts'

export type TarSourceOptions = EntryContext & {
  base: RawPath
  /** Relative to the base; see `walk`. */
  roots: readonly RawPath[]
  isExcluded: (path: RawPath) => boolean
  /** Where an earlier process got to; blocks before `block` are stored already. */
  resume?: ResumePoint
}

type Blocks<T = void> = Generator<TarBlock, T, Buffer>
type EntryCursor = Extract<Cursor, { entry: string }>

/**
 * The tar stream of a source, block by block. Every `next` hands in a fresh buffer of `blockBytes`.
 * Deterministic: the same tree gives the same bytes, so an interrupted run can be taken up at any block.
 */
export function* tarBlocks(options: TarSourceOptions, firstBuffer: Buffer): Blocks {
  const { resume } = options
  const fill = new BlockFiller(firstBuffer, resume?.block ?? 0)
  if (resume && 'trailer' in resume.cursor) yield* trailer(fill, resume.cursor.trailer)
  else {
    yield* new TarSource(options, fill).entries(resume?.cursor as EntryCursor | undefined)
    yield* trailer(fill, trailerBytes)
  }
}

function* trailer(fill: BlockFiller, bytes: number): Blocks {
  yield* fill.zeros(bytes, left => ({ trailer: left }))
  yield* fill.flush({ trailer: 0 })
}

class TarSource {
  private readonly options: TarSourceOptions
  private readonly fill: BlockFiller
  /** First name of each file with several, by device and inode. */
  private readonly names = new Map<string, RawPath>()

  /** The entry that the interruption fell into; read only when resuming inside one. */
  private readonly interrupted: Entry

  constructor(options: TarSourceOptions, fill: BlockFiller) {
    this.options = options
    this.interrupted = options.resume?.entry as Entry
    this.fill = fill
  }

  *entries(resume: EntryCursor | undefined): Blocks {
    let cursor = resume
    const from = resume ? this.interrupted.path : null
    const { base, roots, isExcluded } = this.options
    const report = (code: ProblemCode, path: RawPath, detail: string) => {
      // What was reported before the interruption is not reported again.
      if (from === null || comparePaths(path, from) > 0) this.problem(code, path, detail)
    }
    if (!resume) {
      for (const found of walk(base, roots, isExcluded, report, { unseen: true })) yield* this.store(found)
      return
    }
    for (const found of walk(base, roots, isExcluded, report)) {
      if (cursor) {
        const order = comparePaths(found.path, from!)
        if (order < 0) {
          if (this.wasStored(found)) this.rememberName(found)
          continue
        }
        const interrupted = cursor
        cursor = undefined
        if (yield* this.finish(interrupted, order === 0 ? found : null)) {
          if (order === 0) continue
        }
      }
      yield* this.store(found)
    }
    if (cursor) yield* this.finish(cursor, null)
  }

  private *store(found: Found | UnseenFile): Blocks {
    const { path } = found
    if (found.stat === null) return yield* this.storeFile(path, found)
    const kind = kindOf(found)
    if (kind === null) return this.fill.socket()
    if (kind === 'file') {
      const firstName = this.firstNameOf(found)
      return yield* firstName === undefined ? this.storeFile(path) : this.storeLink(found, firstName)
    }
    yield* this.storeBare(entryOf(this.options, found, kind), found)
  }

  private *storeLink(found: Found, firstName: RawPath): Blocks {
    yield* this.storeBare({ ...entryOf(this.options, found, 'hardlink'), link: firstName }, found)
  }

  /** An entry that is all header. */
  private *storeBare(entry: Entry, found: Found): Blocks {
    yield* this.header(entry, found)
    this.fill.complete({ ...entry, data: this.fill.at })
  }

  private *storeFile(path: RawPath, unseen?: UnseenFile): Blocks {
    let reader
    try {
      reader = new FileReader(this.full(path))
    } catch (err) {
      if (unseen) return void (unseen.isFile = false)
      return this.problem(codeOf(err), path, messageOf(err))
    }
    try {
      // The header promises a size, so it is the size of what was opened, not of what was found before.
      const opened: Found = { path, stat: reader.stat }
      const firstName = this.firstNameOf(opened)
      if (firstName !== undefined) return yield* this.storeLink(opened, firstName)
      const entry = entryOf(this.options, opened, 'file')
      yield* this.header(entry, opened)
      yield* this.content(reader, entry, this.fill.at, 0)
      this.rememberName(opened)
    } finally {
      reader.close()
    }
  }

  private *header(entry: Entry, { stat }: Found): Blocks {
    const bytes = encodeHeader(entry)
    if (this.fill.tryPut(bytes)) return
    yield* this.fill.put(bytes, rest => ({
      entry: encodeEntry(entry),
      ...(rest ? { header: rest.toString('base64') } : {}),
      done: 0,
      dataAt: rest ? 0 : this.fill.at,
      ino: String(stat.ino),
    }))
  }

  /** The content from `done` on, its padding, and its line in the entry list. */
  private *content(reader: FileReader, entry: Entry, dataAt: number, done: number): Blocks {
    const { size } = entry
    const cursor = (at: number): Cursor => ({
      entry: encodeEntry(entry),
      done: at,
      dataAt,
      ino: String(reader.stat.ino),
    })
    let at = done
    let sha256: string | null = null
    let fault: unknown
    while (at < size) {
      const { block, from } = this.fill.room()
      let got = 0
      try {
        got = reader.read(block, from, Math.min(block.length - from, size - at), at)
      } catch (err) {
        fault = err
      }
      if (got === 0) break
      // Most files lie in one block: hashing those in one go is several times cheaper.
      const read = block.subarray(from, from + got)
      if (got === size) sha256 = hash('sha256', read, 'hex')
      else reader.hash.update(read)
      at += got
      if (!this.fill.tryAdvance(got)) yield* this.fill.advance(got, () => cursor(at))
    }
    if (at < size) {
      // The header has promised these bytes. Zeros keep the archive whole, and the problem names the file.
      const detail = fault
        ? `${messageOf(fault)}; ${size - at} bytes are zero`
        : `became shorter while it was read; ${size - at} bytes are zero`
      this.problem(fault ? codeOf(fault) : 'source.changed', entry.path, detail)
      hashZeros(reader, size - at)
      yield* this.fill.zeros(size - at, left => cursor(size - left))
    } else if (reader.changed()) this.problem('source.changed', entry.path, 'changed while it was read')
    // By the place in the stream, not by the size: a resume may begin behind the padding.
    const padding = paddingOf(this.fill.at)
    if (!this.fill.tryZeros(padding)) yield* this.fill.zeros(padding, () => cursor(size))
    this.fill.complete({ ...entry, data: dataAt, sha256: sha256 ?? reader.hash.digest('hex') })
  }

  /**
   * Goes on inside the entry where the last process stopped. Its promised bytes are delivered in any case. When the
   * file is another one by now they are zeros, and false says that it is to be stored again under the same path:
   * `tar x` keeps the last.
   */
  private *finish(cursor: EntryCursor, found: Found | null): Blocks<boolean> {
    const entry = this.interrupted
    if (cursor.header) {
      const { header, ...bare } = cursor
      yield* this.fill.put(Buffer.from(header, 'base64'), rest => ({
        ...bare,
        ...(rest ? { header: rest.toString('base64') } : { dataAt: this.fill.at }),
      }))
    }
    const dataAt = cursor.header ? this.fill.at : cursor.dataAt
    if (found && isSame(found, entry, cursor.ino)) {
      if (entry.kind !== 'file') {
        this.fill.complete({ ...entry, data: dataAt })
        return true
      }
      if (yield* this.finishFile(entry, cursor, dataAt)) {
        this.rememberName(found)
        return true
      }
    }
    const { path } = entry
    if (found)
      this.problem('source.changed', path, 'changed between the interruption and the resume; stored again')
    else this.problem('source.vanished', path, 'gone between the interruption and the resume')
    const closed = (done: number): Cursor => ({ entry: cursor.entry, done, dataAt, ino: '' })
    yield* this.fill.zeros(entry.size - cursor.done, left => closed(entry.size - left))
    yield* this.fill.zeros(paddingOf(this.fill.at), () => closed(entry.size))
    return false
  }

  /** False, with nothing written, when the file cannot be opened or lacks what was stored of it. */
  private *finishFile(entry: Entry, cursor: EntryCursor, dataAt: number): Blocks<boolean> {
    let reader
    try {
      reader = new FileReader(this.full(entry.path))
    } catch {
      return false
    }
    try {
      if (!reader.rehash(cursor.done)) return false
      yield* this.content(reader, entry, dataAt, cursor.done)
      return true
    } finally {
      reader.close()
    }
  }

  private full(path: RawPath): Buffer | string {
    return rawToFs(`${this.options.base}/${path}`)
  }

  private problem(code: ProblemCode, path: RawPath, detail: string): void {
    this.fill.problem({ code, subject: rawToDisplay(path), detail })
  }

  /**
   * Whether the earlier process can have stored this file, which lies before the place where it stopped: a name added
   * or made readable since then is in no archive, and a hard link to it would lead nowhere.
   */
  private wasStored({ path, stat }: Found): boolean {
    const since = this.options.resume?.since ?? 0
    if (!stat.isFile() || stat.nlink === 1n || Number(stat.ctimeNs / 1_000_000n) >= since) return false
    try {
      accessSync(this.full(path), constants.R_OK)
      return true
    } catch {
      return false
    }
  }

  /** Under which name the same file has been stored, if it has. */
  private firstNameOf(found: Found): RawPath | undefined {
    return found.stat.nlink > 1n ? this.names.get(nameKey(found)) : undefined
  }

  private rememberName(found: Found): void {
    if (found.stat.isFile() && found.stat.nlink > 1n && !this.names.has(nameKey(found)))
      this.names.set(nameKey(found), found.path)
  }
}

const nameKey = ({ stat }: Found): string => `${stat.dev}:${stat.ino}`

function isSame(found: Found, entry: Entry, ino: string): boolean {
  const kind = kindOf(found)
  if (String(found.stat.ino) !== ino || mtimeOf(found.stat.mtimeNs) !== entry.mtime) return false
  return entry.kind === 'file'
    ? kind === 'file' && Number(found.stat.size) === entry.size
    : kind === entry.kind || entry.kind === 'hardlink'
}

function hashZeros(reader: FileReader, count: number): void {
  const zeros = Buffer.alloc(Math.min(count, 1024 * 1024))
  for (let left = count; left > 0; left -= zeros.length)
    reader.hash.update(left < zeros.length ? zeros.subarray(0, left) : zeros)
}
