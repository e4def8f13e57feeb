import type { Finding } from './board.ts'
import { pass, warn, wordsOf } from './board.ts'
import type { From } from './reach.ts'
import { answers, isRefusal } from './reach.ts'

/** Where a Director's portal for providers answers. */
const portal = 7080

const safety = 'Make sure that nobody works with it, and take a safety copy of its present configuration.'

/**
 * Whether a Director works on a host that will be erased. Only a refused connection tells that none does: silence, and
 * a deployment host that forwards nothing, tell nothing.
 * @param seen.port another than the portal's, for tests
 */
export async function runningLine(
  from: From,
  seen: { id: string; title: string; ip: string; port?: number },
  signal: AbortSignal,
): Promise<Finding> {
  const { id, title, ip, port = portal } = seen
  const said = await answers(from, { host: ip, port }, signal)
  if (said === true)
    return warn(id, title, `A Director answers there now (port ${port}); the restore replaces it.`, safety)
  if (isRefusal(said)) return pass(id, title, `No Director answers there now (port ${port}).`)
  return warn(
    id,
    title,
    `Whether a Director works there now is not known (port ${port}). ${wordsOf(said)}`,
    `Look at its pages. If it works: ${safety.charAt(0).toLowerCase()}${safety.slice(1)}`,
  )
}
