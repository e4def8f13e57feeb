import type { RemovedMarker } from '../points/markers.ts'

export type Time = {
  /** This machine's clock, ms since 1970 UTC. */
  now: number
  /** Whether that clock has run on without a jump for a day. */
  steady: boolean
  /** Where the server's own clock is at least, as its newest object shows; null where it is ours, or is not told. */
  server: number | null
}

export type Due = 'due' | 'not yet' | 'clock in doubt'

/**
 * Whether a point in the trash may go for good. Never by this machine's clock alone: the server's must have passed the
 * end too, and the whole grace period must have passed on it since the marker was written, so that a machine whose
 * clock is behind cannot shorten it either. Where the server does not tell, this clock must be steady.
 * @param written when the server says that the marker was written, ms; null when it does not say
 */
export function dueOf(marker: RemovedMarker, written: number | null, time: Time): Due {
  const until = Date.parse(marker.until)
  if (time.now < until) return 'not yet'
  if (time.server === null) return time.steady ? 'due' : 'clock in doubt'
  // Servers count whole seconds: the last one begun counts.
  const server = Math.floor(time.server / 1000) * 1000
  const grace = until - Date.parse(marker.removed)
  const began = written === null ? null : Math.floor(written / 1000) * 1000
  return server >= until && (began === null || server - began >= grace) ? 'due' : 'clock in doubt'
}
