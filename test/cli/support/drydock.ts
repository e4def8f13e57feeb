import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/drydock-cli', import.meta.url))
const main = fileURLToPath(new URL('../../../electron/headless/cli/main.ts', import.meta.url))
/** What an operator starts: the build, through its launcher. */
export const builtProgram = fileURLToPath(new URL('../../../build/drydock.mjs', import.meta.url))

export type Event = Record<string, unknown> & { event: string }
export type Ended = {
  exit: number | null
  stdout: string
  stderr: string
  /** Every line of stdout as JSON; fails when one is not. */
  events(): Event[]
  /** The last line, which is the result. */
  result(): Event & { ok: boolean; code: string; exit: number }
}

export type RunOptions = { input?: string; env?: Record<string, string>; cwd?: string; nodeArgs?: string[] }

/** The real command, as a child process with a state folder and a scratch folder of its own. */
export class Drydock {
  readonly folder: string
  readonly home: string

  private readonly program: string

  private constructor(folder: string, program: string) {
    this.folder = folder
    this.home = join(folder, 'home')
    this.program = program
  }

  /** Lives until the test that asked for it has finished. @param program the sources, unless `builtProgram` is asked for */
  static async fresh(program = main): Promise<Drydock> {
    const folder = await mkdtemp(join(tmpdir(), 'drydock-cli-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    return new Drydock(folder, program)
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const started = this.start(args, options)
    started.child.stdin.end(options.input ?? '')
    return await started.ended
  }

  /** Runs with `--json` and insists on the exit code. */
  async json(args: readonly string[], exit = 0, options: RunOptions = {}): Promise<Ended> {
    const ended = await this.run([...args, '--json'], options)
    if (ended.exit !== exit || ended.result().exit !== exit)
      throw new Error(
        `exit ${ended.exit} instead of ${exit}: drydock ${args.join(' ')}\n${ended.stdout}${ended.stderr}`,
      )
    return ended
  }

  start(args: readonly string[], options: RunOptions = {}): Started {
    const child = spawn(process.execPath, [...(options.nodeArgs ?? []), this.program, ...args], {
      cwd: options.cwd ?? this.folder,
      env: this.env(options),
    })
    return new Started(child)
  }

  /** The same on a terminal of its own (util-linux `script`): it asks questions, and shows progress. */
  onTerminal(args: readonly string[], options: RunOptions = {}): Started {
    const quoted = [process.execPath, this.program, ...args]
      .map(word => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ')
    const child = spawn('script', ['-qefc', quoted, '/dev/null'], {
      cwd: options.cwd ?? this.folder,
      env: this.env(options),
    })
    return new Started(child)
  }

  private env(options: RunOptions): NodeJS.ProcessEnv {
    // npm's folder, and a proxy of whoever runs the tests, must not leak in.
    const { INIT_CWD: _, HTTPS_PROXY: _p, ...own } = process.env
    // Compiled once for all these processes: they start in a third of the time.
    const cache = { NODE_COMPILE_CACHE: compileCache }
    return {
      ...own,
      ...cache,
      HOME: this.folder,
      DRYDOCK_HOME: this.home,
      DRYDOCK_VAULT: 'memory',
      ...options.env,
    }
  }
}

export class Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  private out = ''
  private err = ''
  private readonly waiting = new Set<() => void>()

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.add('out', text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.add('err', text))
    child.stdin.on('error', () => {})
    this.ended = once(child, 'close').then(([exit]) => endedOf(exit as number | null, this.out, this.err))
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await this.ended
    })
  }

  /** Resolves with the match once what was written holds it. Fails when the process ends without. */
  async sees(pattern: RegExp, where: 'out' | 'err' = 'out'): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(where === 'out' ? this.out : this.err)
      if (found) return found
      const ended = await Promise.race([
        new Promise<null>(resolve => this.waiting.add(() => resolve(null))),
        this.ended,
      ])
      if (ended && !pattern.test(where === 'out' ? this.out : this.err))
        throw new Error(`ended without ${pattern.source}\n${ended.stdout}${ended.stderr}`)
    }
  }

  private add(where: 'out' | 'err', text: string): void {
    this[where] += text
    for (const wake of this.waiting) wake()
    this.waiting.clear()
  }
}

function endedOf(exit: number | null, stdout: string, stderr: string): Ended {
  const events = () =>
    stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Event)
  return { exit, stdout, stderr, events, result: () => events().at(-1) as ReturnType<Ended['result']> }
}
