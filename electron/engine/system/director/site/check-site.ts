import type { DirectorLine, MasterView } from '../../../../../shared/contract/director.ts'
import type { SiteCheck } from '../../../../../shared/contract/site.ts'
import { formatBytes } from '../../../../../shared/units.ts'
import { deploymentView, masterSecrets, readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { Board, inTime, notTried, pass, stop, warn, wordsOf } from '../preflight/board.ts'
import type { DirectorPreflightDeps } from '../preflight/deps.ts'
import { hostFacts, hostOver } from '../preflight/host-facts.ts'
import type { TargetHost } from '../preflight/host-lines.ts'
import { addressOf, clockLine, connect, hostLabel, linesOf } from '../preflight/host-lines.ts'
import { openPlace } from '../preflight/place-lines.ts'
import { each } from '../preflight/check-hosts.ts'
import { mostHosts, targetsOf } from '../preflight/yaml-lines.ts'
import { checkCommands } from './component-lines.ts'
import { folderLines, placeLine } from './folder-lines.ts'
import { systemFacts } from './site-facts.ts'

export type SiteDeps = Pick<DirectorPreflightDeps, 'deployment' | 'openHost' | 'ssh' | 'clock'> & {
  learn: (secret: unknown) => void
}

type SiteHost = SiteCheck['hosts'][number]

/** Until when since the start, ms: nothing waits longer, so that the finding is there within 30 s. */
const limits = { place: 9_000, folder: 13_000, hosts: 20_000, commands: 26_000 }
/** A backup stages one dump there, and what runs there needs room as well. */
const enough = 1e9
const mostNamed = 64

/**
 * Looks at a Director as a system: its deployment folder, its hosts, and whether its components can be copied. Changes
 * nothing anywhere and runs no command of an operator's. Never fails for what it finds: that is a line.
 * @param options.told hears each line as soon as it is known
 * @throws the reason of `signal` when it fires
 */
export async function checkSite(
  deps: SiteDeps,
  { signal, told }: { signal: AbortSignal; told: (line: DirectorLine) => void },
): Promise<Omit<SiteCheck, 'at'>> {
  const { deployment } = deps
  const board = new Board({ signal, told })
  const place = await openPlace(deps, board, board.until(limits.place))
  const entered: Host[] = []
  try {
    const read = place && (await readFolder(deps, place, board))
    const view = read?.view.master ?? null
    const targets = (read?.targets ?? []).filter(({ enabled }) => enabled).slice(0, mostHosts)
    const placing =
      place && read ? placeLine(place, deployment.place.folder, board, board.until(limits.hosts)) : null
    const hosts = new Map<string, SiteHost>()
    const [first] = targets
    const commands = (from: Parameters<typeof checkCommands>[1]) =>
      checkCommands(deployment, from, board, board.until(limits.commands))
    let components: SiteCheck['components'] = []
    if (place)
      await each(targets, async target => {
        const found = await lookAt(deps, { from: place, target, view }, board)
        hosts.set(addressOf(target), found.host)
        if (found.remote) entered.push(found.remote)
        // At once: another host that is silent must not keep it waiting.
        if (target === first)
          components = await commands(found.remote && { remote: found.remote, label: hostLabel(target) })
      })
    if (!place || !first) components = await commands(null)
    await placing
    signal.throwIfAborted()
    const lines = board.sorted
    return {
      verdict: verdictOf(lines),
      lines,
      site: view?.directorSite?.slice(0, 40) ?? null,
      mode: read?.view.mode ?? null,
      hosts: (view?.hosts ?? []).slice(0, mostNamed).map(host => hosts.get(addressOf(host)) ?? silent(host)),
      components,
    }
  } finally {
    await Promise.allSettled([place?.close(), ...entered.map(remote => remote.close())])
  }
}

/** The worst line decides; what nobody looked at deserves a look. */
function verdictOf(lines: readonly DirectorLine[]): SiteCheck['verdict'] {
  if (lines.some(({ state }) => state === 'stop')) return 'failed'
  return lines.every(({ state }) => state === 'pass') ? 'good' : 'limited'
}

async function readFolder(deps: SiteDeps, place: Host, board: Board) {
  const since = performance.now()
  const { folder } = deps.deployment.place
  const signal = board.until(limits.folder)
  try {
    const read = await inTime(readDeployment(place, folder, signal), signal)
    const master = read.texts['master.yml']
    deps.learn(masterSecrets(master ?? ''))
    const view = deploymentView(read)
    const targets = targetsOf(master)
    folderLines(view, { folder, about: place.about }, board, since)
    return { view, targets }
  } catch (err) {
    const fix = 'See that the folder deployment/setup is still there, and that its login may read it.'
    board.add(since, stop('folder', 'Deployment folder', wordsOf(err), fix))
    return null
  }
}

/** Logs in to a host of `master.yml` and asks what it is. The caller closes `remote`. */
async function lookAt(
  deps: SiteDeps,
  { from, target, view }: { from: Host; target: TargetHost; view: MasterView | null },
  board: Board,
): Promise<{ host: SiteHost; remote: Host | null }> {
  const signal = board.until(limits.hosts)
  const { folder } = deps.deployment.place
  const { login, clock, disk } = linesOf(target)
  const version = {
    id: `version:${addressOf(target)}`.slice(0, 80),
    title: `${hostLabel(target)}: system`,
  }
  const connection = await connect(deps, from, target, { board, signal, folder })
  if (!connection) {
    for (const { id, title } of [login, clock, disk, version])
      board.add(performance.now(), notTried(id, title, 'Not looked at: nobody could log in.'))
    return { host: silent(target), remote: null }
  }
  const remote = hostOver(connection)
  const since = performance.now()
  try {
    const disks = (view?.disks ?? []).flatMap(({ value }) => (value.startsWith('/') ? [value] : []))
    const now = () => deps.clock.now()
    const paths = ['/', '/var/lib', '/tmp', ...disks].slice(0, 16)
    const [facts, { system, python }] = await inTime(
      Promise.all([hostFacts(remote, paths, { now, signal }), systemFacts(remote, signal)]),
      signal,
    )
    clockLine(facts, clock, false, board, since)
    const free = diskLine(facts.free, disk, board, since)
    if (python === null)
      board.add(
        since,
        warn(
          version.id,
          version.title,
          `${system ?? 'It does not say what it is'}; there is no python3.`,
          'Install python3 there: Ansible needs it on every host that it restores.',
        ),
      )
    else
      board.add(
        since,
        pass(version.id, version.title, `${system ?? 'It does not say what it is'}; ${python}.`),
      )
    return { host: { ...silent(target), answers: true, version: system, free }, remote }
  } catch (err) {
    for (const { id, title } of [clock, disk, version]) board.add(since, notTried(id, title, wordsOf(err)))
    return { host: { ...silent(target), answers: true }, remote }
  }
}

/** @returns the least free bytes; null when it does not say */
function diskLine(
  free: readonly { path: string; bytes: number }[],
  { id, title }: { id: string; title: string },
  board: Board,
  since: number,
): number | null {
  if (free.length === 0) {
    board.add(since, notTried(id, title, 'It does not say.'))
    return null
  }
  // Folders of one file system say the same.
  const apart = free.filter(({ bytes }, nth) => free.findIndex(other => other.bytes === bytes) === nth)
  const all = apart.map(({ path, bytes }) => `${formatBytes(bytes)} at ${path}`).join(', ')
  const short = apart.filter(({ bytes }) => bytes < enough)
  board.add(
    since,
    short.length === 0
      ? pass(id, title, `${all}.`)
      : warn(
          id,
          title,
          `May be too little: ${all}.`,
          `Have ${formatBytes(enough)} free at ${short.map(({ path }) => path).join(' and ')}: a backup makes a dump there first.`,
        ),
  )
  return Math.min(...free.map(({ bytes }) => bytes))
}

const silent = ({
  name,
  ip,
  enabled,
  components,
}: Pick<SiteHost, 'name' | 'ip' | 'enabled' | 'components'>): SiteHost => ({
  ...{ name, ip, enabled, answers: false, version: null, free: null },
  components: components.slice(0, 64),
})
