import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore, VendorFolder } from '../../../store/object-store.ts'
import type { FolderListing } from './list-folder.ts'
import type { Snapshots } from './repository-data.ts'
import { decodeSnapshots, mostIndexBytes } from './repository-data.ts'

/** `index-N` that are tried, newest first, when one cannot be read. */
const tries = 3

/** As a person would count them: `index-38 and index-37`. */
export const generations = ({ generations: all }: Pick<FolderListing, 'generations'>): string => {
  const names = all.slice(0, 4).map(({ generation }) => `index-${generation}`)
  const rest = all.length - names.length
  return rest > 0 ? `${names.join(', ')} and ${rest} more` : names.join(' and ')
}

/**
 * Reads the list of snapshots: the highest `index-N` there is, as Elasticsearch itself does. `index.latest` only tells
 * whether both agree: it is written after the list, and so it is behind when a write was cut off.
 * @returns `data: null` when there is no list, or none that can be read; `odd` says what is not as it should be
 * @throws EngineError as `ObjectStore.read`
 */
export async function readGeneration(
  store: ObjectStore,
  folder: VendorFolder,
  listing: FolderListing,
  signal: AbortSignal,
): Promise<{ generation: number | null; data: Snapshots | null; odd: string | null }> {
  const newest = listing.generations[0]
  if (!newest) return { generation: null, data: null, odd: 'it holds no list of its snapshots (index-N)' }
  const said: string[] = []
  const latest = await latestOf(store, folder, listing, signal)
  if (latest === null) said.push('index.latest is not there, or holds no number')
  else if (latest !== newest.generation)
    said.push(`index.latest says ${latest}, and the newest list is index-${newest.generation}`)
  for (const { generation, size } of listing.generations.slice(0, tries)) {
    const name = `index-${generation}`
    const found =
      size > mostIndexBytes
        ? `is larger than ${mostIndexBytes / 2 ** 20} MiB`
        : await bytesOf(store, folder, { name, size }, signal).then(bytes =>
            bytes === null ? 'was removed while it was looked at' : decodeSnapshots(bytes),
          )
    if (typeof found !== 'string') return { generation, data: found, odd: sentence(said) }
    said.push(`${name} ${found}`)
  }
  return { generation: null, data: null, odd: sentence(said) }
}

const sentence = (said: readonly string[]): string | null => (said.length === 0 ? null : said.join('; '))

/** Eight bytes, the high ones first. */
async function latestOf(
  store: ObjectStore,
  folder: VendorFolder,
  { latest: size }: FolderListing,
  signal: AbortSignal,
): Promise<number | null> {
  if (size !== 8) return null
  const bytes = await bytesOf(store, folder, { name: 'index.latest', size }, signal)
  const value = bytes?.readBigInt64BE(0) ?? -1n
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null
}

/** Null when it is gone, or not as long as the listing said: the vendor's tool writes while we look. */
async function bytesOf(
  store: ObjectStore,
  within: VendorFolder,
  { name, size }: { name: string; size: number },
  signal: AbortSignal,
): Promise<Buffer | null> {
  if (size === 0) return Buffer.alloc(0)
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of store.read(name, { offset: 0, length: size }, { signal, within }))
      pieces.push(piece)
  } catch (err) {
    if (err instanceof EngineError && (err.code === 'remote.not-found' || err.code === 'data.missing'))
      return null
    throw err
  }
  return Buffer.concat(pieces)
}
