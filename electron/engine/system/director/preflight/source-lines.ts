import type { DirectorPreflight, DirectorPoint } from '../../../../../shared/contract/director.ts'
import { directorComponents } from '../../../../../shared/director-files.ts'
import { formatBytes } from '../../../../../shared/units.ts'
import type { Adopted } from '../adopt/index.ts'
import { dayOf, notAsAdopted } from '../adopt/index.ts'
import type { DirectorPoints, FetchAnswers } from '../files/index.ts'
import { fetchAnswers, inspectPoint, listDirectorPoints } from '../files/index.ts'
import type { Inspected } from '../files/index.ts'
import type { Board } from './board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps, Request } from './deps.ts'
import { limitsLine } from './limits-line.ts'

/** What was found on the server the files are on. */
export type SourceFacts = {
  listed: DirectorPoints
  point: DirectorPoint
  files: DirectorPreflight['files']
  fetch: FetchAnswers
}

const titles = { server: 'Server', files: 'Backup files', content: 'What they hold' } as const

/** Looks at the server and the five files, reading only. @returns null when they cannot be had */
export async function checkSource(
  deps: DirectorPreflightDeps,
  request: Request,
  board: Board,
  signal: AbortSignal,
): Promise<SourceFacts | null> {
  const { server, stamp } = request
  const since = performance.now()
  try {
    const record = await inTime(deps.servers.get(server), signal)
    limitsLine(record, request, board)
    const secrets = await inTime(deps.servers.secretsOf(record), signal)
    const store = await inTime(deps.servers.open(server), signal)
    // Whether they can be read is known from the list; what they hold takes longer, and has its own line.
    const listed = await inTime(listDirectorPoints(store, { deep: false }, signal), signal)
    const point = listed.points.find(one => one.stamp === stamp)
    board.add(
      since,
      pass(
        'server',
        titles.server,
        `${server} answers and takes the login${listed.vendorOwned ? '; it belongs to the vendor’s continuous backup, so nothing is written there' : ''}.`,
      ),
    )
    if (!filesLine(point, { server, stamp }, board, since)) {
      board.add(since, notTried('content', titles.content, 'Not looked at: not all five files are there.'))
      return null
    }
    const contents = performance.now()
    // Bounded of its own: servers that keep adoptions may be away, and that is no reason not to restore.
    const adopting = inTime(
      deps.adopted?.(server, stamp, board.within(4_000, signal)) ?? Promise.resolve(null),
      board.within(4_500, signal),
    ).catch(() => null)
    const inspected = await inTime(
      inspectPoint(store, point, signal),
      signal,
      'reading them takes too long',
    ).catch((err: unknown) => wordsOf(err))
    const adopted = await adopting
    const hashes = contentLine(inspected, point, adopted, { board, since: contents })
    const files = point.files.map(file => {
      const sha256 = hashes?.get(file.name)?.sha256 ?? null
      if (!adopted?.files.has(file.name) || sha256 === null) return { ...file, sha256 }
      if (notAsAdopted(adopted, { ...file, sha256 })) return { ...file, sha256 }
      return { ...file, sha256, adopted: { at: adopted.at, on: adopted.on } }
    })
    return { listed, point, files, fetch: fetchAnswers(record, secrets) }
  } catch (err) {
    board.add(
      since,
      stop('server', titles.server, wordsOf(err), 'Test the server on its own page; then check again.'),
    )
    board.add(since, notTried('files', titles.files, 'Not looked at: the server could not be read.'))
    board.add(since, notTried('content', titles.content, 'Not looked at: the server could not be read.'))
    return null
  }
}

function filesLine(
  point: DirectorPoint | undefined,
  { server, stamp }: Pick<Request, 'server' | 'stamp'>,
  board: Board,
  since: number,
): point is DirectorPoint {
  const other = 'Choose another restore point.'
  if (!point) {
    board.add(since, stop('files', titles.files, `${server} holds no files of ${stamp}.`, other))
    return false
  }
  if (point.flags.length > 0) {
    const said = point.flags.map(({ detail }) => detail).join('; ')
    board.add(since, stop('files', titles.files, `${said.charAt(0).toUpperCase()}${said.slice(1)}.`, other))
    return false
  }
  const total = point.files.reduce((sum, { size }) => sum + size, 0)
  board.add(
    since,
    pass(
      'files',
      titles.files,
      `All ${directorComponents.length} of ${stamp} are there, ${formatBytes(total)} together.${point.safetyCopy ? ' It is a safety copy before a restore: what the Director held then.' : ''}`,
    ),
  )
  return true
}

/** @returns what each file was found to be; null when they could not be looked at */
function contentLine(
  found: ReadonlyMap<string, Inspected> | string,
  { files, flags }: DirectorPoint,
  adopted: Adopted | null,
  { board, since }: { board: Board; since: number },
): ReadonlyMap<string, Inspected> | null {
  if (typeof found === 'string') {
    board.add(
      since,
      warn(
        'content',
        titles.content,
        `Not known: ${found}`,
        'Check again, or go on if the link is slow: the script reads them anyway.',
      ),
    )
    return null
  }
  const others = files.flatMap(({ name, size }) => {
    const other = adopted && notAsAdopted(adopted, { name, size, sha256: found.get(name)?.sha256 ?? null })
    return other ? [`${name} ${other}`] : []
  })
  const said = [...flags.map(({ detail }) => detail), ...others].join('; ')
  if (others.length > 0 || flags.some(({ code }) => code !== 'mixed'))
    board.add(
      since,
      stop(
        'content',
        titles.content,
        `${said}.`,
        'Choose another restore point, or put the whole file there again.',
      ),
    )
  else if (flags.length > 0)
    board.add(since, warn('content', titles.content, `${said}.`, 'Make sure that all five are of one run.'))
  else {
    const large = [...found.values()].filter(({ sha256 }) => sha256 === null).length
    board.add(
      since,
      pass(
        'content',
        titles.content,
        (large === 0
          ? 'All were read, unpacked to their end and hashed.'
          : `${large} large ${large === 1 ? 'file was' : 'files were'} looked at at the beginning and end only; all else was read, unpacked and hashed.`) +
          asAdopted(adopted, files, found),
      ),
    )
  }
  return found
}

/** What the adoption of these files adds to their line; nothing when they never were. */
function asAdopted(
  adopted: Adopted | null,
  files: DirectorPoint['files'],
  found: ReadonlyMap<string, Inspected>,
): string {
  if (!adopted) return ''
  const same = files.filter(({ name }) => adopted.files.has(name) && found.get(name)?.sha256)
  if (same.length === 0) return ''
  const which = same.length === files.length ? 'All have' : `${same.length} of ${files.length} have`
  return ` ${which} the hash they were adopted with on ${dayOf(adopted.at)} (kept on ${adopted.on}).`
}
