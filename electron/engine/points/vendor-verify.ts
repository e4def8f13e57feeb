import { createHash } from 'node:crypto'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import type { VerifyOutcome } from './verify-run.ts'

/** What a verification of files without a manifest does not prove. */
export const nothingToCompare =
  'there is no manifest, so there are no hashes to compare with: only that every byte can be read'

/**
 * Checks a vendor's files on one server, as the body of a run: that each is there with the size that the listing
 * says; `deep` reads every byte and tells its SHA-256, for somebody to compare with another copy.
 * @throws EngineError `data.missing` or `data.damaged` at the end when a file cannot be read whole
 */
export async function runVendorVerify(
  run: ActiveRun,
  job: { point: string; server: string; deep: boolean; store: ObjectStore; files: ObjectInfo[] },
): Promise<{ outcome: VerifyOutcome }> {
  const { store, deep, files, point, server } = job
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
      detail: `${damaged.length} of ${files.length} files cannot be read whole from ${server}; first: ${damaged[0]}`,
    })
  return {
    outcome: { point, server, deep, files: files.length, bytes, damaged, hashes, unproven: nothingToCompare },
  }

  async function compareSize({ name, size }: ObjectInfo) {
    const now = await store.stat(name, { signal: run.signal })
    if (!now) return { code: 'data.missing', detail: 'is not on the server any more' } as const
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
    hashes.push({ name, size: read, sha256: hash.digest('hex') })
    if (read === size) return null
    return { code: 'data.damaged', detail: `${read} bytes could be read; the listing says ${size}` } as const
  }
}
