import { createHash } from 'node:crypto'
import type { ComponentCommand } from '../../../../../shared/director.ts'
import { blockBytes } from '../../../archive/compress.ts'
import { encodeEntry, entryOfStream } from '../../../archive/entry.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { Source, SourceBlock } from '../../../source/source.ts'
import type { Host } from '../host/host.ts'
import { scriptOf } from './commands.ts'
import { LastLines } from './last-lines.ts'

/** How long a command prints nothing before that is told, and how often it is told again, ms. */
const usualQuietMs = 10_000

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
  /** Hears that it has printed nothing for a while, in words, and null when it prints again or has ended. */
  quiet?: (words: string | null) => void
  /** See `usualQuietMs`. */
  quietMs?: number
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
    const overall = setTimeout(() => stop.abort(this.#failed(over, said.reason)), command.longest * 1000)
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
      const late = setTimeout(() => stop.abort(this.#failed(silent, said.reason)), command.silence * 1000)
      const heard = this.#watchSilence()
      try {
        return await output.next()
      } finally {
        clearTimeout(late)
        heard()
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
        throw this.#failed(exit === null ? 'was ended by a signal' : `ended with status ${exit}`, said.reason)
      const wrong = await check.finish()
      if (wrong !== null) throw this.#failed(`ended well, but ${wrong}`, said.reason)
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

  /** Tells from time to time that nothing comes. @returns what ends it */
  #watchSilence(): () => void {
    const { title, command, clock, quiet = () => {}, quietMs = usualQuietMs } = this.#options
    const since = clock.monotonic()
    let told = false
    const again = setInterval(() => {
      told = true
      const seconds = Math.round((clock.monotonic() - since) / 1000)
      quiet(`${title} has printed nothing for ${seconds} s; it is ended after ${command.silence} s`)
    }, quietMs)
    return () => {
      clearInterval(again)
      if (told) quiet(null)
    }
  }

  #failed(how: string, words = ''): EngineError {
    return new EngineError('local.command', during, {
      subject: this.#options.fileName(),
      detail: `the command ${how}${words ? `: ${words}` : ''}`,
    })
  }
}
