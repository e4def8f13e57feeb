import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A question to wait for and what to type then. */
export type Reply = {
  when: RegExp
  type: string
  /** Typed only while the terminal does not show it. */
  hidden?: boolean
}

export type PtyResult = { exit: number | null; signal: NodeJS.Signals | null; bytes: Buffer; text: string }

export type PtyRun = {
  /** All that the terminal showed so far. */
  shown(): string
  press(keys: string): void
  readonly ended: Promise<PtyResult>
  /** Ends the command and all it started in the foreground. */
  kill(): void
}

/**
 * Runs a command in a real terminal and answers its questions in the order of `replies`; each waits for its pattern in
 * what came since the one before. A question that never comes holds the run open: the test's time limit ends it.
 */
export function runInPty(
  command: readonly string[],
  options: { cwd: string; replies?: readonly Reply[]; env?: Record<string, string>; columns?: number },
): PtyRun {
  const program = fileURLToPath(new URL('run-in-pty.py', import.meta.url))
  const child = spawn('python3', [program, String(options.columns ?? 100), '40', ...command], {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  })
  // It may be gone before all is said.
  child.stdin.on('error', () => {})
  const chunks: Buffer[] = []
  const replies = [...(options.replies ?? [])]
  let fresh = ''
  const say = (command: object) => void child.stdin.write(`${JSON.stringify(command)}\n`)
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    // A few questions at most stand in it; a flood of output is not kept for matching.
    fresh = (fresh + chunk.toString('utf8')).slice(-10_000)
    for (let next = replies[0]; next?.when.test(fresh); next = replies[0]) {
      fresh = fresh.slice((next.when.exec(fresh)?.index ?? 0) + (next.when.exec(fresh)?.[0].length ?? 0))
      replies.shift()
      say({ type: next.type, hidden: next.hidden ?? false })
    }
  })
  const ended = once(child, 'close').then(([exit, signal]) => {
    const bytes = Buffer.concat(chunks)
    return {
      exit: exit as number | null,
      signal: signal as NodeJS.Signals | null,
      bytes,
      text: bytes.toString('utf8'),
    }
  })
  return {
    shown: () => Buffer.concat(chunks).toString('utf8'),
    press: keys => say({ press: keys }),
    ended,
    kill: () => void child.stdin.end(),
  }
}
