import { constants, gunzipSync } from 'node:zlib'
import type { OutputCheck } from './host-source.ts'

/** Bytes that are looked at: two blocks of a tar, packed badly. */
const enough = 4096

/** What an output of unknown form is, by how it begins; and that there is any. */
export class OutputForm implements OutputCheck {
  #head: Buffer = Buffer.alloc(0)

  async feed(piece: Uint8Array): Promise<void> {
    if (this.#head.length < enough)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, enough)]).subarray(0, enough)
  }

  async finish(): Promise<string | null> {
    return this.#head.length === 0 ? 'printed nothing' : null
  }

  destroy(): void {
    // It holds nothing.
  }

  /** How the name of its file ends, without a dot; `bin` for what is not known. */
  get extension(): string {
    return extensionOfHead(this.#head)
  }
}

function extensionOfHead(head: Buffer): string {
  if (begins(head, [0x1f, 0x8b, 8])) return isTar(unpacked(head)) ? 'tar.gz' : 'gz'
  if (isTar(head)) return 'tar'
  const found = magics.find(([, magic]) => begins(head, magic))
  if (found) return found[0]
  // A list of documents, one in each line, is what a search index is dumped as.
  return /^\s*[[{]/.test(head.toString('latin1')) ? 'json' : 'bin'
}

const magics: readonly (readonly [string, readonly number[]])[] = [
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 3, 4]],
]

const begins = (head: Buffer, magic: readonly number[]): boolean => magic.every((byte, n) => head[n] === byte)

const isTar = (head: Buffer): boolean => head.subarray(257, 262).toString('latin1') === 'ustar'

/** As much of it as comes out of a beginning; nothing when it is no gzip after all. */
function unpacked(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}
