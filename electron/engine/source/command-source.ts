import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { blockBytes } from '../archive/compress.ts'
import { encodeEntry, entryOfStream } from '../archive/entry.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import { systemClock } from '../ports.ts'
import type { Source, SourceBlock } from './source.ts'

/** How much of what a command says on stderr is kept for the log: its last words matter most. */
const keptStderr = 8 * 1024

/** How long a command may take to end when it is told to, ms. */
const graceMs = 5_000

const bash = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find(path => existsSync(path))

/**
 * Through bash where there is one, because only there a pipeline fails when any of its commands does: of
 * `pg_dump db | gzip`, half a dump must not become a restore point.
 */
export function shellFor(command: string): [string, string[]] {
  if (process.platform === 'win32') return [process.env['ComSpec'] ?? 'cmd.exe', ['/d', '/s', '/c', command]]
  return bash ? [bash, ['-o', 'pipefail', '-c', command]] : ['/bin/sh', ['-c', command]]
}

/**
 * The output of a command, as it comes. It goes through the shell, because operators write pipelines; who can set the
 * command can run it anyway. It cannot be taken up again: the next run of a command gives other bytes.
 */
export class CommandSource implements Source {
  readonly layout = 'stream'
  private readonly command: string
  private readonly fileName: string
  private readonly say: (line: string) => void
  private readonly clock: Clock

  /** @param say gets what the command prints on stderr, line by line */
  constructor(command: string, fileName: string, say: (line: string) => void, clock: Clock = systemClock) {
    this.command = command
    this.fileName = fileName
    this.say = say
    this.clock = clock
  }

  /** @throws EngineError `local.command` when it cannot be started or ends with anything but status 0 */
  async *blocks({ signal }: { signal: AbortSignal }): AsyncGenerator<SourceBlock> {
    signal.throwIfAborted()
    // A group of its own, so that a cancel reaches the whole pipeline and not only its shell.
    const child = spawn(...shellFor(this.command), {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    })
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    exited.catch(() => {})
    const complaints = this.listen(child.stderr)
    const send = (name: NodeJS.Signals) => {
      try {
        if (child.pid && process.platform !== 'win32') process.kill(-child.pid, name)
        else child.kill(name)
      } catch {
        child.kill(name)
      }
    }
    let insist: NodeJS.Timeout | undefined
    const kill = () => {
      send('SIGTERM')
      insist ??= setTimeout(() => send('SIGKILL'), graceMs)
      // Whoever of them lives on must not hold the run up through the pipe it has inherited.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    signal.addEventListener('abort', kill, { once: true })
    const whole = createHash('sha256')
    let finished = false
    try {
      let index = 0
      let size = 0
      let buffer = Buffer.allocUnsafeSlow(blockBytes)
      let used = 0
      const block = (bytes: Uint8Array, entries = new Uint8Array()): SourceBlock => {
        whole.update(bytes)
        size += bytes.length
        return {
          index: index++,
          bytes,
          length: bytes.length,
          cursor: null,
          entries,
          counts: { entries: 0, files: 0, sockets: 0 },
          problems: [],
          release: () => {},
        }
      }
      for await (const piece of child.stdout as AsyncIterable<Buffer>) {
        signal.throwIfAborted()
        for (let at = 0; at < piece.length;) {
          const count = piece.copy(buffer, used, at)
          at += count
          used += count
          if (used < blockBytes) continue
          yield block(buffer)
          buffer = Buffer.allocUnsafeSlow(blockBytes)
          used = 0
        }
      }
      const [code, killedBy] = await exited
      signal.throwIfAborted()
      if (code !== 0) {
        const ending = killedBy ? `was ended by ${killedBy}` : `ended with status ${code}`
        const words = (await complaints).trim().split('\n').at(-1) ?? ''
        throw new EngineError('local.command', 'source.read', {
          subject: this.fileName,
          detail: `the command ${ending}${words ? `: ${words.slice(0, 300)}` : ''}`,
        })
      }
      const last = block(buffer.subarray(0, used))
      const entry = entryOfStream(
        this.fileName,
        size,
        whole.digest('hex'),
        String(Math.floor(this.clock.now() / 1000)),
      )
      finished = true
      yield {
        ...last,
        entries: Buffer.from(`${encodeEntry(entry)}\n`),
        counts: { entries: 1, files: 1, sockets: 0 },
      }
    } catch (err) {
      signal.throwIfAborted()
      if (err instanceof EngineError) throw err
      throw new EngineError('local.command', 'source.read', {
        subject: this.fileName,
        detail: 'the command could not be run',
        cause: err,
      })
    } finally {
      signal.removeEventListener('abort', kill)
      if (!finished) {
        kill()
        await exited.catch(() => {})
      }
      clearTimeout(insist)
    }
  }

  async estimate(): Promise<null> {
    return null
  }

  async close(): Promise<void> {
    // A command runs only while its blocks are asked for.
  }

  private async listen(stderr: AsyncIterable<Buffer>): Promise<string> {
    let kept = ''
    let line = ''
    try {
      for await (const piece of stderr) {
        const text = piece.toString('utf8')
        kept = (kept + text).slice(-keptStderr)
        const lines = (line + text).split('\n')
        line = (lines.pop() ?? '').slice(-keptStderr)
        for (const each of lines) this.say(each.slice(0, 1000))
      }
    } catch {
      return kept // The pipe broke with the process; what it said is what there is.
    }
    if (line) this.say(line.slice(0, 1000))
    return kept
  }
}
