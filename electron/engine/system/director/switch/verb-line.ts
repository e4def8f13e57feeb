import type { SwitchDirection } from '../../../../../shared/contract/switch.ts'
import type { Host } from '../host/host.ts'
import type { Board } from '../preflight/board.ts'
import { inTime, notTried, pass, stop, wordsOf } from '../preflight/board.ts'

const title = 'What setup.sh knows'
/** A script of the vendor's is some tens of kilobytes. */
const most = 4 * 1024 * 1024

/**
 * How the script of a folder spells a direction; null when it knows neither spelling. The vendor's guide writes it with
 * underscores and its release notes with hyphens: only the script itself tells. Comments do not count.
 */
export function verbIn(script: string, direction: SwitchDirection): string | null {
  const code = script
    .split('\n')
    .filter(line => !/^\s*#/.test(line))
    .join('\n')
  const spellings = [direction, direction.replaceAll('-', '_')]
  return spellings.find(verb => new RegExp(`(?<![\\w-])${verb}(?![\\w-])`).test(code)) ?? null
}

/** What is started, word by word. */
export const argvOf = (mode: 'standalone' | 'cluster', verb: string): string[] => [
  './setup.sh',
  ...(mode === 'standalone' ? ['standalone'] : []),
  verb,
]

/** @returns the spelling; null when there is none, or it cannot be told */
export async function verbLine(
  host: Host,
  { folder, direction }: { folder: string; direction: SwitchDirection },
  board: Board,
  signal: AbortSignal,
): Promise<string | null> {
  const since = performance.now()
  try {
    const bytes = await inTime(host.readFile(`${folder.replace(/\/$/, '')}/setup.sh`, most, signal), signal)
    const verb = verbIn(bytes.toString('latin1'), direction)
    board.add(
      since,
      verb === null
        ? stop(
            'verb',
            title,
            `setup.sh knows neither ${direction} nor ${direction.replaceAll('-', '_')}.`,
            'Use the deployment source of the version that the Director runs; earlier ones have no switch-over.',
          )
        : pass('verb', title, `It knows ${verb}.`),
    )
    return verb
  } catch (err) {
    board.add(since, notTried('verb', title, `setup.sh could not be read. ${wordsOf(err)}`))
    return null
  }
}
