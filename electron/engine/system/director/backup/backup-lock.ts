import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { EngineError, toFailure } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'
import { findPython, noPython } from '../job/call-program.ts'

/** What others are told of whoever holds the lock. It lies on the host: what is read there is not trusted. */
const word = z
  .string()
  .max(300)
  .transform(text => text.replace(/\p{Cc}/gu, ' '))
const lockNote = z.object({ who: word, run: word, plan: word, since: z.iso.datetime() })
/** `who` is `user@machine`, `since` UTC. */
export type LockNote = z.infer<typeof lockNote>

export type TakeLock = {
  note: LockNote
  signal: AbortSignal
  /** Called with whoever has it, and again when that changes; null: it does not say. */
  waiting: (other: LockNote | null) => void
  /** How long it waits, ms. */
  patienceMs: number
  /** How long the host goes without a sign of life before it lets go, ms. */
  silenceMs?: number
}

/** Laptops that are unplugged say no goodbye, and sshd asks none of them by itself. */
const usualSilenceMs = 90_000
const releaseMs = 5_000
const mostOutput = 256 * 1024

const during = 'director.backup'

/**
 * The right to back a Director up: one run at a time, whichever machine it is started from. The lock lies on the
 * Director, under the login of `master.yml`, and a process there holds it for as long as this one gives signs of life.
 */
export class BackupLock {
  readonly #stream: Lines
  #lost: string | null = null

  private constructor(stream: Lines) {
    this.#stream = stream
    void stream.toEnd().then(why => (this.#lost = why))
  }

  /**
   * @returns null when there can be none on that host; `without` gets the reason
   * @throws EngineError `run.conflict` when another holds it for longer than that; `network.*`, `auth.*`
   */
  static async take(
    host: Host,
    { note, signal, waiting, patienceMs, silenceMs = usualSilenceMs }: TakeLock,
    without: (why: string) => void,
  ): Promise<BackupLock | null> {
    const program = await readFile(new URL('./backup-lock.py', import.meta.url), 'utf8')
    const words = [program, JSON.stringify(note), String(silenceMs / 1000)]
    const lines = new Lines(
      host,
      `${findPython}\n[ -n "$p" ] || exit ${noPython}\nexec "$p" -I -c ${words.map(shellWord).join(' ')}`,
      silenceMs / 4,
    )
    let other: LockNote | null = null
    const stop = () => lines.stop(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const late = setTimeout(() => lines.stop(tooLong(other, patienceMs)), patienceMs)
    let held = false
    try {
      signal.throwIfAborted()
      for (;;) {
        const line = await lines.next()
        if (line === null) {
          without(lines.why ?? 'it ended without a word')
          return null
        }
        held = line === 'held'
        if (held) return new BackupLock(lines)
        other = noteIn(line)
        waiting(other)
      }
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', stop)
      if (!held) await lines.end()
    }
  }

  /** Why it is held no more, though nobody let it go; null while it is. */
  get lost(): string | null {
    return this.#lost
  }

  /** Lets go. Never throws, and takes no longer than some seconds. */
  async release(): Promise<void> {
    await this.#stream.end()
  }
}

/** Whoever is meant, in words. */
export const nameOf = (note: LockNote | null): string => {
  if (!note) return 'another backup of this Director'
  const at = note.who.lastIndexOf('@')
  return `the backup ${note.run} of ${note.who.slice(at + 1)}${at > 0 ? ` (${note.who.slice(0, at)})` : ''}`
}

export const machineOf = ({ who }: LockNote): string => who.slice(who.lastIndexOf('@') + 1)

function tooLong(other: LockNote | null, ms: number): EngineError {
  const hours = ms / 3_600_000
  const spoken = hours >= 2 ? `${Math.round(hours)} h` : `${Math.max(1, Math.round(ms / 60_000))} min`
  return new EngineError('run.conflict', during, {
    detail: `${nameOf(other)} did not end within ${spoken}, so nothing was backed up`,
  })
}

function noteIn(line: string): LockNote | null {
  try {
    return lockNote.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

/** What the program on the host says, line by line, while it is given signs of life. */
class Lines {
  readonly #stop = new AbortController()
  readonly #quiet = new AbortController()
  readonly #output: ReturnType<Host['stream']>
  readonly #lines: string[] = []
  #text = ''
  #size = 0
  #ended: Promise<string> | null = null
  #over = false
  /** How it ended, when that was by itself. */
  why: string | null = null

  constructor(host: Host, script: string, everyMs: number) {
    this.#output = host.stream(script, {
      signal: this.#stop.signal,
      input: breaths(everyMs, this.#quiet.signal),
    })
  }

  /** @returns null when it has ended. @throws the reason of a stop; EngineError `network.*` */
  async next(): Promise<string | null> {
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.#over) return null
      const piece = await this.#output.next().catch((err: unknown) => {
        this.#over = true
        throw this.#stop.signal.aborted ? (this.#stop.signal.reason as Error) : err
      })
      if (piece.done) {
        const { exit, stderr } = piece.value
        this.#over = true
        this.why =
          exit === noPython ? 'there is no python3' : (stderr.trim().split('\n').at(-1) ?? `status ${exit}`)
        return null
      }
      this.#size += piece.value.length
      if (this.#size > mostOutput)
        this.stop(new EngineError('remote.limit', during, { detail: 'its lock says too much' }))
      const lines = (this.#text + Buffer.from(piece.value).toString('utf8')).split('\n')
      this.#text = lines.pop() ?? ''
      this.#lines.push(...lines)
    }
  }

  /** @returns why, when it ends. Never rejects. */
  toEnd(): Promise<string> {
    this.#ended ??= (async () => {
      try {
        while ((await this.next()) !== null);
        return this.why ?? 'it ended'
      } catch (err) {
        const { code, detail } = toFailure(err, during)
        return detail ?? code
      }
    })()
    return this.#ended
  }

  stop(why: unknown): void {
    this.#stop.abort(why)
  }

  /** No more signs of life: it goes by itself, or is ended. */
  async end(): Promise<void> {
    this.#quiet.abort()
    const late = setTimeout(() => this.#stop.abort(), releaseMs)
    await this.toEnd()
    clearTimeout(late)
  }
}

async function* breaths(everyMs: number, quiet: AbortSignal): AsyncGenerator<Uint8Array> {
  while (!quiet.aborted) {
    yield Buffer.from('\n')
    await sleep(everyMs, undefined, { signal: quiet, ref: false }).catch(() => {})
  }
}
