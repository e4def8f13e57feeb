import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { AgeWriter } from '../archive/age/age-writer.ts'
import type { FileKey } from '../archive/age/key.ts'
import type { ListHead } from '../archive/entry-list-reader.ts'
import { fromFsError } from '../engine-error.ts'
import type { EntrySpool } from './entry-spool.ts'

/** A finished entry list, in a file of the run. */
export type EntryList = { file: string; size: number; sha256: string }

/**
 * Writes the entry list as it goes to the servers: its head, then a line per block, so that a reader knows the blocks before
 * the entries that lie in them; zstd around it, `age` around that when the backup is encrypted.
 */
export async function writeEntryList(
  file: string,
  head: ListHead,
  blocks: readonly { at: number; size: number }[],
  spool: EntrySpool,
  key: FileKey | null,
  signal: AbortSignal,
): Promise<EntryList> {
  const sha256 = createHash('sha256')
  let size = 0
  async function* lines() {
    let text = `${JSON.stringify(head)}\n`
    for (const [block, { at, size: stored }] of blocks.entries()) {
      text += `${JSON.stringify({ block, at, size: stored })}\n`
      if (text.length < 64 * 1024) continue
      yield Buffer.from(text)
      text = ''
    }
    yield Buffer.from(text)
    yield* spool.read()
  }
  async function* sealed(pieces: AsyncIterable<Uint8Array>) {
    const age = key ? new AgeWriter(key) : null
    for await (const piece of pieces) yield* age ? age.push(piece) : [piece]
    if (age) yield* age.end()
  }
  async function* counted(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      sha256.update(piece)
      size += piece.length
      yield piece
    }
  }
  try {
    // Of such lines level 1 makes less than level 3, in less time.
    const zstd = createZstdCompress({
      chunkSize: 256 * 1024,
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    })
    await pipeline(lines, zstd, sealed, counted, createWriteStream(file, { mode: 0o600 }), { signal })
  } catch (err) {
    signal.throwIfAborted()
    throw fromFsError(err, 'backup.entries', file)
  }
  return { file, size, sha256: sha256.digest('hex') }
}
