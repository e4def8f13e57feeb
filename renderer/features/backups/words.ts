import { formatMoment, formatWhen } from '../../app/format.ts'
import type { PointRow } from './model.ts'

/** How people call what a point belongs to. */
export const ownerOf = ({ system, name }: Pick<PointRow, 'system' | 'name'>): string => system ?? name

/** `docs, Thu 26 Mar 14:15:02` */
export const pointTitle = (row: Pick<PointRow, 'system' | 'name' | 'at'>, now: number): string =>
  `${ownerOf(row)}, ${formatMoment(row.at, now)}`

/** `docs, Thu 14:15` */
export const pointShort = (row: Pick<PointRow, 'system' | 'name' | 'at'>, now: number): string =>
  `${ownerOf(row)}, ${formatWhen(row.at, now)}`

/** `7c41 9e02 … b8d3` */
export const shortHash = (sha256: string): string =>
  `${sha256.slice(0, 4)} ${sha256.slice(4, 8)} … ${sha256.slice(-4)}`
