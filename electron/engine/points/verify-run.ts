import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PartRooms, fetchPart, partPlaces } from '../archive/fetch-part.ts'
import { fetchEntryList } from '../archive/entry-list-reader.ts'
import type { BackupFile, Manifest } from '../archive/manifest.ts'
import { volumesOf } from '../archive/manifest.ts'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { VerifySecret } from './decryption-check.ts'
import { DecryptionCheck, keptDoesNotOpen, notDecrypted } from './decryption-check.ts'

export type VerifyOutcome = {
  point: string
  server: string
  deep: boolean
  files: number
  bytes: number
  damaged: string[]
  /** SHA-256 of each file, where there was none to compare with. */
  hashes?: { name: string; size: number; sha256: string }[]
  /** Of an encrypted point that was read back: whether all of it was decrypted too. */
  decrypted?: boolean
  /** Of a vendor's files: what their hashes were compared with. */
  adopted?: { at: string; on: string }
  /** What this does not prove, in words. */
  unproven?: string
}

/** Hashed at once: a whole part would hold the event loop for 5 ms. */
const hashStep = 1024 * 1024

/** Parts read at once: the network's latency overlaps with hashing. */
const width = 3

/**
 * Checks a point on one server, as the body of a run: that every object is there with its size; `deep` reads every
 * byte back and compares every hash, and with a `secret` proves that an encrypted point decrypts. Goes on after
 * damage, so that its whole extent is known.
 * @throws EngineError `data.missing` or `data.damaged` at the end when anything is wrong; `auth.passphrase` at once for
 *   a secret that opens nothing
 */
export async function runVerify(
  run: ActiveRun,
  job: {
    point: string
    server: string
    deep: boolean
    store: ObjectStore
    manifest: Manifest
    secret?: VerifySecret | undefined
  },
): Promise<{ outcome: VerifyOutcome }> {
  const { manifest, store, deep, secret } = job
  const damaged: string[] = []
  let missing = 0
  let bytes = 0
  const total = deep ? manifest.files.reduce((sum, file) => sum + file.size + file.entries.size, 0) : 0
  run.progress({ phase: deep ? 'reading back and hashing' : 'comparing sizes', total: deep ? total : null })
  const report = (code: 'data.damaged' | 'data.missing', subject: string, detail: string) => {
    if (code === 'data.missing') missing++
    damaged.push(`${subject}: ${detail}`)
    run.problem({ code, subject, detail })
  }
  const isEncrypted = manifest.files.some(({ encryption }) => encryption !== null)
  const opening =
    secret && isEncrypted
      ? new DecryptionCheck(secret, (subject, detail) => report('data.damaged', subject, detail))
      : null
  for (const file of manifest.files) {
    const gone = await checkSizes(file)
    if (!deep) continue
    if (!volumesOf(file).some(({ name }) => gone.has(name))) await readBack(file)
    if (!gone.has(file.entries.name)) await checkList(file)
  }
  const outcome: VerifyOutcome = {
    point: job.point,
    server: job.server,
    deep,
    files: manifest.files.reduce((sum, file) => sum + file.entries.files, 0),
    bytes,
    damaged,
    ...(deep && isEncrypted ? whatWasDecrypted(opening) : {}),
  }
  if (damaged.length > 0)
    throw new EngineError(missing > 0 ? 'data.missing' : 'data.damaged', 'verify', {
      subject: job.point,
      detail: `${damaged.length} ${damaged.length === 1 ? 'thing is' : 'things are'} wrong on ${job.server}; first: ${damaged[0]}`,
    })
  return { outcome }

  /** @returns what is not there at all; what is too short can still be read back, part by part, as far as it goes */
  async function checkSizes(file: BackupFile): Promise<Set<string>> {
    const gone = new Set<string>()
    for (const { name, size } of [...volumesOf(file), file.entries]) {
      await run.checkpoint()
      const found = await store.stat(name, { signal: run.signal })
      if (!found) {
        gone.add(name)
        report('data.missing', name, 'is not on the server')
      } else if (found.size !== size)
        report('data.damaged', name, `has ${found.size} bytes instead of ${size}`)
    }
    return gone
  }

  async function readBack(file: BackupFile): Promise<void> {
    const whole = createHash('sha256')
    const rooms = new PartRooms()
    const ahead: { name: string; part: Promise<Buffer | null> }[] = []
    const check = file.encryption ? opening : null
    let intact = true
    check?.begin(file.name)
    const use = async () => {
      const next = await ahead.shift()!.part
      if (next) {
        for (let at = 0; at < next.length; at += hashStep) {
          if (at > 0) await nextTurn()
          const piece = next.subarray(at, at + hashStep)
          whole.update(piece)
          await check?.push(piece)
        }
        rooms.give(next)
      } else {
        intact = false
        check?.giveUp()
      }
      bytes += next?.length ?? 0
      run.progress({ bytes })
    }
    try {
      for (const place of partPlaces(file)) {
        await run.checkpoint()
        const part = fetchPart(store, place, run.signal, rooms.take(place.size)).catch((err: unknown) => {
          if (!(err instanceof EngineError) || !err.code.startsWith('data.')) throw err
          report(
            err.code === 'data.missing' ? 'data.missing' : 'data.damaged',
            place.name,
            err.detail ?? err.code,
          )
          return null
        })
        part.catch(() => {})
        ahead.push({ name: place.name, part })
        if (ahead.length >= width) await use()
      }
      while (ahead.length > 0) await use()
      await check?.end()
    } finally {
      await Promise.allSettled(ahead.map(({ part }) => part))
    }
    if (intact && file.sha256 !== null && whole.digest('hex') !== file.sha256)
      report('data.damaged', file.name, 'its hash is not the one in the manifest')
  }

  async function checkList(file: BackupFile): Promise<void> {
    try {
      // Not into the cache: it would answer without asking the server.
      const list = await fetchEntryList(store, file, run.scratch, run.signal)
      if (file.encryption) await opening?.local(list, file.entries.name, run.signal)
      bytes += file.entries.size
      run.progress({ bytes, files: file.entries.files })
    } catch (err) {
      if (!(err instanceof EngineError) || !err.code.startsWith('data.')) throw err
      report(
        err.code === 'data.missing' ? 'data.missing' : 'data.damaged',
        file.entries.name,
        err.detail ?? err.code,
      )
    }
  }
}

function whatWasDecrypted(opening: DecryptionCheck | null): Pick<VerifyOutcome, 'decrypted' | 'unproven'> {
  if (opening?.opens) return { decrypted: true }
  return { decrypted: false, unproven: opening ? keptDoesNotOpen : notDecrypted }
}
