import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import type { Preflight } from '../../../shared/contract/restore.ts'
import type { DecryptWith } from '../archive/age/key.ts'
import { toFailure } from '../engine-error.ts'
import type { PointPlaces } from '../points/on-server.ts'
import type { UnlockableStatus } from '../vault/unlockable-vault.ts'
import type { RestoreOptions } from './options.ts'
import { landing } from './plan.ts'
import { countRestore } from './preflight-count.ts'
import {
  clockLine,
  conflictsLine,
  failed,
  lineIds,
  namesLine,
  notTried,
  pass,
  roomLine,
  stop,
  targetLine,
  verdictOf,
  warn,
} from './preflight-lines.ts'
import type { Lines, PreflightPlaces } from './preflight-places.ts'
import type { OpenedList } from './preflight-point.ts'
import { checkServer, look, openList } from './preflight-point.ts'
import type { TargetFacts } from './preflight-target.ts'
import { lookAtTarget } from './preflight-target.ts'
import { raced } from './raced.ts'

export type PreflightDeps = {
  places: PreflightPlaces
  vaultStatus: () => Promise<Pick<UnlockableStatus, 'state' | 'tier'>>
}

export type PreflightResult = Omit<Preflight, 'token'> & {
  /** Changes when the point or the top of the target does: a start compares it. */
  seen: string
  /** The folder that entry paths are relative to; null when it is not known. */
  target: string | null
}

/** Until when since the start, ms. The whole takes less than 30 s. */
const limits = { server: 12_000, list: 20_000, all: 27_000, target: 10_000, vault: 5_000 }

type Told = (line: Preflight['lines'][number]) => void

/**
 * Checks all that a restore needs, and changes nothing. Never fails for what it finds: that is a line.
 * @param told hears each line as soon as it is known
 * @throws the reason of `signal` when it fires
 */
export async function preflight(
  deps: PreflightDeps,
  options: RestoreOptions,
  secret: DecryptWith | undefined,
  { signal, told }: { signal: AbortSignal; told: Told },
): Promise<PreflightResult> {
  const { places } = deps
  const begin = performance.now()
  const lines: Lines = {
    known: new Map(),
    add: (since, finding) => {
      if (lines.known.has(finding.id) || signal.aborted) return
      const line = { ...finding, took: Math.round(performance.now() - since) }
      lines.known.set(finding.id, line)
      told(line)
    },
  }
  const until = (ms: number) =>
    AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(begin + ms - performance.now())))])
  const vault = checkVault(deps, lines, until(limits.vault))
  const early = options.into === null ? null : checkTarget(places, options.into, lines, until(limits.target))
  const found = await checkServer(places, options, lines, until(limits.server))
  const list = found ? await openList(places, options, secret, lines, until(limits.list)) : null
  let target = await early
  if (!early && list) target = await checkOrigin(places, options, list.base, lines, until(limits.list))
  const counted =
    list && target && isUsable(target) ? await count(options, list, target, lines, until(limits.all)) : null
  await vault
  signal.throwIfAborted()
  if (found)
    lines.add(performance.now(), clockLine(places.clock.now(), found.newest, found.taken, options.server))
  for (const id of lineIds)
    lines.add(performance.now(), notTried(id, 'Not looked at: something above it has to be put right first.'))
  const sorted = lineIds.flatMap(id => lines.known.get(id) ?? [])
  return {
    verdict: verdictOf(sorted),
    lines: sorted,
    preview: counted && {
      create: counted.create,
      replace: counted.replace,
      same: counted.same,
      leave: counted.leave,
      refuse: counted.refuse,
      bytes: counted.bytes,
    },
    lands: target && counted?.first ? join(target.path, counted.first) : null,
    confirm: confirmWord(options),
    seen: JSON.stringify([found?.mark ?? null, target?.mark ?? null]),
    target: target?.path ?? null,
  }
}

/** The word the operator types: the target's own name, or this machine's for a restore in place. */
export function confirmWord({ into }: Pick<RestoreOptions, 'into'>): string {
  return (into === null ? '' : basename(into)) || hostname()
}

/** What `preflight` told as `seen`, looked at again. */
export async function seenNow(
  { places }: Pick<PreflightDeps, 'places'>,
  options: RestoreOptions,
  target: string | null,
  signal: AbortSignal,
): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limits.server)])
  const [found, facts] = await Promise.all([
    look(places, options, limit),
    target === null ? null : lookAtTarget(target, []),
  ])
  return JSON.stringify([found?.mark ?? null, facts?.mark ?? null])
}

const isUsable = ({ state, danger }: TargetFacts): boolean =>
  danger?.forbidden !== true && ['empty', 'filled', 'absent'].includes(state)

async function checkVault(
  { vaultStatus }: PreflightDeps,
  { add }: Lines,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  try {
    const { state, tier } = await raced(vaultStatus(), signal)
    if (state === 'open')
      return add(since, pass('vault', tier === 'memory' ? 'Open, for this session only.' : 'Open.'))
    add(
      since,
      warn(
        'vault',
        state === 'locked'
          ? 'Locked: a restore that is interrupted could not go on by itself.'
          : 'Not available here.',
        'Unlock it in Settings.',
      ),
    )
  } catch {
    add(since, notTried('vault', 'It did not answer.', 'Look at Settings.'))
  }
}

async function checkTarget(
  { home, servers }: Pick<PointPlaces, 'home' | 'servers'>,
  path: string,
  { add }: Lines,
  signal: AbortSignal,
): Promise<TargetFacts | null> {
  const since = performance.now()
  try {
    const { records } = await servers.list()
    const folders = records.flatMap(record => (record.type === 'local' ? [record.path] : []))
    const facts = await raced(lookAtTarget(path, [home, ...folders]), signal)
    add(since, targetLine(facts))
    return facts
  } catch {
    add(
      since,
      stop('target', 'It did not answer: a disk or a mount that hangs?', 'Choose a folder on another disk.'),
    )
    return null
  }
}

/** The target of a restore in place is known only when the entry list is. */
async function checkOrigin(
  places: Pick<PointPlaces, 'home' | 'servers'>,
  options: RestoreOptions,
  base: string | undefined,
  lines: Lines,
  signal: AbortSignal,
): Promise<TargetFacts | null> {
  try {
    return await checkTarget(places, landing(options, base).target, lines, signal)
  } catch (err) {
    const { code } = toFailure(err, 'restore.preflight')
    const why =
      code === 'data.unsafe'
        ? 'The place it came from is none that can be written to.'
        : 'This came from no folder.'
    lines.add(performance.now(), stop('target', why, 'Choose a target folder.'))
    return null
  }
}

async function count(
  options: RestoreOptions,
  { source, content }: OpenedList,
  { free, foldsCase }: TargetFacts,
  { add }: Lines,
  signal: AbortSignal,
) {
  const since = performance.now()
  try {
    const { counted, whole } = await countRestore({ source, options, foldsCase }, signal)
    add(since, roomLine(free, whole ? counted : null, content))
    if (whole) {
      add(since, conflictsLine(counted, options))
      add(since, namesLine(counted, foldsCase))
      return counted
    }
    const so = counted.create + counted.replace + counted.same + counted.leave + counted.refuse
    const slow = `Too many to look at all of them in time; ${so.toLocaleString('en')} were.`
    add(
      since,
      notTried('conflicts', slow, 'Go on if you know what stands there; the ledger will tell of each.'),
    )
    add(since, notTried('names', slow))
    return null
  } catch (err) {
    add(
      since,
      failed(
        'conflicts',
        toFailure(err, 'restore.preflight'),
        'Choose another restore point, or another folder.',
      ),
    )
    return null
  }
}
