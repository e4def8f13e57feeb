import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError, fromFsError } from '../../../engine-error.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import { terminalLogName } from './read-terminal.ts'
import { TerminalLines } from './terminal-lines.ts'

export { readTerminal, terminalLogName } from './read-terminal.ts'

const stateName = 'terminal.state.json'
const mebibyte = 1024 * 1024
const fullNotice = '\r\n[Drydock: this log is full; what the script says from here on is not kept]\r\n'
/** How long nothing comes before an unfinished line is shown as far as it is, ms. */
const silentMs = 150
/** How much is written until the position is noted again, bytes. After a crash so much is written anew at most. */
const noteEvery = 256 * 1024
/** What is looked at to recognise the file, bytes before the noted position. */
const tailBytes = 4096

/** Up to where file and raw output are known to agree: at the beginning of a line in both. */
const mark = z.object({
  version: z.literal(1),
  raw: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  full: z.boolean(),
  /** SHA-256 of the file's last bytes before `bytes`, hex. */
  tail: z.string(),
})
type Mark = z.infer<typeof mark>
const beginning: Mark = { version: 1, raw: 0, bytes: 0, full: false, tail: '' }

export type TerminalLogOptions = {
  /** Takes secrets out of a line. */
  mask: (text: string) => string
  /** Bytes; 64 MiB when absent. */
  limit?: number
}

/**
 * What a script says on its terminal, as text that is safe to keep: `terminal.log` in a run's folder. It knows how far
 * it has come in the raw output, so that a process that attaches again adds what was missed and nothing twice; after
 * `kill -9` it takes up at the last line that it had noted, and when in doubt it is written anew from the beginning.
 */
export class TerminalLog {
  readonly #folder: string
  readonly #limit: number
  readonly #lines: TerminalLines
  #mark: Mark
  #noted: number
  #size: number
  #full: boolean
  #handle: FileHandle | null = null
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()
  /** After a failed write the file holds less than was taken: nothing more is added to it. */
  #broken: EngineError | undefined

  private constructor(folder: string, from: Mark, { mask: hide, limit }: TerminalLogOptions) {
    this.#folder = folder
    this.#limit = limit ?? 64 * mebibyte
    this.#lines = new TerminalLines(from.raw, hide)
    this.#mark = from
    this.#noted = from.bytes
    this.#size = from.bytes
    this.#full = from.full
  }

  /** Opens it, or begins it. Nothing is written before the first `write`. @throws EngineError `local.*` */
  static async open(folder: string, options: TerminalLogOptions): Promise<TerminalLog> {
    return new TerminalLog(folder, await markOf(folder), options)
  }

  /** Bytes of the raw output that it holds: the rest is what `write` waits for. */
  get rawOffset(): number {
    return this.#lines.raw
  }

  /**
   * Takes the raw output from offset `at` on; what it holds already is left out.
   * @throws EngineError `local.*`; `internal` when something is missing in between
   */
  async write(at: number, bytes: Uint8Array): Promise<void> {
    await this.#inTurn(async () => {
      const known = this.#lines.raw - at
      if (known < 0)
        throw new EngineError('internal', 'director.terminal', {
          detail: `the output from ${this.#lines.raw} to ${at} is missing`,
        })
      if (known >= bytes.length) return
      const before = this.#size
      let text = ''
      let safe: { raw: number; bytes: number } | null = null
      for (const line of this.#lines.write(bytes.subarray(known))) {
        text += this.#room(line.text, before + Buffer.byteLength(text))
        if (line.raw !== null) safe = { raw: line.raw, bytes: before + Buffer.byteLength(text) }
      }
      await this.#append(text)
      if (safe) this.#mark = { ...beginning, ...safe, full: this.#full }
      if (this.#size - this.#noted >= noteEvery) await this.#note()
    })
    this.#timer?.refresh()
    this.#timer ??= setTimeout(
      () => void this.#inTurn(() => this.#showLine()).catch(() => {}),
      silentMs,
    ).unref()
  }

  /** Everything that was taken is in the file, the position is noted, and the file is closed until the next `write`. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#inTurn(async () => {
      try {
        const text = this.#lines.end()
        await this.#append(this.#room(text, this.#size))
        await this.#note()
      } finally {
        const handle = this.#handle
        this.#handle = null
        await handle?.close()
      }
    })
  }

  async #showLine(): Promise<void> {
    this.#timer = undefined
    await this.#append(this.#room(this.#lines.silent(), this.#size))
  }

  /** `text`, as long as there is room for it; once, that there is none. */
  #room(text: string, size: number): string {
    if (this.#full || text === '') return ''
    if (size + Buffer.byteLength(text) <= this.#limit) return text
    this.#full = true
    return fullNotice
  }

  async #append(text: string): Promise<void> {
    if (this.#broken) throw this.#broken
    if (text === '') return
    try {
      this.#handle ??= await this.#reopen()
      const bytes = Buffer.from(text)
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#size)
        done += bytesWritten
        this.#size += bytesWritten
      }
    } catch (err) {
      this.#broken = fromFsError(err, 'director.terminal', this.#file)
      throw this.#broken
    }
  }

  /** What lies beyond the noted position comes again. */
  async #reopen(): Promise<FileHandle> {
    const handle = await open(this.#file, 'r+').catch((err: unknown) => {
      if ((err as { code?: string }).code === 'ENOENT') return open(this.#file, 'wx+', 0o600)
      throw err
    })
    await handle.truncate(this.#size)
    return handle
  }

  /** First the text is on the disk, then the note about it: a note never speaks of what a power failure takes away. */
  async #note(): Promise<void> {
    if (!this.#handle) return
    try {
      await this.#handle.datasync()
      const tail = await tailOf(this.#handle, this.#mark.bytes)
      await writeFileAtomically(join(this.#folder, stateName), JSON.stringify({ ...this.#mark, tail }), {
        durable: false,
      })
      this.#noted = this.#size
    } catch (err) {
      throw fromFsError(err, 'director.terminal', this.#file)
    }
  }

  get #file(): string {
    return join(this.#folder, terminalLogName)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => {})
    return mine
  }
}

/** Where to go on: what was noted, when the file still agrees with it. */
async function markOf(folder: string): Promise<Mark> {
  const file = join(folder, terminalLogName)
  const noted = mark.safeParse(
    await readFile(join(folder, stateName), 'utf8')
      .then(JSON.parse)
      .catch(() => null),
  )
  if (!noted.success) return beginning
  const handle = await open(file, 'r').catch((err: unknown) => {
    if ((err as { code?: string }).code === 'ENOENT') return null
    throw fromFsError(err, 'director.terminal', file)
  })
  if (!handle) return beginning
  try {
    const { size } = await handle.stat()
    const same = size >= noted.data.bytes && (await tailOf(handle, noted.data.bytes)) === noted.data.tail
    return same ? noted.data : beginning
  } catch (err) {
    throw fromFsError(err, 'director.terminal', file)
  } finally {
    await handle.close()
  }
}

async function tailOf(handle: FileHandle, end: number): Promise<string> {
  const from = Math.max(0, end - tailBytes)
  const bytes = Buffer.alloc(end - from)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('hex')
}
