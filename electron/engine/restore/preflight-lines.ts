import type { Preflight, Verdict } from '../../../shared/contract/restore.ts'
import { preflightTitles } from '../../../shared/preflight-titles.ts'
import type { Failure } from '../../../shared/failure.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import { formatBytes } from '../../../shared/units.ts'
import type { RestoreOptions } from './options.ts'
import type { Counted } from './preflight-count.ts'
import type { TargetFacts } from './preflight-target.ts'

/** A line of a preflight, without the time it took. */
export type Finding = Omit<Preflight['lines'][number], 'took'>
type LineId = Finding['id']

/** In the order in which they are shown. */
export const lineIds = Object.keys(preflightTitles) as LineId[]

/** Without these nothing can be restored; what the others cannot tell is a warning. */
const needed: readonly LineId[] = ['server', 'point', 'secret', 'target']

/** The worst line decides. */
export function verdictOf(lines: readonly Pick<Finding, 'id' | 'state'>[]): Verdict {
  const stops = ({ id, state }: Pick<Finding, 'id' | 'state'>) =>
    state === 'stop' || (state === 'not-tried' && needed.includes(id))
  if (lines.some(stops)) return 'NO-GO'
  return lines.every(({ state }) => state === 'pass') ? 'GO' : 'GO WITH WARNINGS'
}

const line = (id: LineId, state: Finding['state'], finding: string, fix?: string): Finding => ({
  id,
  title: preflightTitles[id],
  state,
  finding,
  ...(fix === undefined ? {} : { fix }),
})

export const pass = (id: LineId, finding: string): Finding => line(id, 'pass', finding)
export const warn = (id: LineId, finding: string, fix: string): Finding => line(id, 'warn', finding, fix)
export const stop = (id: LineId, finding: string, fix: string): Finding => line(id, 'stop', finding, fix)
export const notTried = (id: LineId, finding: string, fix?: string): Finding =>
  line(id, 'not-tried', finding, fix)

/** A failure as a line: what happened; advice without commands, as this is a page. */
export function failed(id: LineId, failure: Failure, fix: string): Finding {
  const { title } = describeFailure(failure)
  return stop(id, `${title.charAt(0).toUpperCase()}${title.slice(1)}.`, fix)
}

export function targetLine({ path, state, detail, within, danger }: TargetFacts): Finding {
  const other = 'Choose another folder.'
  if (state === 'no-path') return stop('target', `${path} is not an absolute path.`, other)
  if (danger?.forbidden) return stop('target', `Not there: ${danger.reason}.`, other)
  if (state === 'no-folder')
    return stop('target', `${detail ?? 'Something that is no folder'} stands in the way.`, other)
  if (state === 'no-access')
    return stop(
      'target',
      `${within} cannot be written to (${detail ?? 'no access'}).`,
      'Allow this user to write there, or choose another folder.',
    )
  if (danger)
    return warn(
      'target',
      `Look twice: ${danger.reason}.`,
      'Go on only if it is to be overwritten; a folder of its own is safer.',
    )
  if (state === 'absent') return pass('target', `Will be made in ${within}.`)
  return pass('target', state === 'empty' ? 'Is there, empty and writable.' : 'Is there and writable.')
}

/** @param estimate bytes of the whole content, where nothing was counted */
export function roomLine(free: number | null, counted: Counted | null, estimate: number): Finding {
  if (free === null) return notTried('room', 'How much is free there is not known.')
  const bytes = counted?.bytes ?? estimate
  const most = counted ? '' : 'at most '
  const figures = `${most}${formatBytes(bytes)} to write, ${formatBytes(free)} free`
  const fix = 'Make room there, choose another folder, or restore less.'
  if (bytes > free)
    return counted
      ? stop('room', `Too little: ${figures}.`, fix)
      : warn('room', `May be too little: ${figures}.`, fix)
  // A disk that is full to the last percent makes everything else on it fail.
  if (free - bytes < free * 0.02) return warn('room', `Almost full afterwards: ${figures}.`, fix)
  return pass('room', `${figures.charAt(0).toUpperCase()}${figures.slice(1)}.`)
}

export function conflictsLine(
  { create, replace, same, leave, refuse, refusal }: Counted,
  { overwrite, only }: Pick<RestoreOptions, 'overwrite' | 'only'>,
): Finding {
  const total = create + replace + same + leave + refuse
  if (total === 0)
    return stop(
      'conflicts',
      only.length > 0
        ? 'Nothing in this restore point fits what was chosen.'
        : 'This restore point is empty.',
      'Choose other files, or another restore point.',
    )
  if (total === same)
    return pass('conflicts', `Nothing to write: all ${same.toLocaleString('en')} are there already.`)
  const said = [
    part(replace, 'is replaced', 'are replaced'),
    part(leave, 'stays as it is now', 'stay as they are now'),
    part(refuse, 'cannot be written', 'cannot be written'),
    part(create, 'is new', 'are new'),
    part(same, 'is there already', 'are there already'),
  ].filter(text => text !== null)
  const sentence = `${said.join(', ')}.`
  if (refuse > 0)
    return warn(
      'conflicts',
      `${sentence} ${refusal ?? ''}`.trim(),
      'Look at what stands in the way, or choose an empty folder.',
    )
  if (replace > 0)
    return warn(
      'conflicts',
      sentence,
      overwrite === 'always'
        ? 'What is replaced is lost. To keep it, choose another folder or “Keep what is there”.'
        : 'What is replaced is lost. To keep it, choose another folder.',
    )
  if (leave > 0)
    return warn(
      'conflicts',
      sentence,
      overwrite === 'older'
        ? 'They are not older than the backup. To get them back all the same, replace what differs.'
        : 'To get their state from the backup, choose what is replaced, or an empty folder.',
    )
  return pass('conflicts', sentence)
}

const part = (count: number, one: string, many: string): string | null =>
  count === 0 ? null : `${count.toLocaleString('en')} ${count === 1 ? one : many}`

export function namesLine({ badNames, badName }: Counted, foldsCase: boolean): Finding {
  if (badNames > 0)
    return warn(
      'names',
      `${badNames.toLocaleString('en')} ${badNames === 1 ? 'name does' : 'names do'} not fit the file system there: ${badName ?? ''}.`,
      'These are left out or may fail. Choose a folder on a disk of the kind they came from.',
    )
  return pass(
    'names',
    foldsCase
      ? 'Upper and lower case are one there; no two names collide.'
      : 'All fit the file system there.',
  )
}

/** Less is what nobody notices, ms. */
const clockTolerance = 5 * 60_000

/**
 * @param newest the newest time that the server shows, ms: its clock is at least there; null when it tells none
 * @param taken when the point was made, ms
 */
export function clockLine(now: number, newest: number | null, taken: number, server: string): Finding {
  const ahead = Math.max(newest ?? -Infinity, taken) - now
  if (ahead > clockTolerance)
    return warn(
      'clock',
      `This machine’s clock is at least ${Math.round(ahead / 60_000)} min behind ${newest !== null && newest > taken ? server : 'the restore point'}.`,
      'Set it right: the report tells times by it, and servers refuse requests that seem old.',
    )
  return pass(
    'clock',
    newest === null
      ? `Not behind the restore point; ${server} tells no time.`
      : `Not behind anything that ${server} shows.`,
  )
}
