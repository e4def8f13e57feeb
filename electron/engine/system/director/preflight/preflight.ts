import type { DirectorLine } from '../../../../../shared/contract/director.ts'
import type { Host } from '../host/host.ts'
import { editedDeployment, readDeployment } from '../deployment/index.ts'
import { Board, inTime, notTried, verdictOf } from './board.ts'
import { checkHosts, each } from './check-hosts.ts'
import type { DirectorPreflightDeps, DirectorPreflightResult, Request } from './deps.ts'
import { earlierLines } from './earlier.ts'
import { fetchLine } from './fetch-line.ts'
import type { ReachedHost } from './host-lines.ts'
import { addressOf, hostLabel, keyOf } from './host-lines.ts'
import { placeFacts } from './place-facts.ts'
import { checkPlace, openPlace } from './place-lines.ts'
import { runningLine } from './running-line.ts'
import { safetyLine } from './safety-line.ts'
import { filesNow, seenText } from './seen.ts'
import type { SourceFacts } from './source-lines.ts'
import { checkSource } from './source-lines.ts'
import { vaultLine } from './vault-line.ts'
import { checkFolder, mostHosts, namesLine, targetsOf } from './yaml-lines.ts'

/** Until when since the start, ms: nothing waits longer, so that the verdict is there within 30 s. */
const limits = { place: 9_000, folder: 13_000, source: 20_000, hosts: 21_000, all: 27_000, vault: 5_000 }
/** Hosts that are named in the result; more than any Director has. */
const mostNamed = 64

/**
 * Checks all that a Director restore needs, and changes nothing anywhere. Never fails for what it finds: that is a line.
 * @param options.told hears each line as soon as it is known
 * @throws the reason of `signal` when it fires
 */
export async function directorPreflight(
  deps: DirectorPreflightDeps,
  request: Request,
  { signal, told }: { signal: AbortSignal; told: (line: DirectorLine) => void },
): Promise<DirectorPreflightResult> {
  const board = new Board({ signal, told })
  const vault = vaultLine(deps, board, board.until(limits.vault))
  const safety = safetyLine(deps, request, board, board.until(limits.source))
  const finding = checkSource(deps, request, board, board.until(limits.source))
  // Only what is compared at the start; whether it can be had has its own lines.
  const stats = finding
    .then(found => found && filesNow(deps, request, board.until(limits.all)))
    .catch(() => null)
  const place = await openPlace(deps, board, board.until(limits.place))
  const opened: ReachedHost[] = []
  try {
    const { folder } = deps.deployment.place
    const looked = place && (await checkFolder(deps, place, request, board, board.until(limits.folder)))
    const here = place && looked ? checkPlace(place, folder, board, board.until(limits.folder + 4_000)) : null
    const targets = (looked?.hosts ?? []).filter(({ enabled }) => enabled)
    const earlier = earlierLines(
      deps,
      { hosts: targets.slice(0, mostHosts), mode: request.mode },
      board,
      board.until(limits.folder),
    )
    const source = await sourceIn(finding, board, limits.folder)
    if (place && looked) {
      const options = {
        folder,
        disks: (looked.view?.disks ?? []).flatMap(({ value }) => (value.startsWith('/') ? [value] : [])),
        need: source?.files.reduce((sum, { size }) => sum + size, 0) ?? null,
        signed: request.fetch === 'direct' && isSigned(source),
      }
      await checkHosts(deps, place, targets, {
        ...{ ...options, board, opened, signal: board.until(limits.hosts) },
        running: (host, id, within) =>
          runningLine(place, { id, title: `${hostLabel(host)}: what is erased`, ip: host.ip }, within),
      })
    }
    const known = await finding
    if (looked && known) namesLine(looked, known.point, known.listed.latest, board)
    const servesAt = place
      ? await fetchLine({ deps, place, reached: opened }, request, known, board, board.until(limits.all))
      : null
    const [facts, files] = await Promise.all([here, stats, vault, earlier, safety])
    signal.throwIfAborted()
    for (const id of ['folder', 'restore.yml', 'master.yml', 'mode', 'fetch', 'hosts'] as const)
      if (id === 'hosts' ? targets.length === 0 : !board.has(id))
        board.add(
          performance.now(),
          notTried(id, unlooked[id], 'Not looked at: something above has to be put right first.'),
        )
    const lines = board.sorted
    return {
      verdict: verdictOf(lines),
      lines,
      hosts: (looked?.hosts ?? []).slice(0, mostNamed).map(host => ({
        name: hostLabel(host),
        ip: host.ip,
        erased: host.enabled,
      })),
      files: known?.files ?? [],
      confirm: targets.slice(0, mostHosts).map(hostLabel),
      diffs: looked?.diffs ?? [],
      servesAt,
      seen: seenText({
        read: looked?.read ?? null,
        setupSha256: facts?.setupSha256 ?? null,
        files,
        keys: new Map(opened.map(({ host, fingerprint }) => [addressOf(host), fingerprint])),
      }),
    }
  } finally {
    await Promise.allSettled([place?.close(), ...opened.map(({ remote }) => remote.close())])
  }
}

const unlooked = {
  folder: 'Deployment folder',
  'restore.yml': 'restore.yml',
  'master.yml': 'master.yml',
  mode: 'Restore type',
  fetch: 'Fetching the files',
  hosts: 'Hosts of master.yml',
}

/** What of `seen` can be looked at again within seconds. @throws EngineError when it cannot be looked at any more */
export async function seenNow(
  deps: DirectorPreflightDeps,
  request: Request,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  return await seenAgain(deps, request, limit => filesNow(deps, request, limit), signal)
}

/** The same of anything that `setup.sh` is started for. @param files what else it relies on */
export async function seenAgain(
  deps: DirectorPreflightDeps,
  { mode, edits }: Pick<Request, 'mode' | 'edits'>,
  files: (limit: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(20_000)])
  const { folder } = deps.deployment.place
  const opening = deps.openHost()
  let place: Host | null = null
  try {
    place = await inTime(opening, limit)
    const from = place
    const [read, facts, others] = await inTime(
      Promise.all([readDeployment(place, folder, limit), placeFacts(place, folder, limit), files(limit)]),
      limit,
    )
    const editing = { mode, secretOf: deps.draft, now: deps.clock.now() }
    const { texts } = await editedDeployment(read, edits, editing)
    const targets = targetsOf(texts['master.yml']).filter(({ enabled }) => enabled)
    const keys = new Map<string, string>()
    await each(targets.slice(0, mostHosts), async host => {
      const key = await keyOf(deps, from, host, folder, limit).catch(() => null)
      if (key !== null) keys.set(addressOf(host), key)
    })
    return seenText({ read, setupSha256: facts.setupSha256, files: others, keys })
  } finally {
    void opening.then(host => host.close()).catch(() => {})
  }
}

/** What is known of the source by then: a slow one must not keep the hosts from being looked at. */
async function sourceIn(
  finding: Promise<SourceFacts | null>,
  board: Board,
  ms: number,
): Promise<SourceFacts | null> {
  return await inTime(finding, board.until(ms)).catch(() => null)
}

const isSigned = (source: SourceFacts | null): boolean =>
  source !== null && 'answers' in source.fetch && source.fetch.answers.type !== 'FTP'
