import type { DirectorLine } from '../../../../../shared/contract/director.ts'
import type { SwitchPreflight, SwitchRecord } from '../../../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../../../shared/director.ts'
import type { Host } from '../host/host.ts'
import type { Finding } from '../preflight/board.ts'
import { Board, inTime, notTried, pass, verdictOf, warn, wordsOf } from '../preflight/board.ts'
import { checkHosts } from '../preflight/check-hosts.ts'
import type { DirectorPreflightDeps } from '../preflight/deps.ts'
import type { ReachedHost, TargetHost } from '../preflight/host-lines.ts'
import { addressOf, hostLabel } from '../preflight/host-lines.ts'
import { checkPlace, openPlace } from '../preflight/place-lines.ts'
import { seenAgain } from '../preflight/preflight.ts'
import { answers, isRefusal } from '../preflight/reach.ts'
import { filesNow, seenText } from '../preflight/seen.ts'
import { vaultLine } from '../preflight/vault-line.ts'
import { modeLine, mostHosts } from '../preflight/yaml-lines.ts'
import { noteLines } from './note-lines.ts'
import type { OtherFacts, OtherSite } from './other-site.ts'
import { readOther } from './other-site.ts'
import { portalLines } from './portal-lines.ts'
import { checkServer, reachLine } from './server-lines.ts'
import { standsAt } from './stands-at.ts'
import { checkStepFolder } from './step-folder.ts'
import type { Step } from './step-lines.ts'
import { modesLine, orderLine, otherSiteOf, pairLine, siteLine } from './step-lines.ts'
import { argvOf, verbLine } from './verb-line.ts'

/** Until when since the start, ms: nothing waits longer, so that the verdict is there within 30 s. */
const limits = {
  place: 9_000,
  other: 12_000,
  folder: 13_000,
  source: 20_000,
  hosts: 21_000,
  all: 27_000,
}

/** For the names of both sites and of the server, ms. */
const namesMs = 4_000

export type SwitchPreflightDeps = DirectorPreflightDeps & {
  record: SwitchRecord
  /** The other step's site; null: both steps use one folder. */
  other: OtherSite | null
  /** Of the newest run of the first step; null before there is one. */
  first: { began: string; ended: string | null; problems: number; hosts: readonly string[] } | null
}

export type SwitchPreflightResult = Omit<SwitchPreflight, 'token'> & {
  /** Changes when anything does that the step relies on: `switchSeenNow` tells it again. */
  seen: string
  argv: string[]
  /** `ip:port` of the hosts it will work on. */
  targets: string[]
}

type Asked = { step: Step; edits: MasterEdit[] }

/**
 * Checks all that a step of a switch-over needs, and changes nothing anywhere. Never fails for what it finds: that is a
 * line.
 * @param options.told hears each line as soon as it is known
 * @throws the reason of `signal` when it fires
 */
export async function switchPreflight(
  deps: SwitchPreflightDeps,
  asked: Asked,
  { signal, told }: { signal: AbortSignal; told: (line: DirectorLine) => void },
): Promise<SwitchPreflightResult> {
  const { record, first } = deps
  const { step } = asked
  const { mode, site } = record.steps[step - 1]!
  const board = new Board({ signal, told })
  const add = (finding: Finding | null) => finding && board.add(performance.now(), finding)
  add(orderLine(record, step, first))
  add(modesLine(record))
  for (const line of noteLines) add(line)
  const vault = vaultLine(deps, board, board.until(5_000))
  const { server } = record
  const finding = checkServer(
    deps,
    { server, step, first: first?.began ?? null },
    board,
    board.until(limits.source),
  )
  const stats = reliedOn(deps, step, board.until(limits.all)).catch(() => null)
  const reading = deps.other && readOther(deps.other, board.until(limits.other))
  const place = await openPlace(deps, board, board.until(limits.place))
  const opened: ReachedHost[] = []
  try {
    const { folder } = deps.deployment.place
    const looked =
      place && (await checkStepFolder(deps, place, { ...asked, mode }, board, board.until(limits.folder)))
    const here = place && looked ? checkPlace(place, folder, board, board.until(limits.folder + 4_000)) : null
    const verb =
      place && looked && looked.read.setup !== 'missing'
        ? await verbLine(place, { folder, direction: record.direction }, board, board.until(limits.folder))
        : null
    const argv = argvOf(mode, verb ?? record.direction)
    const targets = (looked?.hosts ?? []).filter(({ enabled }) => enabled)
    if (looked) {
      const chosen = { mode, command: argv.join(' '), title: 'Mode' }
      modeLine(looked.edited, chosen, looked.hosts, board, performance.now())
    }
    const other = (await reading) ?? sameFolder(step, first)
    if (looked) add(siteLine(looked.view, site, 'says' in other ? other.says : null))
    add(
      pairLine(
        targets.map(addressOf),
        'hosts' in other ? { site: otherSiteOf(site), hosts: other.hosts } : other,
      ),
    )
    const known = await inTime(finding, board.until(limits.folder)).catch(() => null)
    if (place && looked)
      await checkHosts(deps, place, targets, {
        ...{ board, opened, folder, signal: board.until(limits.hosts) },
        disks: (looked.view?.disks ?? []).flatMap(({ value }) => (value.startsWith('/') ? [value] : [])),
        need: known?.backup?.bytes ?? null,
        signed: known !== null && 'answers' in known.fetch && known.fetch.answers.type !== 'FTP',
        running: (host, id, within) => worksLine(place, host, { id, step, signal: within }),
      })
    const source = await finding
    if (source) {
      const { record: found } = source
      if (looked)
        add(
          await standsAt(
            deps.deployment,
            { own: looked.view, other, source: found, site },
            board.within(namesMs, board.until(limits.all)),
          ),
        )
      for (const line of portalLines(portalsOf(deps, site), found, deps.clock.now())) add(line)
      if (place) await reachLine({ place, reached: opened }, source, board, board.until(limits.all))
    }
    const [facts, relied] = await Promise.all([here, stats, vault])
    signal.throwIfAborted()
    for (const [id, title] of unlooked)
      if (id === 'hosts' ? targets.length === 0 : !board.has(id))
        add(notTried(id, title, 'Not looked at: something above has to be put right first.'))
    const lines = board.sorted
    return {
      verdict: verdictOf(lines),
      lines,
      hosts: targets.slice(0, mostHosts).map(host => ({ name: hostLabel(host), ip: host.ip })),
      confirm: targets.slice(0, mostHosts).map(hostLabel),
      diffs: looked?.diffs ?? [],
      command: argv.join(' '),
      backup: source?.backup ?? null,
      seen: seenText({
        read: looked?.read ?? null,
        setupSha256: facts?.setupSha256 ?? null,
        files: relied,
        keys: new Map(opened.map(({ host, fingerprint }) => [addressOf(host), fingerprint])),
      }),
      argv,
      targets: targets.slice(0, mostHosts).map(addressOf),
    }
  } finally {
    await Promise.allSettled([place?.close(), ...opened.map(({ remote }) => remote.close())])
  }
}

const unlooked = [
  ['folder', 'Deployment folder'],
  ['master.yml', 'master.yml'],
  ['verb', 'What setup.sh knows'],
  ['mode', 'Mode'],
  ['fetch', 'Way to the backup server'],
  ['hosts', 'Hosts of master.yml'],
] as const

/** What of `seen` can be looked at again within seconds. @throws EngineError when it cannot be looked at any more */
export async function switchSeenNow(
  deps: SwitchPreflightDeps,
  { step, edits }: Asked,
  signal: AbortSignal,
): Promise<string> {
  const { mode } = deps.record.steps[step - 1]!
  const request = { mode, edits: { names: null, master: edits } }
  return await seenAgain(deps, request, limit => reliedOn(deps, step, limit), signal)
}

/** The server's own record; and what the second step restores: the `latest` copies, one by one. */
async function reliedOn(
  { servers, record: { server } }: SwitchPreflightDeps,
  step: Step,
  signal: AbortSignal,
): Promise<unknown[]> {
  const record = await inTime(servers.get(server), signal)
  if (step === 1) return [record]
  return [record, ...(await inTime(filesNow({ servers }, { server, stamp: 'latest' }, signal), signal))]
}

/** With one folder for both steps, what it named for the first is known from its run alone. */
function sameFolder(step: Step, first: SwitchPreflightDeps['first']): OtherFacts {
  if (step === 2 && first) return { hosts: [...first.hosts], addresses: first.hosts.map(hostOf), says: null }
  return { unknown: 'both steps use the same folder, so the hosts of the other site are not in it now.' }
}

const hostOf = (address: string): string => address.replace(/:\d+$/, '')

/** DC first. */
function portalsOf({ deployment, other }: SwitchPreflightDeps, site: 'DC' | 'DR') {
  const own = { site, deployment: deployment.name, portal: deployment.portal ?? null }
  if (!other) return [own]
  const { deployment: theirs } = other
  const second = { site: other.site, deployment: theirs.name, portal: theirs.portal ?? null }
  return site === 'DC' ? [own, second] : [second, own]
}

/** Where a Director's portal for providers answers. */
const portalPort = 7080

const whenSilent: Record<Step, string> = {
  1: 'Look at its pages. What does not run cannot be backed up; when the active site is lost, restore the other one instead.',
  2: 'Look at the host. This step stops the databases of this site and restores them, so it need not work before; afterwards it must answer here.',
}

/** Whether a Director works on a host: the active site is to be backed up, the other to be restarted. */
async function worksLine(
  place: Host,
  host: TargetHost,
  { id, step, signal }: { id: string; step: Step; signal: AbortSignal },
): Promise<Finding> {
  const title = `${hostLabel(host)}: its Director`
  const said = await answers(place, { host: host.ip, port: portalPort }, signal)
  return said === true
    ? pass(id, title, `It answers (port ${portalPort}).`)
    : warn(
        id,
        title,
        isRefusal(said)
          ? `None answers there now (port ${portalPort}).`
          : `Whether it works is not known (port ${portalPort}). ${wordsOf(said)}`,
        whenSilent[step],
      )
}
