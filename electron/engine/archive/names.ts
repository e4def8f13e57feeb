import { isPlanName } from '../../../shared/plan-name.ts'
import { EngineError } from '../engine-error.ts'

export { isPlanName }

/**
 * Names of backup files: `<plan>_<component>_<stamp>.<ext>`, and `<plan>_<stamp>.manifest.json`, flat.
 * A plan name holds no `_`, so the first one ends it; a stamp is UTC.
 */
const componentPattern = /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/
const extensionPattern = /^[A-Za-z0-9][A-Za-z0-9.]{0,31}$/
const stampPattern = /^\d{8}T\d{6}Z$/

export const isStamp = (text: string): boolean => stampPattern.test(text)

/** `2026-11-20T09:57:28.999Z` → `20261120T095728Z`; the fraction is cut. */
export function stampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** The instant a stamp names, in ms since 1970 UTC. */
export function timeOf(stamp: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/.exec(stamp) ?? []
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
}

export const pointId = (plan: string, stamp: string): string => `${plan}@${stamp}`
export const manifestName = (plan: string, stamp: string): string => `${plan}_${stamp}.manifest.json`
/** Stands on the server while a run writes the point, so that a second run keeps away and leftovers are known. */
export const intentName = (plan: string, stamp: string): string => `${plan}_${stamp}.writing.json`

/** Stands beside a point that is in the trash, see points/README. */
export const removedName = (plan: string, stamp: string): string => `${plan}_${stamp}.removed.json`
/** Stands beside a point that is protected from retention and removal. */
export const keptName = (plan: string, stamp: string): string => `${plan}_${stamp}.kept.json`

export function backupFileName(plan: string, component: string, stamp: string, extension: string): string {
  return `${plan}_${component}_${stamp}.${extension}`
}

export function entriesName(plan: string, component: string, stamp: string, encrypted: boolean): string {
  return backupFileName(plan, component, stamp, `entries.jsonl.zst${encrypted ? '.age' : ''}`)
}

/** `.001`, `.002`, …: shell patterns sort them in the order in which they belong together. */
export const volumeName = (name: string, index: number): string =>
  `${name}.${String(index + 1).padStart(3, '0')}`

/** What a name on a server says it is; null for one that is none of ours. */
export type KnownName =
  | { kind: 'manifest' | 'intent' | 'removed' | 'kept'; plan: string; stamp: string }
  | { kind: 'file' | 'entries'; plan: string; component: string; stamp: string }

const recordKinds = { manifest: 'manifest', writing: 'intent', removed: 'removed', kept: 'kept' } as const

export function parseName(name: string): KnownName | null {
  const record = /^([^_]+)_(\d{8}T\d{6}Z)\.(manifest|writing|removed|kept)\.json$/.exec(name)
  if (record?.[1] && record[2] && isPlanName(record[1])) {
    const kind = recordKinds[record[3] as keyof typeof recordKinds]
    return { kind, plan: record[1], stamp: record[2] }
  }
  const file = /^([^_]+)_([^_]+)_(\d{8}T\d{6}Z)\.(.+)$/.exec(name)
  if (!file?.[1] || !file[2] || !file[3] || !file[4] || !isPlanName(file[1])) return null
  const kind = /^entries\.jsonl/.test(file[4]) ? 'entries' : 'file'
  return { kind, plan: file[1], component: file[2], stamp: file[3] }
}

/** A POINT of the command line: `NAME@STAMP` or `NAME@latest`. */
export function parsePoint(text: string): { plan: string; stamp: string } {
  const at = text.lastIndexOf('@')
  const plan = text.slice(0, at)
  const stamp = text.slice(at + 1)
  // Vendors' files carry stamps without the Z, and names of their own: the point's name is checked, not its form.
  if (
    at < 1 ||
    !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(plan) ||
    !(stamp === 'latest' || /^\d{8}T\d{6}Z?$/.test(stamp))
  )
    throw new EngineError('input.invalid', 'point', {
      subject: text,
      detail: 'a point is NAME@STAMP or NAME@latest',
    })
  return { plan, stamp }
}

/** `db.sql` → component `db`, extension `sql`; what is no name for a component is `input.invalid`. */
export function componentOf(fileName: string): { component: string; extension: string } {
  const dot = fileName.indexOf('.')
  const component = dot > 0 ? fileName.slice(0, dot) : fileName
  const extension = dot > 0 ? fileName.slice(dot + 1) : 'bin'
  if (!componentPattern.test(component) || !extensionPattern.test(extension))
    throw new EngineError('input.invalid', 'backup.start', {
      subject: fileName,
      detail: 'a file name of letters, digits, dots and dashes, such as db.sql',
    })
  return { component, extension }
}
