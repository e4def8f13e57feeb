import { createHash } from 'node:crypto'
import { StringDecoder } from 'node:string_decoder'
import type { ComponentCommand } from '../../../../../shared/director.ts'
import { blockBytes } from '../../../archive/compress.ts'
import { encodeEntry, entryOfStream } from '../../../archive/entry.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { Source, SourceBlock } from '../../../source/source.ts'
import type { Host } from '../host/host.ts'
import { scriptOf } from './commands.ts'

/** Of what a command says on its standard error, lines and characters per line that are told. */
const mostLines = 500
const longestLine = 1000

const during = 'director.backup'

/** Judges what a command prints as it passes by. */
export type OutputCheck = {
  /** Resolves when it can take more. */
  feed(piece: Uint8Array): Promise<void>
  /** What is wrong, after “ended well, but”; null when nothing is. Asked once, at the end. */
  finish(): Promise<string | null>
  /** Lets go when nobody will ask. */
  destroy(): void
}

export type HostSourceOptions = {
  host: Host
  /** What people call it. */
  title: string
  /** Asked when all of it was seen. */
  fileName: () => string
  command: ComponentCommand
  /** Variables that the command finds. */
  env?: Readonly<Record<string, string>>
  check: () => OutputCheck
  clock: Clock
  /** Gets what the command says on its standard error, line by line. */
  say: (line: string) => void
}

/**
 * What a command prints on a Director, as it comes, held nowhere. It is judged as it passes by, and its last block comes
 * only when the command has ended well and the check has nothing against what it printed. It cannot be taken up again.
 */
export class HostSource implements Source {
  readonly layout = 'stream'
  readonly #options: HostSourceOptions

  constructor(options: HostSourceOptions) {
    this.#options = options
  }

  /**
   * @throws EngineError `local.command` for a command that is not set, fails, hangs, prints nothing or prints something
   *   else; `network.*`, `auth.*` when its host cannot be reached
   */
  async *blocks({ signal }: { signal: AbortSignal }): AsyncGenerator<SourceBlock> {
    const { host, fileName, command, clock, env } = this.#options
    if (command.command === null) throw this.#failed('no command is set')
    const stop = new AbortController()
    const said = new LastLines(this.#options.say)
    const check = this.#options.check()
    const output = host.stream(scriptOf(command.command, env), {
      signal: AbortSignal.any([signal, stop.signal]),
      complain: piece => said.add(piece),
    })
    const over = `took longer than ${command.longest} s and was ended`
    const overall = setTimeout(() => stop.abort(this.#failed(over, said.last)), command.longest * 1000)
    const whole = createHash('sha256')
    let index = 0
    let size = 0
    const block = (bytes: Uint8Array): SourceBlock => {
      whole.update(bytes)
      size += bytes.length
      return {
        ...{ index: index++, bytes, length: bytes.length, cursor: null, entries: new Uint8Array() },
        ...{ counts: { entries: 0, files: 0, sockets: 0 }, problems: [], release: () => {} },
      }
    }
    /** Waits for output, and not for whoever takes it. */
    const next = async () => {
      const silent = `printed nothing for ${command.silence} s and was ended`
      const quiet = setTimeout(() => stop.abort(this.#failed(silent, said.last)), command.silence * 1000)
      try {
        return await output.next()
      } finally {
        clearTimeout(quiet)
      }
    }
    let finished = false
    try {
      let buffer = Buffer.allocUnsafeSlow(blockBytes)
      let used = 0
      let piece = await next()
      for (; !piece.done; piece = await next()) {
        const bytes = piece.value
        await check.feed(bytes)
        for (let at = 0; at < bytes.length;) {
          const count = Math.min(bytes.length - at, blockBytes - used)
          buffer.set(bytes.subarray(at, at + count), used)
          at += count
          used += count
          if (used < blockBytes) continue
          yield block(buffer)
          buffer = Buffer.allocUnsafeSlow(blockBytes)
          used = 0
        }
      }
      finished = true
      said.end()
      const { exit } = piece.value
      if (exit !== 0)
        throw this.#failed(exit === null ? 'was ended by a signal' : `ended with status ${exit}`, said.last)
      const wrong = await check.finish()
      if (wrong !== null) throw this.#failed(`ended well, but ${wrong}`, said.last)
      const last = block(buffer.subarray(0, used))
      const time = String(Math.floor(clock.now() / 1000))
      const entry = entryOfStream(fileName(), size, whole.digest('hex'), time)
      yield {
        ...last,
        entries: Buffer.from(`${encodeEntry(entry)}\n`),
        counts: { entries: 1, files: 1, sockets: 0 },
      }
    } catch (err) {
      signal.throwIfAborted()
      throw stop.signal.aborted ? (stop.signal.reason as Error) : err
    } finally {
      clearTimeout(overall)
      check.destroy()
      if (!finished) await output.return({ exit: null, stderr: '' }).catch(() => {})
      said.end()
    }
  }

  async estimate(): Promise<null> {
    return null
  }

  async close(): Promise<void> {
    // The command runs only while its blocks are asked for.
  }

  #failed(how: string, words = ''): EngineError {
    const { title, fileName } = this.#options
    return new EngineError('local.command', during, {
      subject: fileName(),
      detail: `${title}: the command ${how}${words ? `: ${words.slice(0, 300)}` : ''}`,
    })
  }
}

/** Tells lines as they are complete, a bounded number of them, and keeps the last one. */
class LastLines {
  last = ''
  readonly #say: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #line = ''
  #told = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  add(piece: Uint8Array): void {
    const lines = (this.#line + this.#decoder.write(Buffer.from(piece))).split(/[\r\n]+/)
    this.#line = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) this.#tell(line)
  }

  end(): void {
    if (this.#line) this.#tell(this.#line)
    this.#line = ''
  }

  #tell(text: string): void {
    const line = text.slice(0, longestLine)
    if (line.trim() === '') return
    this.last = line
    this.#told += 1
    if (this.#told <= mostLines) this.#say(line)
    if (this.#told === mostLines) this.#say('the rest of what it says is left out here')
  }
}
