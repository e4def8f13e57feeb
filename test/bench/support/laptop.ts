import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { AddedServer } from '../../support/five-servers.ts'

const launcher = fileURLToPath(new URL('../../../build/drydock.mjs', import.meta.url))

export type Event = Record<string, unknown> & { event: string }
/** `bytesRead`: asked of the kernel, from files and pipes, its own code among them. */
export type Usage = { peakRss: number; cpuSeconds: number; bytesRead: number }
export type Ended = {
  seconds: number
  events: Event[]
  /** Of the engine's process alone, all its threads. */
  usage: Usage
}

/**
 * Says at the end of the process what it used. The kernel's own `maxrss` would not do: it begins with the memory of
 * the process that forked. Runs in worker threads too, which report nothing.
 */
const reporter = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeFileSync } from 'node:fs'
  import { isMainThread } from 'node:worker_threads'
  if (isMainThread) process.on('exit', () => {
    const peakRss = 1024 * /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
    const bytesRead = Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
    const { user, system } = process.cpuUsage()
    writeFileSync(process.env.DRYDOCK_BENCH_USAGE, JSON.stringify({ peakRss, cpuSeconds: (user + system) / 1e6, bytesRead }))
  })
`)}`

/** The built command line as an operator starts it, in processes of their own, with a state folder of its own. */
export class Laptop {
  readonly home: string
  private readonly folder: string
  private readonly env: Record<string, string | undefined>

  constructor(folder: string) {
    this.folder = folder
    this.home = join(folder, 'home')
    mkdirSync(this.home, { recursive: true })
    const passphrase = join(folder, 'vault-passphrase')
    writeFileSync(passphrase, 'only for this benchmark\n', { mode: 0o600 })
    const { INIT_CWD: _, HTTPS_PROXY: _p, NODE_OPTIONS: _o, ...own } = process.env
    this.env = {
      ...own,
      HOME: folder,
      DRYDOCK_HOME: this.home,
      DRYDOCK_VAULT: 'passphrase',
      DRYDOCK_VAULT_PASSPHRASE_FILE: passphrase,
      DRYDOCK_BENCH_USAGE: this.usageFile,
    }
  }

  async add(servers: readonly AddedServer[]): Promise<void> {
    for (const { name, args, secrets } of servers)
      await this.run(
        ['server', 'add', name, ...args, ...(secrets ? ['--secrets-stdin'] : [])],
        JSON.stringify(secrets),
      )
  }

  /** Runs a command to its end, which must be exit 0. */
  async run(args: readonly string[], input = ''): Promise<Ended> {
    const began = performance.now()
    const { child, events, ended } = this.start(args)
    child.stdin?.end(input)
    const { code, errors } = await ended
    const seconds = (performance.now() - began) / 1000
    // What a benchmark reads may change under it: told as problems, which is exit 3.
    if (code !== 0 && code !== 3)
      throw new Error(`drydock ${args.slice(0, 2).join(' ')} ended with ${code}: ${errors.slice(-1000)}`)
    return { seconds, events, usage: JSON.parse(readFileSync(this.usageFile, 'utf8')) as Usage }
  }

  /** @param nodeArgs for the process itself: what looks into it */
  start(
    args: readonly string[],
    nodeArgs: readonly string[] = [],
  ): {
    child: ChildProcess
    events: Event[]
    ended: Promise<{ code: number | null; errors: string }>
  } {
    rmSync(this.usageFile, { force: true })
    const child = spawn(process.execPath, ['--import', reporter, ...nodeArgs, launcher, ...args, '--json'], {
      cwd: this.folder,
      env: this.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const events: Event[] = []
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) events.push(JSON.parse(line) as Event)
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)))
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, errors }))
    return { child, events, ended }
  }

  private get usageFile(): string {
    return join(this.folder, 'usage.json')
  }
}

/** The restore point that a backup made. */
export const pointOf = ({ events }: Ended): string =>
  String(events.find(event => event.event === 'point')?.['point'])
