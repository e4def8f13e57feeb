import { open } from 'node:fs/promises'
import { EngineError, fromFsError } from '../engine-error.ts'
import { LineFile } from '../state/line-file.ts'

/** Longest line of a journal, bytes. A longer one is refused on writing and ends a journal on reading. */
export const maxJournalLine = 1024 * 1024

/**
 * What is durable so far in a run: one JSON object per line, only ever added to. After `kill -9` or a power failure
 * it is whole up to some line, at least to the last one appended with `sync`.
 */
export class Journal {
  readonly #lines: LineFile

  private constructor(lines: LineFile) {
    this.#lines = lines
  }

  /** Opens or creates it. A torn last line, and all after a damaged one, is cut off, so that appends can be read. */
  static async open(file: string): Promise<Journal> {
    let whole = 0
    for await (const { end } of scan(file)) whole = end
    return new Journal(await LineFile.open(file, whole))
  }

  /**
   * Adds one record. Order is kept. With `sync` it resolves when the disk has it, with everything before it;
   * without, when it would survive the death of this process but not a power failure.
   */
  async append(record: object, options: { sync?: boolean } = {}): Promise<void> {
    const line = JSON.stringify(record)
    if (Buffer.byteLength(line) > maxJournalLine)
      throw new EngineError('internal', 'journal.append', { detail: 'a record over 1 MiB' })
    await this.#lines.append(line, options)
  }

  async close(): Promise<void> {
    await this.#lines.close()
  }
}

/**
 * The records of a journal from its beginning, one at a time. One that is not there is empty. It ends before the
 * first line that is torn, too long or not JSON: what follows such a line was never acknowledged as durable.
 */
export async function* readJournal(file: string): AsyncGenerator<unknown, void, undefined> {
  for await (const { record } of scan(file)) yield record
}

async function* scan(file: string): AsyncGenerator<{ record: unknown; end: number }, void, undefined> {
  let handle
  try {
    handle = await open(file, 'r')
  } catch (err) {
    if ((err as { code?: string }).code === 'ENOENT') return
    throw fromFsError(err, 'journal.read', file)
  }
  try {
    const block = Buffer.allocUnsafe(256 * 1024)
    let rest: Buffer = Buffer.alloc(0)
    let end = 0
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, block.length)
      if (bytesRead === 0) return
      const bytes =
        rest.length === 0 ? block.subarray(0, bytesRead) : Buffer.concat([rest, block.subarray(0, bytesRead)])
      let start = 0
      for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, start)) {
        const record = parse(bytes.toString('utf8', start, feed))
        if (record === undefined) return
        end += feed + 1 - start
        start = feed + 1
        yield { record, end }
      }
      rest = Buffer.from(bytes.subarray(start))
      if (rest.length > maxJournalLine) return
    }
  } catch (err) {
    throw fromFsError(err, 'journal.read', file)
  } finally {
    await handle.close()
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
