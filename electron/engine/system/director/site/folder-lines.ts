import type { DeploymentView } from '../../../../../shared/contract/director.ts'
import type { DirectorProblem } from '../../../../../shared/director.ts'
import type { Host } from '../host/host.ts'
import type { Board } from '../preflight/board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from '../preflight/board.ts'
import { placeFacts } from '../preflight/place-facts.ts'

/** What only counts for the restore that is about to begin: a Director that works has it as it needs it. */
const ofRestores = /^(?:install|name|stamp|restore|file\.empty)\b/
const mostProblems = 10

/** What the deployment folder says of the site. */
export function folderLines(
  view: DeploymentView,
  { folder, about }: { folder: string; about: string },
  board: Board,
  since: number,
): void {
  const title = 'Deployment folder'
  board.add(
    since,
    view.setup === 'runs'
      ? pass('folder', title, `${folder} on ${about}; setup.sh can be run.`)
      : warn(
          'folder',
          title,
          view.setup === 'missing'
            ? `There is no setup.sh in ${folder}.`
            : `setup.sh in ${folder} may not be run.`,
          'A restore needs it: put the vendor’s deployment source there, with setup.sh executable.',
        ),
  )
  masterLines(view, board, since)
  restoreLine(view, board, since)
  siteLine(view, board, since)
}

function masterLines({ master, problems, mode }: DeploymentView, board: Board, since: number): void {
  const file = 'master.yml'
  const own = problems.filter(problem => problem.file === file && !ofRestores.test(problem.code))
  const found = (problem: DirectorProblem) =>
    `${sentence(problem.finding)}${problem.line === null ? '' : ` (line ${problem.line})`}.`
  if (!master) {
    const [problem] = own
    const fix = problem?.fix ?? 'Put it right.'
    return board.add(since, stop(file, file, problem ? found(problem) : 'It cannot be read.', fix))
  }
  own.slice(0, mostProblems).forEach((problem, nth) => {
    const title = problem.path === '' ? file : `${file}: ${problem.path}`
    // A backup may go well in spite of it, or the host's own lines say why not.
    board.add(since, warn(`${file}/${nth + 1}`, title, found(problem), problem.fix))
  })
  if (own.length === 0) board.add(since, pass(file, file, 'Nothing is wrong with it.'))
  const enabled = master.hosts.filter(host => host.enabled).length
  if (enabled === 0)
    board.add(
      since,
      stop(
        'hosts',
        'Hosts of master.yml',
        'None is enabled.',
        'Set enabled: true for those that are the Director.',
      ),
    )
  const hosts = `${enabled} ${enabled === 1 ? 'host is' : 'hosts are'} enabled`
  board.add(
    since,
    mode === null
      ? warn(
          'mode',
          'Kind of Director',
          `${hosts}: neither one nor three.`,
          'Enable those that it consists of.',
        )
      : pass('mode', 'Kind of Director', `${mode}: ${hosts}.`),
  )
}

/** The names in it are chosen anew for each restore. */
function restoreLine({ restore, problems }: DeploymentView, board: Board, since: number): void {
  const file = 'restore.yml'
  const problem = problems.find(one => one.file === file && !ofRestores.test(one.code))
  board.add(
    since,
    restore && !problem
      ? pass(file, file, 'It can be read; its names are chosen when something is restored.')
      : warn(
          file,
          file,
          problem ? `${sentence(problem.finding)}.` : 'It cannot be read.',
          problem?.fix ?? 'Put it right before a restore.',
        ),
  )
}

function siteLine({ master }: DeploymentView, board: Board, since: number): void {
  if (!master) return
  const site = master.directorSite
  const known = { DC: 'the active one', DR: 'the passive one' }[site?.toUpperCase() ?? '']
  board.add(
    since,
    known
      ? pass('site', 'Site', `director_site is ${site?.toUpperCase()}, ${known}.`)
      : warn(
          'site',
          'Site',
          site === null ? 'director_site is empty.' : 'director_site is neither DC nor DR.',
          'Write DC for the active site, DR for the passive one.',
        ),
  )
}

/** A key keeps its letters: only a word begins a sentence. */
const sentence = (finding: string): string =>
  /^[a-z]+ /.test(finding) ? `${finding.charAt(0).toUpperCase()}${finding.slice(1)}` : finding

/** What stands and runs on the deployment host. */
export async function placeLine(
  host: Host,
  folder: string,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  const tools = 'Programs on the deployment host'
  const lock = 'Nobody restores there'
  try {
    const facts = await inTime(placeFacts(host, folder, signal), signal)
    const missing = ['python3', 'ansible-playbook'].filter(tool => !facts.tools.has(tool))
    board.add(
      since,
      missing.length === 0
        ? pass('tools', tools, 'sh, python3 and ansible-playbook are there.')
        : warn(
            'tools',
            tools,
            `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not there.`,
            missing.includes('python3')
              ? 'Install it: without python3 nothing can be restored from here.'
              : 'Install Ansible there, unless setup.sh does that itself.',
          ),
    )
    const busy =
      facts.lock.is === 'held'
        ? `${facts.lock.who} has been working there since ${facts.lock.since}.`
        : facts.running.length > 0
          ? `setup.sh runs there (process ${facts.running.join(', ')}).`
          : null
    board.add(
      since,
      busy === null
        ? pass('lock', lock, 'setup.sh does not run there.')
        : warn(
            'lock',
            lock,
            busy,
            'Wait until it has ended: what it restores cannot be backed up meanwhile.',
          ),
    )
  } catch (err) {
    board.add(since, notTried('tools', tools, wordsOf(err)))
    board.add(since, notTried('lock', lock, wordsOf(err)))
  }
}
