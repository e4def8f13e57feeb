import type { SwitchPreflight } from '../../../../../shared/contract/switch.ts'
import { formatBytes } from '../../../../../shared/units.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import type { FetchAnswers } from '../files/index.ts'
import { fetchAnswers, listDirectorPoints } from '../files/index.ts'
import type { Host } from '../host/host.ts'
import type { Board, Finding } from '../preflight/board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from '../preflight/board.ts'
import type { DirectorPreflightDeps } from '../preflight/deps.ts'
import { blindTo } from '../preflight/fetch-line.ts'
import type { ReachedHost } from '../preflight/host-lines.ts'
import { limitsLine } from '../preflight/limits-line.ts'
import type { Step } from './step-lines.ts'

type Backup = SwitchPreflight['backup']

/** What was found on the backup server. */
export type ServerFacts = { record: ServerRecord; fetch: FetchAnswers; backup: Backup }

const titles = { server: 'Backup server', backup: 'Newest backup', answers: 'Questions of setup.sh' } as const

/** Looks at the backup server, reading only. @param first when the first step began; null before it has run */
export async function checkServer(
  deps: DirectorPreflightDeps,
  { server, step, first }: { server: string; step: Step; first: string | null },
  board: Board,
  signal: AbortSignal,
): Promise<ServerFacts | null> {
  const since = performance.now()
  try {
    const record = await inTime(deps.servers.get(server), signal)
    limitsLine(record, { fetch: 'direct' }, board)
    const fetch = fetchAnswers(record, await inTime(deps.servers.secretsOf(record), signal))
    board.add(since, answersLine(server, fetch))
    const store = await inTime(deps.servers.open(server), signal)
    const { points } = await inTime(listDirectorPoints(store, { deep: false }, signal), signal)
    board.add(since, pass('server', titles.server, `${server} answers and takes the login.`))
    const newest = points.find(({ flags, safetyCopy }) => flags.length === 0 && !safetyCopy)
    const backup = newest
      ? {
          ...{ stamp: newest.stamp, at: newest.at },
          bytes: newest.files.reduce((sum, { size }) => sum + size, 0),
        }
      : null
    board.add(since, backupLine(backup, { server, step, first, now: deps.clock.now() }))
    return { record, fetch, backup }
  } catch (err) {
    board.add(
      since,
      stop('server', titles.server, wordsOf(err), 'Test the server on its own page; then check again.'),
    )
    board.add(since, notTried('backup', titles.backup, 'Not looked at: the server could not be read.'))
    return null
  }
}

/** What the second step will restore: the newest backup, which the first one is to have made. */
export function backupLine(
  backup: Backup,
  { server, step, first, now }: { server: string; step: Step; first: string | null; now: number },
): Finding {
  const title = titles.backup
  const said = backup
    ? `${backup.stamp}, ${ageOf(now - Date.parse(backup.at))} old, ${formatBytes(backup.bytes)}`
    : null
  if (step === 1)
    return pass(
      'backup',
      title,
      said === null ? `None on ${server} yet; this step makes one.` : `${said}. This step makes another.`,
    )
  if (said === null || !backup)
    return stop(
      'backup',
      title,
      `${server} holds no whole backup: there is nothing that this step could restore.`,
      'See where step 1 put its backup (the portal of that site names the place), and switch over with that server.',
    )
  if (first === null || Date.parse(backup.at) >= Math.floor(Date.parse(first) / 1000) * 1000)
    return pass('backup', title, `${said}; made since step 1 began.`)
  return warn(
    'backup',
    title,
    `${said}: it is older than step 1. What was changed after it would be lost.`,
    'See where step 1 put its backup (the portal of that site names the place); wait when it is still being sent.',
  )
}

function answersLine(server: string, fetch: FetchAnswers): Finding {
  const { answers: title } = titles
  const others = 'The vendor does not document what a switch-over asks: every other question is put to you.'
  return 'notDirect' in fetch
    ? warn(
        'answers',
        title,
        `${server} cannot be told to setup.sh: ${fetch.notDirect}. All its questions are put to you.`,
        'Stay at the terminal, and have at hand what it asks about its backup server.',
      )
    : pass('answers', title, `Those that a restore asks are answered with ${server}. ${others}`)
}

/** Whether the script will get at the backup server. */
export async function reachLine(
  from: { place: Host; reached: readonly ReachedHost[] },
  { fetch }: Pick<ServerFacts, 'fetch'>,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  const title = 'Way to the backup server'
  if ('notDirect' in fetch)
    return board.add(
      since,
      warn(
        'fetch',
        title,
        'Not looked at: where setup.sh will fetch from is not known.',
        'See that the hosts reach it.',
      ),
    )
  const { host, port } = fetch.reach
  const { names, why } = await blindTo(from, fetch.reach, board, signal)
  const fix = 'Open the way to it, and see that it is up.'
  if (names.length === from.reached.length + 1)
    return board.add(
      since,
      stop(
        'fetch',
        title,
        `${host}:${port} is reached neither from the deployment host nor from the hosts. ${why}`.trim(),
        fix,
      ),
    )
  if (names.length > 0)
    return board.add(
      since,
      warn('fetch', title, `${host}:${port} is not reached from ${names.join(', ')}.`, fix),
    )
  const hosts = from.reached.length > 0 ? ' and from the hosts' : ''
  if (fetch.warn !== null)
    return board.add(
      since,
      warn('fetch', title, `${host}:${port} is reached. ${fetch.warn}`, 'Go on if that was known.'),
    )
  board.add(since, pass('fetch', title, `${host}:${port} is reached from the deployment host${hosts}.`))
}

/** Whether the backup server stands at neither site. @param sites addresses of each, resolved; null: not known */
export function backupSiteLine(
  record: ServerRecord,
  own: ReadonlySet<string>,
  sites: readonly { site: 'DC' | 'DR'; addresses: ReadonlySet<string> | null }[],
): Finding {
  const id = 'backup-site'
  const title = 'Where the backups are'
  const inOrder = sites.toSorted((a, b) => (a.site < b.site ? -1 : 1))
  if (record.type === 'local')
    return stop(
      id,
      title,
      `${record.name} is a disk of this machine: setup.sh cannot reach it.`,
      'Give this switch-over up, and begin it with the server that both sites back up to.',
    )
  const at = inOrder.filter(({ addresses }) => addresses && [...own].some(one => addresses.has(one)))
  if (at.length > 0)
    return warn(
      id,
      title,
      `${record.name} stands at the ${at.map(({ site }) => site).join(' and the ')}: one of its addresses is there. The vendor’s guide wants the backup site to be neither DC nor DR; its trouble-shooting guide uses the MinIO of the DR all the same.`,
      'If that site is lost, its backups are lost with it: have them copied to a third place.',
    )
  const untold = inOrder.filter(({ addresses }) => addresses === null).map(({ site }) => site)
  if (untold.length > 0)
    return warn(
      id,
      title,
      `Whether ${record.name} stands at the ${untold.join(' or the ')} is not known: its addresses could not be read.`,
      'Make sure that it stands at neither site.',
    )
  return pass(id, title, `${record.name} is at none of the addresses of DC and DR.`)
}

/** Minutes, hours or days, rounded. */
function ageOf(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes < 1) return 'less than a minute'
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
