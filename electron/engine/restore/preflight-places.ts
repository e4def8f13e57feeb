import type { Preflight } from '../../../shared/contract/restore.ts'
import type { PointPlaces } from '../points/on-server.ts'
import type { Finding } from './preflight-lines.ts'

/** What the checks of a preflight look at. */
export type PreflightPlaces = Pick<PointPlaces, 'servers' | 'verified' | 'home' | 'clock'>

/** What is known so far; what was said first of a line stays. `since`: when its check began. */
export type Lines = {
  known: Map<string, Preflight['lines'][number]>
  add: (since: number, finding: Finding) => void
}
