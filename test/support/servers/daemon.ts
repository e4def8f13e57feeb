import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import net from 'node:net'

export type Daemon = { pid: number; stop(): Promise<void> }

/**
 * The daemon runs under a shell that waits for the end of its standard input, so it ends when `stop` is called and
 * also when the test process dies in any way. A daemon may make itself leader of a process group of its own (Swift
 * does), so both groups are ended.
 */
const leader = `"$@" </dev/null &
child=$!
while read -r _; do :; done
trap '' TERM
end() { kill -"$1" "$child" 2>/dev/null; kill -"$1" -"$child" 2>/dev/null; }
end TERM
kill -TERM 0
( sleep 5; end KILL; kill -KILL 0 ) >/dev/null 2>&1 &
wait $child
kill -KILL 0`

/**
 * Starts a server in the foreground mode of its program and resolves once `port` on 127.0.0.1 accepts connections.
 * What it prints goes to `log`; the end of that is in the error when it does not come up.
 */
export async function startDaemon(options: {
  command: string
  args: readonly string[]
  port: number
  log: string
  cwd?: string
  env?: Record<string, string>
  timeoutMs?: number
}): Promise<Daemon> {
  const log = openSync(options.log, 'a')
  const child = spawn('/bin/sh', ['-c', leader, 'sh', options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', log, log],
    detached: true,
  })
  closeSync(log)
  const daemon = { pid: child.pid ?? 0, stop: () => stop(child) }
  const deadline = Date.now() + (options.timeoutMs ?? 60_000)
  while (!(await accepts(options.port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await daemon.stop()
      const printed = await readFile(options.log, 'utf8').catch(() => '')
      throw new Error(`${options.command} does not listen on port ${options.port}: ${printed.slice(-1500)}`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return daemon
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.stdin?.destroy()
  })
}

/** Whether something accepts connections on the port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
