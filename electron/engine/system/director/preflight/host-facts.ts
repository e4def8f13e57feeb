import type { SshConnection } from '../../../ssh/ssh-connection.ts'
import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'
import { SshHost } from '../host/ssh-host.ts'

/** What a host of `master.yml` says of itself. */
export type HostFacts = {
  /** Its clock minus ours, ms, and by how much that may be wrong; null when it tells no time. */
  clock: { offset: number; within: number } | null
  /** Free bytes per path that was asked for: of the file system it is, or would be, on. */
  free: { path: string; bytes: number }[]
}

/**
 * Asks a host for its clock and its disks. @param now ms since 1970 UTC
 * @throws EngineError as `Host.run`
 */
export async function hostFacts(
  host: Host,
  paths: readonly string[],
  { now, signal }: { now: () => number; signal: AbortSignal },
): Promise<HostFacts> {
  // Apart from the rest, so that a slow disk does not make the clock look wrong.
  const before = now()
  const date = await host.run('LC_ALL=C date +%s', { signal, timeoutMs: 15_000 })
  const after = now()
  const seconds = /^\d{1,12}$/.exec(date.stdout.toString('latin1').trim())
  // Whole seconds, cut: on average half a second more.
  const clock = seconds && {
    offset: Math.round(Number(seconds[0]) * 1000 + 500 - (before + after) / 2),
    within: Math.ceil((after - before) / 2 + 500),
  }
  const { stdout } = await host.run(script(paths), { signal, maxOutput: 64 * 1024, timeoutMs: 15_000 })
  const free: HostFacts['free'] = []
  for (const line of stdout.toString('utf8').split('\n')) {
    const [key = '', first = '', second = ''] = line.split(' ')
    const path = paths[Number(first)]
    if (key === 'free' && path !== undefined && /^\d{1,15}$/.test(second))
      free.push({ path, bytes: Number(second) * 1024 })
  }
  return { clock, free }
}

/** A path that is not there yet counts as the folder above it. */
const script = (paths: readonly string[]): string => `export LC_ALL=C
n=0
for p in ${paths.map(shellWord).join(' ')}; do
  while [ ! -d "$p" ] && [ "$p" != / ] && [ "$p" != . ]; do p=$(dirname "$p"); done
  df -Pk "$p" 2>/dev/null | awk -v n=$n 'NR == 2 { print "free " n " " $4 }'
  n=$((n + 1))
done
exit 0
`

/** Commands over a connection that is there; when it is lost, so is what was asked. */
export const hostOver = (connection: SshConnection): Host =>
  new SshHost(connection.about, () => Promise.resolve(connection))
