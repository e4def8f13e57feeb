import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { formatSeconds } from '../../../../../shared/units.ts'
import type { Board } from './board.ts'
import { inTime, pass } from './board.ts'
import type { DirectorPreflightDeps } from './deps.ts'
import type { TargetHost } from './host-lines.ts'
import { addressOf, hostLabel } from './host-lines.ts'

/** Runs that are looked at, newest first. */
const most = 200

const kept = z.object({ hosts: z.array(z.object({ ip: z.string(), erased: z.boolean() })).max(64) })

type Earlier = {
  started: string
  ended: string
  state: string
  deployment: unknown
  mode: unknown
  ips: string[]
}

/** What Drydock's own runs tell: when each host was restored last, and how long a restore takes. Never stops anything. */
export async function earlierLines(
  deps: DirectorPreflightDeps,
  { hosts, mode }: { hosts: readonly TargetHost[]; mode: string },
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  const earlier = await inTime(earlierRestores(deps), signal).catch(() => [])
  for (const host of hosts) {
    const last = earlier.find(({ ips }) => ips.includes(host.ip))
    const id = `last:${addressOf(host)}`.slice(0, 80)
    board.add(
      since,
      pass(
        id,
        `${hostLabel(host)}: last restore`,
        last
          ? `${last.ended.slice(0, 16).replace('T', ' ')} UTC, ${spoken(deps.clock.now() - Date.parse(last.ended))} ago; it ${last.state}.`
          : 'Not known: Drydock on this machine has not restored it.',
      ),
    )
  }
  const took = earlier
    .filter(run => run.state === 'succeeded' && run.mode === mode)
    .map(run => Date.parse(run.ended) - Date.parse(run.started))
    .filter(ms => ms > 0)
  const [low, high] = [Math.min(...took), Math.max(...took)]
  board.add(
    since,
    pass(
      'time',
      'Time needed',
      took.length === 0
        ? 'Not known: no such restore has ended well here yet.'
        : took.length === 1
          ? `About ${spoken(low)}, as the last one.`
          : `${spoken(low)} to ${spoken(high)}, as the last ${took.length}.`,
    ),
  )
}

async function earlierRestores(deps: DirectorPreflightDeps): Promise<Earlier[]> {
  const { records } = await deps.runs.list()
  const own = records.filter(({ kind, ended }) => kind === 'director-restore' && ended !== null).slice(-most)
  const found: Earlier[] = []
  for (const record of own.reverse()) {
    const options = record.options as { deployment?: unknown; mode?: unknown } | null
    found.push({
      started: record.started,
      ended: record.ended ?? record.started,
      state: record.state,
      deployment: options?.deployment,
      mode: options?.mode,
      ips: await hostsOf(join(deps.runs.folderOf(record.id), 'preflight.json')),
    })
  }
  return found
}

/** The hosts that a run erased, as its preflight was kept beside it. */
async function hostsOf(file: string): Promise<string[]> {
  try {
    const { hosts } = kept.parse(JSON.parse(await readFile(file, 'utf8')))
    return hosts.flatMap(({ ip, erased }) => (erased ? [ip] : []))
  } catch {
    return []
  }
}

const spoken = (ms: number): string => formatSeconds(Math.max(0, Math.round(ms / 1000)))
