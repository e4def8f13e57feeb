import type { AnswerOf } from '../../../../../shared/contract/index.ts'
import type { SnapshotRepository } from '../../../../../shared/contract/site.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import { vendorFolders } from '../../../store/object-store.ts'
import type { ObjectStore, VendorFolder } from '../../../store/object-store.ts'
import { daysOf, weeksOf } from './days.ts'
import { readGeneration } from './generation.ts'
import type { FolderListing } from './list-folder.ts'
import { listFolder } from './list-folder.ts'
import type { Looked } from './notes.ts'
import { foundNotes, vendorNotes } from './notes.ts'
import type { Snapshots } from './repository-data.ts'

const during = 'site.snapshots'
/** As `SnapshotState` of Elasticsearch counts them. */
const states = ['IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL', 'INCOMPATIBLE']

/**
 * What lies in the vendor's snapshot repositories; see the contract's `site.snapshots`. Lists, and reads `index.latest`
 * and the newest `index-N` of each; opens nothing else and writes nothing.
 * @throws EngineError `remote.unsupported` when the server holds none, otherwise as `ObjectStore.list` and `read`
 */
export async function lookAtSnapshots(
  store: ObjectStore,
  { clock }: { clock: Clock },
  signal: AbortSignal,
): Promise<AnswerOf<'site.snapshots'>> {
  const looked: Looked[] = []
  for (const folder of vendorFolders) {
    const one = await lookAt(store, folder, { now: clock.now(), signal })
    if (one) looked.push(one)
  }
  if (looked.length === 0) {
    const owned = (await store.vendorFolder?.({ signal })) ?? null
    throw new EngineError('remote.unsupported', during, {
      subject: store.about,
      detail:
        owned === null
          ? 'neither dcrepository/ nor drrepository/ is there, so it holds no analytics snapshots'
          : `${owned}/ is empty, or the server’s own path lies inside it: then add the place above as a server`,
    })
  }
  const now = clock.now()
  return {
    asked: new Date(now).toISOString(),
    repositories: looked.map(({ repository }) => repository),
    notes: [...looked.flatMap(one => foundNotes(one, now)), ...vendorNotes(looked)],
  }
}

async function lookAt(
  store: ObjectStore,
  folder: VendorFolder,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<Looked | null> {
  const listing = await listFolder(store, folder, signal)
  if (listing.objects === 0) return null
  const { generation, data, odd } = await readGeneration(store, folder, listing, signal)
  const days = data ? daysOf(data) : []
  return {
    listing,
    odd,
    repository: {
      ...{ folder, generation, days, weeks: weeksOf(days, now) },
      snapshots: data ? snapshotsOf(data, listing) : [],
      ...{ objects: listing.objects, bytes: listing.bytes, last: timeText(listing.last) },
    },
  }
}

function snapshotsOf(
  { snapshots, indices }: Snapshots,
  listing: FolderListing,
): SnapshotRepository['snapshots'] {
  const holds = new Map<string, number>()
  for (const { snapshots: of } of indices) for (const uuid of of) holds.set(uuid, (holds.get(uuid) ?? 0) + 1)
  return snapshots
    .map(({ name, uuid, state, ended }) => ({
      ...{ name, uuid, indices: holds.get(uuid) ?? 0 },
      // Written when the snapshot was finished; lists of before 7.14 tell no times.
      at: timeText(ended ?? listing.written.get(uuid) ?? null),
      state: state === null ? null : (states[state] ?? `state ${state}`),
    }))
    .sort((a, b) => (a.at === b.at ? (a.name < b.name ? 1 : -1) : (a.at ?? '') < (b.at ?? '') ? 1 : -1))
}

const timeText = (ms: number | null): string | null =>
  ms === null || !Number.isFinite(ms) || ms < 0 || ms > 8.64e15 - 1 ? null : new Date(ms).toISOString()
