import type { DirectorPoint, FileDiff, MasterView } from '../../../../../shared/contract/director.ts'
import type { DirectorProblem, DirectorYamlFile } from '../../../../../shared/director.ts'
import type { DirectorMode } from '../../../../../shared/director-files.ts'
import { directorYamlFiles } from '../../../../../shared/director.ts'
import { directorComponents, parseDirectorFile } from '../../../../../shared/director-files.ts'
import type { EditedDeployment, ReadDeployment } from '../deployment/index.ts'
import {
  deploymentView,
  editedDeployment,
  masterLogin,
  masterView,
  readDeployment,
} from '../deployment/index.ts'
import type { DirectorPoints } from '../files/index.ts'
import type { Host } from '../host/host.ts'
import type { Board } from './board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps, Request } from './deps.ts'
import type { TargetHost } from './host-lines.ts'

/** The deployment folder as it will be when the restore begins. Holds secrets. */
export type FolderFacts = {
  read: ReadDeployment
  view: MasterView | null
  hosts: TargetHost[]
  names: ReturnType<typeof deploymentView>['names']
  diffs: FileDiff[]
}

const titles = {
  folder: 'Deployment folder',
  mode: 'Restore type',
  site: 'Site',
} as const

/** Reads the folder, applies the edits and checks both files. @returns null when it cannot be read */
export async function checkFolder(
  deps: DirectorPreflightDeps,
  host: Host,
  { mode, edits }: Request,
  board: Board,
  signal: AbortSignal,
): Promise<FolderFacts | null> {
  const since = performance.now()
  const { folder } = deps.deployment.place
  let read: ReadDeployment
  let edited: EditedDeployment
  try {
    read = await inTime(readDeployment(host, folder, signal), signal)
    folderLine(read, folder, host, board, since)
    edited = await inTime(
      editedDeployment(read, edits, { mode, secretOf: deps.draft, now: deps.clock.now() }),
      signal,
    )
  } catch (err) {
    board.add(
      since,
      stop(
        'folder',
        titles.folder,
        wordsOf(err),
        'Choose the folder deployment/setup of the deployment source.',
      ),
    )
    // The folder's line may stand already: then an edit could not be made.
    const why = `Not looked at: ${wordsOf(err)}`
    for (const file of directorYamlFiles) board.add(since, notTried(file, file, why))
    return null
  }
  for (const file of directorYamlFiles) problemLines(file, edited.problems, board, since)
  const master = edited.texts['master.yml']
  const view = master === null ? null : masterView(master)
  const hosts = targetsOf(master)
  const command = mode === 'standalone' ? './setup.sh standalone restore' : './setup.sh restore'
  modeLine(edited, { mode, command }, hosts, board, since)
  siteLine(edited, view, board, since)
  const { names } = deploymentView({ ...read, texts: edited.texts })
  return { read, view, hosts, names, diffs: edited.diffs }
}

/** Hosts that are looked at. A Director has one or three; reading the logins of a hostile file's thousands takes hours. */
export const mostHosts = 16
/** Problems of one file that get a line each. */
const mostProblems = 40

/** The hosts of `master.yml`, with what opens the first of those that are enabled. */
export function targetsOf(master: string | null): TargetHost[] {
  const view = master === null ? null : masterView(master)
  let left = mostHosts
  return (view?.hosts ?? []).map(host => {
    const login = host.enabled && left-- > 0 ? masterLogin(master ?? '', host.index) : null
    return { ...host, password: login?.password ?? null }
  })
}

/** Whether `setup.sh` lies there and can be run. */
export function folderLine(
  read: ReadDeployment,
  folder: string,
  host: Host,
  board: Board,
  since: number,
): void {
  const { folder: title } = titles
  if (read.setup === 'runs')
    return board.add(since, pass('folder', title, `${folder} on ${host.about}; setup.sh can be run.`))
  board.add(
    since,
    read.setup === 'missing'
      ? stop(
          'folder',
          title,
          `There is no setup.sh in ${folder}.`,
          'Choose the folder deployment/setup of the deployment source.',
        )
      : stop(
          'folder',
          title,
          `setup.sh in ${folder} may not be run.`,
          'Make it executable there: chmod +x setup.sh',
        ),
  )
}

/** A line for each problem of a file; one that says so when there is none. */
export function problemLines(
  file: DirectorYamlFile,
  problems: readonly DirectorProblem[],
  board: Board,
  since: number,
): void {
  const own = problems.filter(problem => problem.file === file)
  own.slice(0, mostProblems).forEach((problem, index) => {
    const { level, finding, fix, path, line, edit } = problem
    const place = line === null ? '' : ` (line ${line})`
    const id = `${file}/${index + 1}`
    const title = path === '' ? file : `${file}: ${path}`
    // A key keeps its letters: only a word begins a sentence.
    const begun = /^[a-z]+ /.test(finding) ? `${finding.charAt(0).toUpperCase()}${finding.slice(1)}` : finding
    const words = `${begun}${place}.`
    board.add(since, {
      ...(level === 'stop' ? stop : warn)(id, title, words, fix),
      ...(edit ? { edit } : {}),
    })
  })
  const more = own.slice(mostProblems)
  const worst = more.some(({ level }) => level === 'stop') ? stop : warn
  if (more.length > 0)
    board.add(
      since,
      worst(`${file}/more`, file, `There are ${more.length} more problems.`, 'Put those above right first.'),
    )
  if (own.length === 0) board.add(since, pass(file, file, 'Nothing is wrong with it.'))
}

/** @param chosen.command what is started then, as it is typed */
export function modeLine(
  { problems }: Pick<EditedDeployment, 'problems'>,
  { mode, command, title = titles.mode }: { mode: DirectorMode; command: string; title?: string },
  hosts: readonly TargetHost[],
  board: Board,
  since: number,
): void {
  const enabled = hosts.filter(host => host.enabled).length
  const fits = mode === 'standalone' ? enabled === 1 : enabled === 3
  if (fits) return board.add(since, pass('mode', title, `${mode}: ${command}`))
  // Said with its line in the file already; here it stands for what was chosen.
  const known = problems.some(({ code }) => code.startsWith('servers.'))
  board.add(
    since,
    stop(
      'mode',
      title,
      `${mode} was chosen, and ${enabled} ${enabled === 1 ? 'server is' : 'servers are'} enabled in master.yml.`,
      known ? 'See the line about master.yml.' : 'Choose the other type, or enable the right servers.',
    ),
  )
}

/** What the file says of the site; nobody can tell from here which one it really is. */
function siteLine(
  { problems }: EditedDeployment,
  view: MasterView | null,
  board: Board,
  since: number,
): void {
  const { site: title } = titles
  if (!view || problems.some(({ code }) => code.startsWith('site.'))) return
  const site = view.directorSite
  if (site?.toUpperCase() === 'DR')
    return board.add(since, pass('site', title, 'director_site is DR, the passive one.'))
  board.add(
    since,
    warn(
      'site',
      title,
      site === null ? 'director_site is empty.' : `director_site is ${site}, the active one.`,
      'Make sure that the hosts are not those of a data centre that still works: they are erased.',
    ),
  )
}

/** Whether the names that will stand in `restore.yml` are those of the run that was chosen. */
export function namesLine(
  { names }: FolderFacts,
  point: DirectorPoint,
  latest: DirectorPoints['latest'],
  board: Board,
): void {
  const since = performance.now()
  const id = 'restore.yml/names'
  const title = 'restore.yml and the restore point'
  const others = directorComponents.flatMap(component => {
    const name = names[component]
    if (name === undefined) return []
    const copy = latest.find(one => one.name === name)
    const own = point.files.find(file => file.component === component)?.name
    if (name === own || copy?.equals === point.stamp) return []
    return [`${name}${copy?.equals ? ` (of ${copy.equals})` : ''}`]
  })
  if (others.length > 0)
    return board.add(
      since,
      stop(
        id,
        title,
        `It names ${others.join(', ')}; the restore point is ${point.stamp}.`,
        'Let Drydock write the names of this restore point into restore.yml, or choose the other one.',
      ),
    )
  const copies = directorComponents.filter(
    component => parseDirectorFile(names[component] ?? '')?.stamp === 'latest',
  )
  if (copies.length > 0)
    return board.add(
      since,
      warn(
        id,
        title,
        `It names the latest copies, which are those of ${point.stamp} now; the next backup overwrites them.`,
        'Use the names with the time stamp.',
      ),
    )
  board.add(since, pass(id, title, `It names the five files of ${point.stamp}.`))
}
