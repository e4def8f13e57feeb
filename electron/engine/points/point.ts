import type { Manifest } from '../archive/manifest.ts'
import type { RawPath } from '../archive/raw-path.ts'
import type { ObjectInfo } from '../store/object-store.ts'

/** A restore point as a listing shows it, seen on one or several servers. */
export type PointInfo = {
  /** `NAME@STAMP`. */
  point: string
  name: string
  stamp: string
  /** Servers that hold it, in the order in which they were added; first those that hold it complete. */
  servers: string[]
  /** Files inside (for points without a manifest: backup files). */
  files: number
  /** As stored on one server. */
  bytes: number
  /**
   * `complete`: its manifest is there. `no-manifest`: a vendor's own tool made it. `incomplete`: ours, and its
   * manifest is missing: a run is writing it, or one was interrupted.
   */
  state: 'complete' | 'no-manifest' | 'incomplete'
  /** When it was last read back and hashed as a whole, ISO 8601 UTC; as far as this machine knows. */
  verified: string | null
  /** In the trash since, and removed for good from `until` on, ISO 8601 UTC; null: not in the trash. */
  trash: { since: string; until: string; by: string } | null
  /** Protected from retention and removal, on one of the servers at least. */
  kept: boolean
  /** Parts of a Director that nobody has said how to back up: they are not in it. Absent: all of it is. */
  leftOut?: string[]
  /** Of a `no-manifest` point: since when this machine knows hashes of its files, and where these are kept. Absent: never. */
  adopted?: { at: string; on: string }
}

/** A point on one server, opened for reading. */
export type OpenedPoint = {
  point: string
  server: string
  manifest: Manifest
  /** A newer point that `latest` did not take, because it is incomplete or unreadable. */
  passedOver?: string
  /** It lies in the trash of that server; set only when it was asked for by its stamp. */
  inTrash?: true
  /** Set for files that a vendor's own tool made: the manifest is then made up and proves nothing. */
  vendor?: ObjectInfo[]
}

/** What to choose from a point. */
export type EntryFilter = {
  /** Entry paths: the entry itself and what is under it. */
  under?: RawPath
  /** GLOBs of which one must match. */
  only?: readonly string[]
}
