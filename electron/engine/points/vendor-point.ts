import type { Entry } from '../archive/entry.ts'
import type { Manifest } from '../archive/manifest.ts'
import { parseName, pointId, timeOf } from '../archive/names.ts'
import { rawFromText } from '../archive/raw-path.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import { isObjectName } from '../store/object-store.ts'
import type { OpenedPoint } from './point.ts'

/** Name that points of a vendor's own tool go under: their files share nothing but the stamp. */
export const vendorName = 'vendor'

/** `mongo_20230315T070000.dump.gz`, `postgres_20230315T070000_dump.tar.gz`: a stamp, with or without its Z. */
const vendorFile = /^[A-Za-z0-9][A-Za-z0-9.-]*(?:_[A-Za-z0-9.-]+)*?_(\d{8}T\d{6}Z?)[._]/

/** The stamp of a file that a vendor's tool made; null for one of ours, and for anything else. */
export function vendorStamp(name: string): string | null {
  if (parseName(name) || !isObjectName(name)) return null
  return vendorFile.exec(name)?.[1] ?? null
}

/**
 * The files of a vendor's point on one server, by name.
 * @param stamp as the files carry it, or `latest` for the newest there is
 * @returns null when there are none
 */
export async function findVendorFiles(
  store: ObjectStore,
  stamp: string,
  signal: AbortSignal | undefined,
): Promise<{ stamp: string; files: ObjectInfo[] } | null> {
  let found: { stamp: string; files: ObjectInfo[] } | null = null
  for await (const object of store.list('', { signal })) {
    const own = vendorStamp(object.name)
    if (own === null || (stamp !== 'latest' && own !== stamp)) continue
    if (!found || timeOf(own) > timeOf(found.stamp)) found = { stamp: own, files: [] }
    if (own === found.stamp) found.files.push(object)
  }
  found?.files.sort((a, b) => (a.name < b.name ? -1 : 1))
  return found
}

/** @throws EngineError `data.missing` when there are none */
export async function vendorFilesOf(
  store: ObjectStore,
  stamp: string,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo[]> {
  const found = await findVendorFiles(store, stamp, signal)
  if (found) return found.files
  throw new EngineError('data.missing', 'points.open', {
    subject: pointId(vendorName, stamp),
    detail: 'there are no files of this stamp',
  })
}

/** A vendor's files as a point. Its manifest is made up from the listing: sizes, no hashes, nothing to compare with. */
export function vendorPoint(server: string, stamp: string, files: ObjectInfo[]): OpenedPoint {
  const time = new Date(timeOf(stamp)).toISOString()
  const manifest: Manifest = {
    drydockManifest: 1,
    plan: vendorName,
    stamp,
    started: time,
    ended: time,
    host: '',
    user: '',
    platform: '',
    tool: { name: 'a vendor’s own tool', version: '' },
    run: '',
    source: { kind: 'command', as: files[0]?.name ?? '' },
    encryption: null,
    files: [],
    problems: 0,
    notKept: [],
    restore: '',
  }
  return { point: pointId(vendorName, stamp), server, manifest, vendor: files }
}

/** A backup file as the one entry that it is. */
export const vendorEntry = ({ name, size, modified }: ObjectInfo): Entry => ({
  path: rawFromText(name),
  kind: 'file',
  size,
  mtime: String((modified ?? 0) / 1000),
  mode: 0o600,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  user: '',
  group: '',
  sha256: null,
  data: 0,
})
