import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, loadavg, release, totalmem } from 'node:os'
import { formatBytes } from '../../../shared/units.ts'
import { shell } from './shell.ts'

/** What the numbers were measured on, in lines of Markdown. No host name: the result is published. */
export async function describeMachine(): Promise<string[]> {
  const cpu = cpus()[0]?.model ?? 'unknown'
  const versions = await Promise.all(
    [
      'rclone version | sed -n 1p',
      'ssh -V 2>&1 | cut -d, -f1',
      'zstd --version | grep -o "v[0-9][0-9.]*" | sed "s/^/zstd /"',
      'tar --version | sed -n 1p',
    ].map(script => shell(script).catch(() => '(absent)')),
  )
  return [
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${availableParallelism()} cores, ${cpu.trim()}, ${formatBytes(totalmem())} memory (${formatBytes(freemem())} free), Linux ${release()}`,
    `- load average at the start: ${loadText()}`,
    `- Node ${process.versions.node}, ${versions.map(text => text.trim()).join(', ')}`,
  ]
}

export const loadText = (): string =>
  loadavg()
    .map(load => load.toFixed(2))
    .join(' ')

/** Bytes that a process has asked the kernel to read so far, from files and pipes. */
export function bytesRead(pid: number): number {
  const [, bytes] = /^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8')) ?? []
  return Number(bytes)
}
