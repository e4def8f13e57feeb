import type { Host } from '../host/host.ts'
import type { Finding } from './board.ts'
import { stop } from './board.ts'
import type { DirectorPreflightDeps } from './deps.ts'
import type { ReachedHost, TargetHost } from './host-lines.ts'
import { addressOf, checkHost } from './host-lines.ts'
import { mostHosts } from './yaml-lines.ts'

/** Hosts that are looked at at once. */
const width = 6

/**
 * Whether the enabled hosts of `master.yml` can be worked on, several at once.
 * @param options.opened gets those that were logged in to; the caller closes them
 * @param options.running looks whether a Director works on one
 */
export async function checkHosts(
  deps: DirectorPreflightDeps,
  place: Host,
  targets: readonly TargetHost[],
  options: Parameters<typeof checkHost>[3] & {
    opened: ReachedHost[]
    running: (host: TargetHost, id: string, signal: AbortSignal) => Promise<Finding>
  },
): Promise<void> {
  const { board, opened, signal, running } = options
  const since = performance.now()
  if (targets.length > mostHosts)
    board.add(
      since,
      stop(
        'hosts',
        'Hosts of master.yml',
        `${targets.length} are enabled; no Director has so many.`,
        'Enable those that setup.sh is to work on.',
      ),
    )
  await each(targets.slice(0, mostHosts), async host => {
    const reached = await checkHost(deps, place, host, options)
    if (!reached) return
    opened.push(reached)
    const asked = performance.now()
    const id = `running:${addressOf(host)}`.slice(0, 80)
    board.add(asked, await running(host, id, board.within(4_000, signal)))
  })
}

/** `work` on each, at most `width` of them at once. */
export /** Does something with each, `width` at once. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, one))
}
