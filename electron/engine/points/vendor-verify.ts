import { createHash } from 'node:crypto'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import type { Adopted } from '../system/director/adopt/index.ts'
import { dayOf, notAsAdopted } from '../system/director/adopt/index.ts'
import type { VerifyOutcome } from './verify-run.ts'

/** What a verification of files without a manifest does not prove. */
export const nothingToCompare =
  'there is no manifest, so there are no hashes to compare with: only that every byte can be read'

/** The same of files that were adopted. */
function unprovenOf(adopted: Adopted | null, deep: boolean, files: readonly ObjectInfo[]): string {
  if (!adopted) return nothingToCompare
  const since = `what they held before they were adopted on ${dayOf(adopted.at)}`
  if (!deep) return `only sizes were compared with the adoption on ${adopted.on}, and nothing was read`
  const later = files.filter(({ name }) => !adopted.files.has(name)).map(({ name }) => name)
  return later.length === 0 ? since : `${since}; ${later.join(', ')}: not adopted, so nothing to compare with`
}

/**
 * Checks a vendor's files on one server, as the body of a run: that each is there with the size that the listing
 * says; `deep` reads every byte and tells its SHA-256, for somebody to compare with another copy, and compares it with
 * that of the adoption when there is one.
 * @throws EngineError `data.missing` or `data.damaged` at the end when a file cannot be read whole
 */
export async function runVendorVerify(
  run: ActiveRun,
  job: {
    point: string
    server: string
    deep: boolean
    store: ObjectStore
    files: ObjectInfo[]
    adopted: Adopted | null
  },
): Promise<{ outcome: VerifyOutcome }> {
  const { store, deep, point, server, adopted } = job
  const gone = [...(adopted?.files ?? [])].filter(([name]) => !job.files.some(file => file.name === name))
  const files = [
    ...job.files,
    ...gone.map(([name, [was]]) => ({ name, size: was?.size ?? 0, modified: null })),
  ]
  const hashes: { name: string; size: number; sha256: string }[] = []
  const damaged: string[] = []
  let missing = 0
  let bytes = 0
  const total = deep ? files.reduce((sum, file) => sum + file.size, 0) : null
  run.progress({ phase: deep ? 'reading back and hashing' : 'comparing sizes', total })
  for (const file of files) {
    await run.checkpoint()
    const wrong = (deep ? await readWhole(file) : null) ?? (await compareSize(file))
    if (wrong) {
      if (wrong.code === 'data.missing') missing++
      damaged.push(`${file.name}: ${wrong.detail}`)
      run.problem({ code: wrong.code, subject: file.name, detail: wrong.detail })
    }
    run.progress({ files: files.indexOf(file) + 1 })
  }
  if (damaged.length > 0)
    throw new EngineError(missing > 0 ? 'data.missing' : 'data.damaged', 'verify', {
      subject: point,
      detail: `${damaged.length} of ${files.length} files cannot be ${adopted ? 'had as they were adopted' : 'read whole'} from ${server}; first: ${damaged[0]}`,
    })
  return {
    outcome: {
      ...{ point, server, deep, files: files.length, bytes, damaged, hashes },
      ...(adopted ? { adopted: { at: adopted.at, on: adopted.on } } : {}),
      unproven: unprovenOf(adopted, deep, files),
    },
  }

  async function compareSize({ name, size }: ObjectInfo) {
    const now = await store.stat(name, { signal: run.signal })
    if (!now) return { code: 'data.missing', detail: 'is not on the server any more' } as const
    const other = adopted && notAsAdopted(adopted, { name, size: now.size, sha256: null })
    if (other) return { code: 'data.damaged', detail: other } as const
    if (now.size === size) return null
    return { code: 'data.damaged', detail: `has ${now.size} bytes; the listing says ${size}` } as const
  }

  async function readWhole({ name, size }: ObjectInfo) {
    const hash = createHash('sha256')
    let read = 0
    try {
      for await (const piece of store.read(name, { offset: 0 }, { signal: run.signal })) {
        await run.checkpoint()
        hash.update(piece)
        read += piece.length
        run.progress({ bytes: bytes + read })
      }
    } catch (err) {
      if (err instanceof EngineError && (err.code === 'remote.not-found' || err.code === 'data.missing'))
        return { code: 'data.missing', detail: 'is not on the server any more' } as const
      throw err
    }
    bytes += read
    const sha256 = hash.digest('hex')
    hashes.push({ name, size: read, sha256 })
    const other = adopted && notAsAdopted(adopted, { name, size: read, sha256 })
    if (other) return { code: 'data.damaged', detail: other } as const
    if (read === size) return null
    return { code: 'data.damaged', detail: `${read} bytes could be read; the listing says ${size}` } as const
  }
}
