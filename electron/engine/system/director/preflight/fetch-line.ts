import { randomBytes } from 'node:crypto'
import type { Host } from '../host/host.ts'
import type { Board } from './board.ts'
import { notTried, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps, Request } from './deps.ts'
import type { ReachedHost } from './host-lines.ts'
import { hostLabel } from './host-lines.ts'
import { answers } from './reach.ts'
import { seesFrom, startServeProbe } from './serve-probe.ts'
import type { SourceFacts } from './source-lines.ts'

const title = 'Fetching the files'

type From = { deps: DirectorPreflightDeps; place: Host; reached: readonly ReachedHost[] }

/**
 * Whether the script will get at the five files, from the server itself or from the deployment host.
 * @returns the address they will be served on, when they are and it is known
 */
export async function fetchLine(
  from: From,
  { fetch, serveOn, server }: Request,
  source: SourceFacts | null,
  board: Board,
  signal: AbortSignal,
): Promise<string | null> {
  const since = performance.now()
  try {
    if (fetch === 'served') return await served(from, serveOn, board, signal)
    if (!source) board.add(since, notTried('fetch', title, 'Not looked at: the files could not be.'))
    else await direct(from, server, source, board, signal)
  } catch (err) {
    board.add(since, notTried('fetch', title, wordsOf(err)))
  }
  return null
}

async function direct(
  { place, reached }: From,
  server: string,
  { fetch }: SourceFacts,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  const instead = 'Let Drydock serve the files from the deployment host instead.'
  if ('notDirect' in fetch)
    return board.add(
      since,
      stop('fetch', title, `setup.sh cannot fetch from ${server}: ${fetch.notDirect}.`, instead),
    )
  const { host, port } = fetch.reach
  const { names, why } = await blindTo({ place, reached }, fetch.reach, board, signal)
  if (names.length === reached.length + 1)
    return board.add(
      since,
      stop(
        'fetch',
        title,
        `${host}:${port} is reached neither from the deployment host nor from the hosts. ${why}`.trim(),
        `Open the way to it, or: ${instead}`,
      ),
    )
  if (names.length > 0)
    return board.add(
      since,
      warn(
        'fetch',
        title,
        `${host}:${port} is not reached from ${names.join(', ')}.`,
        `If the script fetches from there: ${instead}`,
      ),
    )
  if (fetch.warn !== null)
    return board.add(since, warn('fetch', title, `${host}:${port} is reached. ${fetch.warn}`, instead))
  const hosts = reached.length > 0 ? ' and from the hosts' : ''
  board.add(since, pass('fetch', title, `${host}:${port} is reached from the deployment host${hosts}.`))
}

/** Who does not reach an address, of the deployment host and the hosts that were logged in to; why the first does not. */
export async function blindTo(
  { place, reached }: Pick<From, 'place' | 'reached'>,
  { host, port }: { host: string; port: number },
  board: Board,
  signal: AbortSignal,
): Promise<{ names: string[]; why: string }> {
  const [here, ...there] = await Promise.all([
    answers(place, { host, port }, board.within(8_000, signal)),
    ...reached.map(({ remote }) =>
      tried(remote, { address: host, port, word: null }, board.within(12_000, signal)),
    ),
  ])
  const blind = reached
    .filter((_, index) => there[index] !== true && there[index] !== null)
    .map(one => hostLabel(one.host))
  return {
    names: [...(here === true ? [] : [place.about]), ...blind],
    why: here === true ? '' : wordsOf(here),
  }
}

async function served(
  { place, reached }: From,
  serveOn: string | null,
  board: Board,
  signal: AbortSignal,
): Promise<string | null> {
  const since = performance.now()
  const [first] = reached
  if (!first) {
    board.add(since, notTried('fetch', title, 'Not looked at: no host could be logged in to.'))
    return null
  }
  const word = `drydock-${randomBytes(8).toString('hex')}`
  const options = { bind: serveOn, towards: first.host.ip, word }
  const fix = 'Choose another address of the deployment host to serve on, and open the way to it.'
  let probe
  try {
    probe = await startServeProbe(place, options, board.within(10_000, signal))
  } catch (err) {
    board.add(since, stop('fetch', title, `Nothing can be served on ${place.about}. ${wordsOf(err)}`, fix))
    return null
  }
  try {
    const { address, port } = probe
    const to = { address, port, word }
    const [here, ...there] = await Promise.all(
      [place, ...reached.map(({ remote }) => remote)].map(one =>
        tried(one, to, board.within(12_000, signal)),
      ),
    )
    const blind = reached.flatMap((one, index) => {
      const answer = there[index]
      return typeof answer === 'string' ? [`${hostLabel(one.host)} (${answer})`] : []
    })
    if (typeof here === 'string') blind.unshift(`the deployment host itself (${here})`)
    const untold = reached.filter((_, index) => there[index] === null).map(({ host }) => hostLabel(host))
    if (blind.length > 0)
      board.add(since, stop('fetch', title, `${address} is not reached from ${blind.join(', ')}.`, fix))
    else if (untold.length > 0)
      board.add(
        since,
        warn(
          'fetch',
          title,
          `Whether ${address} is reached from ${untold.join(', ')} is not known: neither python3 nor bash is there.`,
          'Go on if you know that nothing stands between them.',
        ),
      )
    else
      board.add(
        since,
        pass(
          'fetch',
          title,
          `Served from ${place.about}: ${address} is reached from the hosts; tried at port ${port}.`,
        ),
      )
    return address
  } finally {
    await probe.end()
  }
}

async function tried(
  host: Host,
  to: { address: string; port: number; word: string | null },
  signal: AbortSignal,
): Promise<true | string | null> {
  try {
    return await seesFrom(host, to, signal)
  } catch (err) {
    return wordsOf(err).replace(/\.$/, '')
  }
}
