import type { PointOnServer } from '../../../shared/contract/point.ts'

/** A copy of a point on a server, complete and unverified unless `rest` says otherwise. */
export function copyOf(point: string, server: string, rest: Partial<PointOnServer> = {}): PointOnServer {
  const at = point.lastIndexOf('@')
  return {
    point,
    name: point.slice(0, at),
    stamp: point.slice(at + 1),
    server,
    files: 3,
    bytes: 100,
    state: 'complete',
    verified: null,
    damaged: false,
    trash: null,
    kept: false,
    ...rest,
  }
}
