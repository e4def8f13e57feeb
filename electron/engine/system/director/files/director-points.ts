import type { DirectorPoint, DirectorPointFlag } from '../../../../../shared/contract/director.ts'
import {
  directorComponents,
  directorFileName,
  directorFiles,
  parseDirectorFile,
} from '../../../../../shared/director-files.ts'
import { timeOf } from '../../../archive/names.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { Inspected } from './inspect-file.ts'
import { inspectFile } from './inspect-file.ts'
import { latestCopies } from './latest-copies.ts'
import type { LatestCopy } from './latest-copies.ts'
import type { DirectorFile } from './read-files.ts'
import { bare, SafetyCopies } from './safety-copies.ts'

export type DirectorPoints = {
  /** Newest first. */
  points: DirectorPoint[]
  /** Whether it belongs to the vendor's continuous backup: nothing is ever written there. */
  vendorOwned: boolean
  latest: LatestCopy[]
}

export type ListPointsOptions = {
  /** Whether to look into files too: those of `stamp`, or of the newest run that is no safety copy, and the latest copies. */
  deep: boolean
  stamp?: string
}

/** Runs that are kept in mind; of a server with more, the newest. Hourly runs of a year are 8760. */
const mostPoints = 10_000
/** Files that are looked into at once. */
const width = 3

/**
 * The runs of a Director whose backup files are on a server. Reads only: nothing is written there, ever. Other
 * objects, however many, cost no memory.
 * @throws EngineError as `ObjectStore.list` and `read`
 */
export async function listDirectorPoints(
  store: ObjectStore,
  options: ListPointsOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<DirectorPoints> {
  const byStamp = new Map<string, DirectorFile[]>()
  const copies: DirectorFile[] = []
  const safety = new SafetyCopies()
  for await (const { name, size, modified } of store.list('', { signal })) {
    signal.throwIfAborted()
    const parsed = parseDirectorFile(name)
    if (!parsed) {
      safety.take(name)
      continue
    }
    const { component, stamp } = parsed
    const file = { component, name, size, modified: timeText(modified) }
    if (stamp === 'latest') copies.push(file)
    else if (isTime(stamp)) {
      const known = byStamp.get(stamp)
      if (known) known.push(file)
      else byStamp.set(stamp, [file])
      if (byStamp.size > 2 * mostPoints) forgetOldest(byStamp)
    }
  }
  const vendorOwned = (await store.vendorFolder?.({ signal })) != null
  forgetOldest(byStamp)
  const { stamps } = safety
  const points = [...byStamp].map(([stamp, files]) => pointOf(stamp, files)).sort(newestFirst)
  for (const point of points) if (stamps.has(bare(point.stamp))) point.safetyCopy = true
  copies.sort(byComponent)
  const inspected = new Map<string, Inspected>()
  if (options.deep) {
    const newest = points.find(({ safetyCopy }) => !safetyCopy) ?? points[0]
    const wanted = points.find(({ stamp }) => stamp === (options.stamp ?? newest?.stamp))
    if (wanted) await inspectPoint(store, wanted, signal, inspected)
    await inspectAll(store, copies, inspected, signal)
  }
  const hashOf = async (file: DirectorFile): Promise<string | null> => {
    if (!options.deep) return null
    await inspectAll(store, [file], inspected, signal)
    return inspected.get(file.name)?.sha256 ?? null
  }
  const { latest, equals } = await latestCopies(copies, points, hashOf)
  for (const point of points) point.isLatest = point.stamp === equals
  return { points, vendorOwned, latest }
}

/**
 * Looks into the five files of a run, adds what is wrong with them to its flags, and tells what each was found to be,
 * by name. Reads only.
 * @throws EngineError as `ObjectStore.read`
 */
export async function inspectPoint(
  store: ObjectStore,
  point: DirectorPoint,
  signal: AbortSignal,
  inspected: Map<string, Inspected> = new Map(),
): Promise<ReadonlyMap<string, Inspected>> {
  await inspectAll(store, point.files, inspected, signal)
  for (const { component, name } of point.files)
    for (const { code, detail } of inspected.get(name)?.flags ?? [])
      if (!point.flags.some(flag => flag.code === code && flag.component === component))
        point.flags.push({ code, component, detail: `${name} ${detail}` })
  point.flags.push(...sameBytes(point.files, inspected))
  return inspected
}

async function inspectAll(
  store: ObjectStore,
  files: readonly DirectorFile[],
  into: Map<string, Inspected>,
  signal: AbortSignal,
): Promise<void> {
  const left = files.filter(({ name }) => !into.has(name))
  const one = async () => {
    for (let file = left.shift(); file; file = left.shift())
      into.set(file.name, await inspectFile(store, file, signal))
  }
  await Promise.all(Array.from({ length: Math.min(width, left.length) }, one))
}

/** A run with what its names and sizes tell. */
function pointOf(stamp: string, files: DirectorFile[]): DirectorPoint {
  files.sort(byComponent)
  const flags: DirectorPointFlag[] = []
  for (const component of directorComponents) {
    const file = files.find(one => one.component === component)
    const title = directorFiles[component].title
    if (!file)
      flags.push({
        code: 'missing',
        component,
        detail: `${title}: ${directorFileName(component, stamp)} is not there`,
      })
    else if (file.size === 0) flags.push({ code: 'empty', component, detail: `${file.name} has no bytes` })
  }
  return { stamp, at: new Date(timeOf(stamp)).toISOString(), files, flags, isLatest: false }
}

/** Two parts that are the same to the byte: one was stored under the other's name. */
function sameBytes(
  files: readonly DirectorFile[],
  inspected: ReadonlyMap<string, Inspected>,
): DirectorPointFlag[] {
  const seen = new Map<string, DirectorFile>()
  const flags: DirectorPointFlag[] = []
  for (const file of files) {
    const sha256 = inspected.get(file.name)?.sha256
    if (!sha256 || file.size === 0) continue
    const other = seen.get(sha256)
    if (!other) seen.set(sha256, file)
    else
      flags.push({
        code: 'wrong-component',
        component: file.component,
        detail: `${file.name} is the same as ${other.name} to the byte`,
      })
  }
  return flags
}

function forgetOldest(byStamp: Map<string, DirectorFile[]>): void {
  if (byStamp.size <= mostPoints) return
  const old = [...byStamp.keys()].sort((a, b) => timeOf(a) - timeOf(b)).slice(0, byStamp.size - mostPoints)
  for (const stamp of old) byStamp.delete(stamp)
}

/** A stamp of digits may still be no time: `20231345T990000`. */
function isTime(stamp: string): boolean {
  const at = timeOf(stamp)
  return new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '') === stamp.slice(0, 15)
}

const timeText = (ms: number | null): string | null =>
  ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString()

const newestFirst = (a: DirectorPoint, b: DirectorPoint): number =>
  a.at < b.at ? 1 : a.at > b.at ? -1 : a.stamp < b.stamp ? 1 : -1

const byComponent = (a: DirectorFile, b: DirectorFile): number =>
  directorComponents.indexOf(a.component) - directorComponents.indexOf(b.component)
