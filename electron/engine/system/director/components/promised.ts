import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { mongoMagic } from '../files/archive-check.ts'
import { tarHeader } from '../files/tar-header.ts'

const block = 512
/** Of a long name that stands before its entry, bytes. */
const longestName = 64 * 1024
const postgresDump = 'postgres_dump.sql'

/**
 * Whether what a command printed holds what the name of its component promises. Only asked of what Drydock makes itself:
 * of the vendor's own files, whatever their tool wrote counts.
 */
export class Promised {
  readonly #component: DirectorComponent
  readonly #files = new TarFiles()
  #head: Buffer = Buffer.alloc(0)

  constructor(component: DirectorComponent) {
    this.#component = component
  }

  /** Takes what was unpacked, in order. */
  take(piece: Buffer): void {
    if (this.#component !== 'mongo') this.#files.take(piece)
    else if (this.#head.length < mongoMagic.length)
      this.#head = Buffer.concat([this.#head, piece]).subarray(0, mongoMagic.length)
  }

  /** @param all whether all of it was seen. @returns what is not in it, in words; null when nothing is missing */
  missing(all: boolean): string | null {
    if (this.#component === 'mongo')
      return this.#head.equals(mongoMagic) ? null : 'is no archive of mongodump (--archive)'
    const { dump, some, unsure } = this.#files
    const known = all && !unsure
    // A Director that no edge controller belongs to yet has none of their certificates.
    if (this.#component === 'ec-provision') return null
    if (this.#component !== 'postgres')
      return some || !known ? null : 'is a tar without a single file: is its folder the right one?'
    if (dump === null) return known ? `is a tar without ${postgresDump}` : null
    return dump === 0 ? `holds an empty ${postgresDump}` : null
  }
}

/** What a tar holds, as it passes by. */
class TarFiles {
  /** Bytes of the dump of postgres; null while there is none. */
  dump: number | null = null
  /** Whether it holds any file. */
  some = false
  /** Whether an entry's length could not be read, so that nothing is known of what follows it. */
  unsure = false
  #head: Buffer = Buffer.alloc(0)
  #skip = 0
  /** While a name stands where content would. */
  #naming = false
  #name = ''
  #over = false

  take(piece: Buffer): void {
    for (let at = 0; at < piece.length && !this.#over;) {
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, piece.length - at)
        if (this.#naming && this.#name.length < longestName)
          this.#name += piece.toString('latin1', at, at + count)
        this.#skip -= count
        at += count
        continue
      }
      const part = piece.subarray(at, at + block - this.#head.length)
      this.#head = Buffer.concat([this.#head, part])
      at += part.length
      if (this.#head.length < block) continue
      this.#enter(this.#head)
      this.#head = Buffer.alloc(0)
    }
  }

  #enter(head: Buffer): void {
    const header = tarHeader(head)
    if (!header) {
      // Zeros are its end, or fill a record.
      this.#over = head.some(byte => byte !== 0)
      return
    }
    const { name, size, regular, namesNext } = header
    if (!(size >= 0)) {
      this.#over = this.unsure = true
      if (regular) this.some = true
      return
    }
    if (regular) {
      this.some = true
      if (name.split('/').at(-1) === postgresDump || new RegExp(`/${postgresDump}[\\0\\n]`).test(this.#name))
        this.dump = Math.max(this.dump ?? 0, size)
    }
    this.#naming = namesNext
    if (namesNext || regular) this.#name = ''
    this.#skip = Math.ceil(size / block) * block
  }
}
