import type { Hash } from 'node:crypto'
import { createHash, hash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { MiB } from '../../../shared/units.ts'
import type { Entry } from '../archive/entry.ts'
import { rawToBuffer } from '../archive/raw-path.ts'
import { placeNew, placeOver, unlinkQuietly } from './place.ts'

/** Thrown when what was written is not what the entry list promises. */
export class WrongContent extends Error {}

const page = 4096
const zeroPage = Buffer.alloc(page)

/**
 * One file on its way: it grows under a partial name beside its place, is hashed as it grows, and gets its final name
 * only when the hash is right and its attributes are set.
 */
export class FileWriter {
  private readonly partial: Buffer
  private readonly final: Buffer
  private readonly entry: Entry
  private readonly fd: number
  /** Made when it is needed: a file that comes in one piece is hashed in one call. */
  private running: Hash | null = null
  private whole: string | null = null
  private done = 0
  private open = true

  /** @param folder path of the opened parent folder; @param partialName a name nobody else uses */
  constructor(entry: Entry, folder: string, name: string, partialName: string, resumeAt = 0) {
    this.entry = entry
    this.partial = rawToBuffer(`${folder}/${partialName}`)
    this.final = rawToBuffer(`${folder}/${name}`)
    const flags = resumeAt > 0 ? constants.O_RDWR : constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    this.fd = openPartial(this.partial, flags | (constants.O_NOFOLLOW ?? 0))
    if (resumeAt > 0) this.takeUp(resumeAt)
  }

  /** Descriptor for setting attributes before the file gets its name. */
  get descriptor(): number {
    return this.fd
  }

  write(bytes: Uint8Array): void {
    if (this.done === 0 && bytes.length === this.entry.size) this.whole = hash('sha256', bytes, 'hex')
    else this.hash(bytes)
    if (this.entry.sparse) this.writeSparse(bytes)
    else this.writeAt(bytes, this.done)
    this.done += bytes.length
  }

  /** @throws WrongContent */
  check(): void {
    if (this.entry.sparse) ftruncateSync(this.fd, this.entry.size)
    const sha256 = this.whole ?? (this.running ?? createHash('sha256')).digest('hex')
    if (this.done !== this.entry.size || sha256 !== this.entry.sha256)
      throw new WrongContent('what arrived is not what the entry list promises')
  }

  /** Puts the file in its place. `replace` gives up what stands there; without it an existing name is `EEXIST`. */
  finish(replace: boolean): void {
    // On Linux the whole target is synced once at the end, which is far cheaper.
    if (process.platform !== 'linux') fsyncSync(this.fd)
    closeSync(this.fd)
    this.open = false
    if (replace) placeOver(this.partial, this.final)
    else placeNew(this.partial, this.final)
  }

  /** Lets go of the file; what has been written goes, or stays for a resume. */
  leave(how: 'remove' | 'keep'): void {
    if (this.open) closeSync(this.fd)
    this.open = false
    if (how === 'remove') unlinkQuietly(this.partial)
  }

  private takeUp(count: number): void {
    // What lies behind was written after the last note, or by somebody else: it is written again.
    ftruncateSync(this.fd, count)
    const buffer = Buffer.allocUnsafeSlow(MiB)
    while (this.done < count) {
      const got = readSync(this.fd, buffer, 0, Math.min(buffer.length, count - this.done), this.done)
      if (got === 0) throw new Error('shorter than the journal says')
      this.hash(buffer.subarray(0, got))
      this.done += got
    }
  }

  private hash(bytes: Uint8Array): void {
    this.running ??= createHash('sha256')
    this.running.update(bytes)
  }

  private writeAt(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at, bytes.length - at, position + at)
  }

  /** Pages of zeros are left out, so that they take no room; the length is set so that a resume sees them. */
  private writeSparse(bytes: Uint8Array): void {
    let from = -1
    for (let at = 0; at <= bytes.length; at += page) {
      const piece = bytes.subarray(at, at + page)
      const empty =
        piece.length === 0 ||
        Buffer.compare(piece, piece.length === page ? zeroPage : zeroPage.subarray(0, piece.length)) === 0
      if (!empty && from < 0) from = at
      if (!empty || from < 0) continue
      this.writeAt(bytes.subarray(from, at), this.done + from)
      from = -1
    }
    if (from >= 0) this.writeAt(bytes.subarray(from), this.done + from)
    ftruncateSync(this.fd, this.done + bytes.length)
  }
}

/** What an earlier process left under the name goes first. Seldom is there something, and a vain unlink is dear. */
function openPartial(path: Buffer, flags: number): number {
  try {
    return openSync(path, flags, 0o600)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err
    unlinkQuietly(path)
    return openSync(path, flags, 0o600)
  }
}

/** Bytes of an unfinished file that are there to go on from; 0 when it is not. */
export function partialSize(folder: string, partialName: string): number {
  try {
    const fd = openSync(
      rawToBuffer(`${folder}/${partialName}`),
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0),
    )
    try {
      const stat = fstatSync(fd)
      // A second name would be one somewhere else: nothing is written into such a file.
      return stat.isFile() && stat.nlink === 1 ? stat.size : 0
    } finally {
      closeSync(fd)
    }
  } catch {
    return 0 // Absent, or not ours to read: the file begins anew.
  }
}
