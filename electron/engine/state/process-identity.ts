import { readFileSync } from 'node:fs'
import { z } from 'zod'

/**
 * Who a process is, so that a note it left can be checked after it is gone. `started` is the kernel's start time
 * with the id of the boot it counts from; null where the platform does not tell it cheaply.
 */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  started: z.string().max(200).nullable(),
})
export type ProcessIdentity = z.infer<typeof processIdentity>

let self: ProcessIdentity | undefined

/** This process. */
export function thisProcess(): ProcessIdentity {
  self ??= { pid: process.pid, started: startOf(process.pid) }
  return self
}

/** Whether the process that left `identity` still runs. A process id given to another since counts as gone. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  if (!exists(identity.pid)) return false
  if (identity.started === null || process.platform !== 'linux') return true
  return startOf(identity.pid) === identity.started
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    // EPERM: it is there and belongs to someone else.
    return (err as { code?: string }).code === 'EPERM'
  }
}

function startOf(pid: number): string | null {
  if (process.platform !== 'linux') return null
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name stands in brackets and may hold spaces and brackets itself, so count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A killed process whose parent has not collected it yet still has its entry, and does nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const ticks = fields[19]
    return ticks === undefined ? null : `${boot}/${ticks}`
  } catch {
    return null
  }
}
