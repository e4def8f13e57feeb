import { once } from 'node:events'
import { createGunzip } from 'node:zlib'
import type { DirectorPointFlag } from '../../../../../shared/contract/director.ts'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorFiles, parseDirectorFile } from '../../../../../shared/director-files.ts'
import { timeOf } from '../../../archive/names.ts'
import { tarHeader } from './tar-header.ts'

type FlagCode = DirectorPointFlag['code']
/** What is wrong with the content of a backup file. */
export type ContentFlag = { code: FlagCode; detail: string }

const block = 512
/** Longer than any run takes and any two clocks differ, ms. */
const runMs = 24 * 3600_000
/** Bytes that are unpacked at most; what packs better than that is no dump. */
const mostUnpacked = 2 ** 30
/** What `mongodump --archive` begins with. */
export const mongoMagic = Buffer.from([0x6d, 0xe2, 0x99, 0x81])

/**
 * Unpacks one of the five files as it passes by and judges it: really gzip, whole, and holding what its name says.
 * Keeps nothing of it but its first block. Feed it all pieces in order, then ask `finish`.
 */
export class ArchiveCheck {
  readonly #component: DirectorComponent
  readonly #name: string
  readonly #look: (piece: Buffer) => void
  readonly #gunzip = createGunzip()
  readonly #unpacking: Promise<void>
  #failure: NodeJS.ErrnoException | null = null
  #over = false
  #fed = 0
  #unpacked = 0
  #head: Buffer = Buffer.alloc(0)
  #first: Buffer = Buffer.alloc(0)
  /** Of the last block: whether all of it is zero, as the end of a tar is. */
  #tail: Buffer = Buffer.alloc(0)

  /** @param look sees what it unpacks, in order */
  constructor(component: DirectorComponent, name: string, look: (piece: Buffer) => void = () => {}) {
    this.#component = component
    this.#name = name
    this.#look = look
    this.#gunzip.on('error', err => (this.#failure ??= err))
    this.#unpacking = this.#unpack()
  }

  /** Resolves when it can take more. Never fails: what is wrong is told at the end. */
  async feed(piece: Uint8Array): Promise<void> {
    if (this.#head.length < block) this.#head = Buffer.concat([this.#head, piece]).subarray(0, block)
    this.#fed += piece.length
    if (this.#over || this.#gunzip.destroyed) return
    if (this.#gunzip.write(piece)) return
    await Promise.race([once(this.#gunzip, 'drain').catch(() => {}), this.#unpacking])
  }

  /** @returns null when nothing is wrong */
  async finish(): Promise<ContentFlag | null> {
    if (!this.#gunzip.destroyed) this.#gunzip.end()
    await this.#unpacking
    if (this.#fed === 0) return { code: 'empty', detail: 'has no bytes' }
    if (!isGzip(this.#head)) return notGzip(this.#head)
    const holds = headOf(this.#component, this.#name, this.#first)
    if (this.#failure) {
      if (this.#failure.code === 'Z_BUF_ERROR')
        return { code: 'half-uploaded', detail: `ends in the middle, after ${this.#fed} bytes` }
      return {
        // The check at its very end is told before anything of a small file comes out.
        code:
          this.#unpacked > 0 || /incorrect (?:data|length) check/.test(this.#failure.message)
            ? 'unreadable-tail'
            : 'unreadable-head',
        detail: `cannot be unpacked: ${this.#failure.message}`,
      }
    }
    return holds ?? (this.#over ? null : this.#end())
  }

  /** Whether nothing of it was too much to be unpacked. */
  get unpackedAll(): boolean {
    return !this.#over
  }

  /** Lets go when nobody will ask. */
  destroy(): void {
    this.#over = true
    this.#gunzip.destroy()
  }

  #end(): ContentFlag | null {
    if (this.#unpacked === 0) return { code: 'empty', detail: 'is an archive of nothing' }
    if (!isTar(this.#component)) return null
    if (this.#unpacked % block !== 0 || !this.#tail.equals(Buffer.alloc(block)))
      return { code: 'half-uploaded', detail: 'was packed before its tar had come to an end' }
    return null
  }

  async #unpack(): Promise<void> {
    try {
      for await (const piece of this.#gunzip as AsyncIterable<Buffer>) {
        if (this.#first.length < block) this.#first = Buffer.concat([this.#first, piece]).subarray(0, block)
        this.#tail =
          piece.length >= block ? piece.subarray(-block) : Buffer.concat([this.#tail, piece]).subarray(-block)
        this.#unpacked += piece.length
        this.#look(piece)
        if (this.#unpacked > mostUnpacked) {
          this.#over = true
          break
        }
      }
    } catch (err) {
      // After `destroy` an unpacker that was not at its end says so; that is no finding.
      if (!this.#over) this.#failure ??= err as NodeJS.ErrnoException
    }
  }
}

const isTar = (component: DirectorComponent): boolean => directorFiles[component].suffix.endsWith('.tar.gz')

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8

export function notGzip(head: Uint8Array): ContentFlag {
  const zeros = head.every(byte => byte === 0)
  return {
    code: 'unreadable-head',
    detail: zeros ? 'begins with zeros: the room was made, the bytes never came' : 'is no gzip file',
  }
}

/** Judges the first unpacked bytes by what the name promises. @returns null when they fit, or say nothing */
export function headOf(component: DirectorComponent, name: string, first: Buffer): ContentFlag | null {
  if (first.length === 0) return null
  const tar = tarHeader(first)
  if (!isTar(component))
    return tar ? { code: 'wrong-component', detail: `holds a tar (${tar.name}), and no dump of mongo` } : null
  if (first.subarray(0, 4).equals(mongoMagic))
    return { code: 'wrong-component', detail: 'holds a dump of mongo, and no tar' }
  if (!tar)
    return first.every(byte => byte === 0)
      ? { code: 'empty', detail: 'is a tar of nothing' }
      : { code: 'unreadable-head', detail: 'holds no tar' }
  const dump = /(?:^|\/)postgres_dump\.sql$/.test(tar.name)
  if (dump && component !== 'postgres')
    return { code: 'wrong-component', detail: 'holds the dump of postgres' }
  return dump ? otherRun(name, tar.modified) : null
}

/** The dump of postgres is made by the run itself: its time cannot be another day's. */
function otherRun(name: string, made: number): ContentFlag | null {
  const stamp = parseDirectorFile(name)?.stamp ?? 'latest'
  if (stamp === 'latest' || !(Math.abs(made - timeOf(stamp)) > runMs)) return null
  return {
    code: 'mixed',
    detail: `holds a dump of ${new Date(made).toISOString().slice(0, 16)}Z: is it the file of another run?`,
  }
}
