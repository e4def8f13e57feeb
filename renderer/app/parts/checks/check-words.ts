import { counted } from '../../format.ts'
import type { CheckLine } from './checks.ts'

/** What a check comes to, in words. Pure. */
export const rank = ({ state }: Pick<CheckLine, 'state'>): number =>
  ({ pass: 0, 'not-tried': 1, warn: 2, stop: 3 })[state]

/** `a, b and c` */
export const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** `2 things stop it and 1 deserves a look. 12 checks passed.` */
export function reasonOf(lines: readonly Pick<CheckLine, 'state'>[]): string {
  const of = (state: CheckLine['state']) => lines.filter(line => line.state === state).length
  const [stops, warns, untried, passed] = [of('stop'), of('warn'), of('not-tried'), of('pass')]
  const said = [
    stops > 0 && `${counted(stops, 'thing stops', 'things stop')} it`,
    warns > 0 &&
      `${stops > 0 ? counted(warns, 'deserves', 'deserve') : counted(warns, 'thing deserves', 'things deserve')} a look`,
    untried > 0 && `${counted(untried, 'check was', 'checks were')} not made`,
  ].filter(part => part !== false)
  const first = said.length === 0 ? 'Nothing stops it' : listed(said)
  return `${stops === 0 && said.length > 0 ? 'Nothing stops it; ' : ''}${first}. ${counted(passed, 'check')} passed.`
}
