import type { Route } from '../../app/router.ts'
import { isGood, type PointRow } from './model.ts'

/** The wizard with a restore point chosen: what comes next is what of it, and where to. */
export function restoreHref(row: Pick<PointRow, 'point' | 'name' | 'system' | 'copies'>): Route {
  const from = row.copies.find(isGood) ?? row.copies[0]
  return restorePoint({
    point: row.point,
    server: from?.server ?? '',
    of: row.system === null ? `name:${row.name}` : `system:${row.system}`,
  })
}

/** @param only GLOBs of what to restore of it; all without */
export function restorePoint({
  point,
  server,
  of,
  only = [],
}: {
  point: string
  server: string
  of: string
  only?: readonly string[]
}): Route {
  return {
    page: 'restore',
    step: only.length > 0 ? 'target' : 'point',
    query: { of, server, point, ...(only.length > 0 && { only: only.join('\n') }) },
  }
}
