import type { PointOnServer } from '../../../shared/contract/point.ts'
import { directorComponents, parseDirectorFile } from '../../../shared/director-files.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { isConfiguration } from '../../../shared/plan-source.ts'
import { formatDate } from '../../app/format.ts'
import type { Route } from '../../app/router.ts'
import type { ServerWord } from '../servers/index.ts'
import { isGood, type PointRow } from './model.ts'

/** What is different about points of a Director and of the vendor's own tool. Pure. */

export const isVendors = (row: Pick<PointRow, 'copies'>): boolean => row.copies[0]?.state === 'no-manifest'

/** The newest adoption of a point; null: none. */
export const adoptionOf = (row: Pick<PointRow, 'copies'>): PointOnServer['adopted'] | null =>
  row.copies.reduce<PointOnServer['adopted'] | null>(
    (newest, { adopted }) => (adopted && (!newest || adopted.at > newest.at) ? adopted : newest),
    null,
  )

/** `Adopted 20 Nov on nas`, with the year when it is another one than that of `now`. */
export function adoptedWords({ at, on }: NonNullable<PointOnServer['adopted']>, now: number): string {
  const day = formatDate(at).replace(/^\w+ /, '')
  return `Adopted ${day.replace(` ${new Date(now).getFullYear()}`, '')} on ${on}`
}

/** The stamp that all five files of a Director share; null: they are no such files. */
export function directorStamp(names: readonly string[]): string | null {
  const found = names.map(parseDirectorFile).filter(one => one !== null)
  const stamps = new Set(found.map(({ stamp }) => stamp))
  const [stamp] = stamps
  const all = directorComponents.every(one => found.some(({ component }) => component === one))
  return all && stamps.size === 1 && stamp !== undefined && stamp !== 'latest' ? stamp : null
}

/** The same by what a listing tells: a vendor's five files, or a point of a plan that backs up a Director. */
export function directorStampOf(row: PointRow, plans: readonly { settings: PlanSettings }[]): string | null {
  if (isVendors(row)) return row.files === directorComponents.length ? row.stamp : null
  const plan = plans.find(({ settings }) => settings.name === row.name)
  return plan && isConfiguration(plan.settings.source) && row.copies.some(isGood)
    ? row.stamp.replace('Z', '')
    : null
}

/** The wizard of a Director, with the run chosen: `of` is the address's word for a Director there. */
export const directorRestore = (server: string, stamp: string): Route => ({
  page: 'restore',
  step: 'point',
  query: { of: 'director', server, stamp },
})

/** The wizard of a Director for the only point that is chosen; null: there it is none, or several are. */
export function directorRestoreOf(
  chosen: readonly PointRow[],
  plans: readonly { settings: PlanSettings }[],
): Route | null {
  const [row, ...others] = chosen
  const from = row?.copies.find(isGood) ?? row?.copies[0]
  if (!row || !from || others.length > 0) return null
  const stamp = directorStampOf(row, plans)
  return stamp === null ? null : directorRestore(from.server, stamp)
}

export type AdoptOption = { server: string; off: string | null; same: boolean }

/** The servers a manifest can be kept on: another one than the files' own first. */
export function adoptOptions(
  servers: readonly { name: string; word: ServerWord }[],
  from: string,
  vendorOwned: ReadonlySet<string>,
): AdoptOption[] {
  return servers
    .map(({ name, word }): AdoptOption => ({
      server: name,
      same: name === from,
      off: vendorOwned.has(name)
        ? 'it holds the vendor’s repositories, where nothing is ever written'
        : word === 'Ready' || word === 'Not tested'
          ? null
          : `${word.charAt(0).toLowerCase()}${word.slice(1)} at its last check`,
    }))
    .sort((a, b) => Number(a.same) - Number(b.same))
}
