import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import { basename, dirname, join } from 'node:path'
import { EngineError, fromFsError } from '../../../engine-error.ts'
import type { Host, HostResult, HostRun, HostStream } from './host.ts'
import { noFile } from './host.ts'
import { during, runScript, streamScript } from './script.ts'
import type { Script } from './script.ts'

/** How long a script may take to end when it is told to, ms. */
const graceMs = 3_000

/** The machine the engine runs on. Files go through `node:fs`, so that they can be read where there is no `sh` too. */
export class LocalHost implements Host {
  readonly about = 'this machine'
  readonly local = true
  readonly #env: NodeJS.ProcessEnv

  /** @param env for the scripts; what is meant for Drydock alone (`DRYDOCK_*`) does not reach them */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = Object.fromEntries(
      Object.entries({ PATH: process.env['PATH'], ...env }).filter(([name]) => !name.startsWith('DRYDOCK_')),
    )
  }

  run(script: string, options?: HostRun): Promise<HostResult> {
    return runScript(() => this.#start(script), this.about, options)
  }

  stream(script: string, options?: HostStream): ReturnType<Host['stream']> {
    return streamScript(() => this.#start(script), this.about, options)
  }

  async readFile(path: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
    try {
      const file = await fs.open(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
      try {
        if (!(await file.stat()).isFile())
          throw new EngineError('local.not-found', during, { subject: path, detail: noFile })
        const pieces: Buffer[] = []
        let size = 0
        // Read, not trusted to be as long as it said: it may grow meanwhile.
        for await (const piece of file.createReadStream({ autoClose: false, end: maxBytes, signal })) {
          pieces.push(piece as Buffer)
          size += (piece as Buffer).length
        }
        if (size > maxBytes)
          throw new EngineError('remote.limit', during, {
            subject: path,
            detail: `it has more than ${maxBytes} bytes`,
          })
        return Buffer.concat(pieces)
      } finally {
        await file.close()
      }
    } catch (err) {
      throw fromFsError(err, during, path)
    }
  }

  async writeFile(
    path: string,
    bytes: Uint8Array,
    options: Parameters<Host['writeFile']>[2] = {},
  ): Promise<void> {
    const { mode = 0o644, keepAs, signal } = options
    try {
      signal?.throwIfAborted()
      // A link is followed: the file it names is replaced, not the link.
      const target = await fs.realpath(path).catch(() => path)
      const folder = dirname(target)
      const partial = join(folder, `.drydock-${randomBytes(6).toString('hex')}`)
      try {
        const old = await fs.stat(target).catch(() => null)
        const file = await fs.open(partial, 'wx', 0o600)
        try {
          await file.writeFile(bytes)
          if (old && process.platform !== 'win32') {
            const mine = await file.stat()
            if (mine.uid !== old.uid || mine.gid !== old.gid) await file.chown(old.uid, old.gid)
          }
          if (process.platform !== 'win32') await file.chmod(old ? old.mode & 0o7777 : mode)
          await file.sync()
        } finally {
          await file.close()
        }
        signal?.throwIfAborted()
        if (old && keepAs !== undefined) await keep(target, join(folder, basename(keepAs)))
        await fs.rename(partial, target)
      } finally {
        await fs.rm(partial, { force: true })
      }
      await syncFolder(folder)
    } catch (err) {
      throw fromFsError(err, during, path)
    }
  }

  async forward(host: string, port: number): Promise<Duplex> {
    const socket = createConnection({ host, port })
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(10_000) })
      return socket
    } catch (err) {
      socket.destroy()
      throw new EngineError('network.unreachable', during, { subject: `${host}:${port}`, cause: err })
    }
  }

  async close(): Promise<void> {
    // Nothing is held between two calls.
  }

  async #start(text: string): Promise<Script> {
    const group = process.platform !== 'win32'
    // A group of its own, so that its end reaches what it has started.
    const child = spawn('sh', ['-c', text], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: group,
      windowsHide: true,
      env: this.#env,
    })
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    exited.catch(() => {})
    try {
      await once(child, 'spawn')
    } catch (err) {
      throw new EngineError('local.command', during, {
        subject: this.about,
        detail: 'there is no sh on this machine, so nothing can be run here',
        cause: err,
      })
    }
    let over = false
    void exited.then(() => (over = true))
    const send = (name: NodeJS.Signals) => {
      try {
        if (child.pid && group) process.kill(-child.pid, name)
        else child.kill(name)
      } catch {
        // Gone already.
      }
    }
    return {
      stdin: child.stdin,
      stdout: child.stdout as AsyncIterable<Uint8Array>,
      stderr: child.stderr,
      ended: exited.then(([exit, signal]) => ({ exit, signal })),
      kill: () => {
        send('SIGTERM')
        if (!over) setTimeout(() => send('SIGKILL'), graceMs).unref()
        child.stdin.destroy()
        child.stdout.destroy()
        child.stderr.destroy()
      },
    }
  }
}

async function keep(target: string, as: string): Promise<void> {
  try {
    // A hard link: not one moment without the file under its own name.
    await fs.link(target, as)
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code
    if (code === 'EEXIST') throw new EngineError('remote.exists', during, { subject: as })
    await fs.copyFile(target, as, fs.constants.COPYFILE_EXCL)
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
