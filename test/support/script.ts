import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export type Script = {
  readonly process: ChildProcessByStdio<null, Readable, null>
  /** The next line of its output that matches, others left out. Fails when it ends before. */
  line(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Resolves with its exit code (null after a signal) once it has ended and its output is read. */
  readonly exit: Promise<number | null>
}

/** Runs a fixture script in a process of its own, which ends with the test at the latest. */
export function runScript(module: URL, args: string[], env: Record<string, string> = {}): Script {
  const child = spawn(process.execPath, [fileURLToPath(module), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    exit,
    async line(pattern) {
      for (;;) {
        const next = await lines.next()
        if (next.done) throw new Error(`the script ended before it printed ${pattern.source}`)
        if (pattern.test(next.value)) return next.value
      }
    },
    async kill(signal) {
      child.kill(signal)
      await exit
    },
  }
}
