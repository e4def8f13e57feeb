import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { formatBytes } from '../../../shared/units.ts'
import type { Entry } from '../archive/entry.ts'
import { pathFields, rawFromText, rawToBuffer, rawToDisplay } from '../archive/raw-path.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import { globMatcher } from '../source/files/exclude.ts'
import { LineFile } from '../state/line-file.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { Attributes } from './attributes.ts'
import type { Decision } from './decide.ts'
import { Decider } from './decide.ts'
import { ledgerFile, noCounts } from './messages.ts'
import type { LedgerLine, RestoreOptions, RestoreOutcome } from './options.ts'
import { placeNew, placeOver, unlinkQuietly } from './place.ts'
import { landing } from './plan.ts'
import { checkFolder, freeBytes } from './target-room.ts'
import { syncTarget } from './system-tools.ts'
import { TargetTree, splitPath } from './target-tree.ts'

type Outcome = RestoreOutcome & { hashes: Record<string, string> }

const done = z.object({
  t: z.literal('file'),
  path: z.string(),
  sha256: z.string(),
  action: z.enum(['create', 'replace']),
})

/**
 * Restores files each as it is, as the body of a run: those that have no manifest, and those of a point of several
 * components. Where there is no hash to compare with, what came over the wire is compared with what is on the disk, and
 * its SHA-256 is told.
 *
 * After a failure, a kill or a cancel, finished files stay and a resume goes on with the next; none that is
 * unfinished stands under its real name.
 */
export async function runVendorRestore(
  run: ActiveRun,
  options: RestoreOptions,
  { store, entries }: { store: ObjectStore; entries: Entry[] },
): Promise<{ outcome: Outcome }> {
  const { target } = landing(options, undefined)
  await checkFolder(target)
  const before = await finishedBefore(run)
  const tree = new TargetTree(rawFromText(target))
  const attributes = new Attributes(options)
  const ledger = await LineFile.open(join(run.folder, ledgerFile), 0)
  const counts = noCounts()
  const hashes: Record<string, string> = {}
  try {
    const planned = decideAll(entries, options, tree)
    const isToDo = ({ entry, decision }: Planned) =>
      !before.has(rawToDisplay(entry.path)) && (decision.action === 'create' || decision.action === 'replace')
    const room = planned.filter(isToDo).reduce((sum, { entry }) => sum + entry.size, 0)
    const free = await freeBytes(target)
    if (room > free)
      throw new EngineError('local.full', 'restore.start', {
        subject: target,
        detail: `${formatBytes(room)} are to be written, ${formatBytes(free)} are free`,
      })
    run.progress({
      phase: 'restoring',
      total: planned.filter(isToDo).reduce((sum, { entry }) => sum + entry.size, 0),
    })
    for (const { entry, decision } of planned) await one(entry, decision)
    run.progress({ phase: 'making it durable' })
    await syncTarget(target, run)
  } finally {
    tree.close()
    await ledger.close()
  }
  const about = { point: options.point, server: options.server, target, ledger: join(run.folder, ledgerFile) }
  return { outcome: { ...about, counts, hashes } }

  async function one(entry: Entry, { action, detail }: Decision): Promise<void> {
    await run.checkpoint()
    const name = rawToDisplay(entry.path)
    const known = before.get(name)
    if (known) return await restored(entry, known.action, known.sha256)
    if (action !== 'create' && action !== 'replace') {
      counts[action === 'same' ? 'same' : action === 'leave' ? 'left' : 'refused']++
      if (action === 'refuse') run.problem({ code: 'target.refused', subject: name, detail: detail ?? '' })
      return await note(entry, action, detail)
    }
    try {
      const sha256 = await download(entry, action === 'replace')
      await run.journal.append({ t: 'file', path: name, sha256, action }, { sync: true })
      await restored(entry, action, sha256)
    } catch (err) {
      run.signal.throwIfAborted()
      const failure = fromFsError(err, 'restore', name)
      // What concerns the server or the disk as a whole ends the run; it can be resumed.
      if (!failure.code.startsWith('data.') && failure.code !== 'local.denied') throw failure
      const isDamaged = failure.code.startsWith('data.')
      counts.failed++
      if (isDamaged) counts.damaged++
      const why = failure.detail ?? failure.code
      run.problem({ code: isDamaged ? 'data.damaged' : 'target.failed', subject: name, detail: why })
      await note(entry, 'failed', why)
    }
  }

  async function restored(entry: Entry, action: 'create' | 'replace', sha256: string): Promise<void> {
    hashes[rawToDisplay(entry.path)] = sha256
    counts[action === 'create' ? 'created' : 'replaced']++
    counts.files++
    counts.bytes += entry.size
    run.progress({ bytes: counts.bytes, files: counts.files })
    await note(entry, action, `SHA-256 ${sha256}`)
  }

  async function note(entry: Entry, action: LedgerLine['action'], detail?: string): Promise<void> {
    const about = { ...pathFields(entry.path), action, kind: entry.kind, size: entry.size }
    await ledger.append(JSON.stringify(detail ? { ...about, detail } : about))
  }

  /** @returns the SHA-256 of what is on the disk, which is that of what arrived */
  async function download(entry: Entry, replace: boolean): Promise<string> {
    const { folder, name } = splitPath(entry.path)
    const parent = tree.folder(folder, true)!
    const partial = rawToBuffer(`${parent}/.drydock-${run.id.slice(-8)}-${name.slice(0, 200)}.partial`)
    unlinkQuietly(partial)
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
    const handle = await open(partial, flags, 0o600)
    try {
      const streamed = createHash('sha256')
      await receive(entry, handle, streamed)
      await handle.sync()
      const sha256 = streamed.digest('hex')
      if (entry.sha256 !== null && sha256 !== entry.sha256)
        throw new EngineError('data.damaged', 'restore', {
          subject: rawToDisplay(entry.path),
          detail: 'its hash is not the one in the manifest',
        })
      if ((await hashOf(handle, run.signal)) !== sha256)
        throw new EngineError('local.io', 'restore', {
          subject: target,
          detail: 'the disk gives back other bytes than were written to it',
        })
      const leftOut = attributes.onFile(handle.fd, entry)
      if (leftOut)
        run.problem({ code: 'target.attribute', subject: rawToDisplay(entry.path), detail: leftOut })
      const place = rawToBuffer(`${tree.folder(folder, true)!}/${name}`)
      if (replace) placeOver(partial, place)
      else placeNew(partial, place)
      return sha256
    } finally {
      await handle.close()
      unlinkQuietly(partial)
    }
  }

  async function receive(entry: Entry, handle: FileHandle, streamed: Hash): Promise<void> {
    const name = rawToDisplay(entry.path)
    let at = 0
    try {
      for await (const piece of store.read(name, { offset: 0 }, { signal: run.signal })) {
        await run.checkpoint()
        streamed.update(piece)
        for (let from = 0; from < piece.length;)
          from += (await handle.write(piece, from, piece.length - from, at + from)).bytesWritten
        at += piece.length
        run.progress({ bytes: counts.bytes + at })
      }
    } catch (err) {
      if (!(err instanceof EngineError) || err.code !== 'remote.not-found') throw err
      throw new EngineError('data.missing', 'restore', {
        subject: name,
        detail: 'is not on the server any more',
        cause: err,
      })
    }
    if (at !== entry.size)
      throw new EngineError('data.damaged', 'restore', {
        subject: name,
        detail: `${at} bytes could be read; the listing says ${entry.size}`,
      })
  }
}

type Planned = { entry: Entry; decision: Decision }

/** What a restore of a vendor's files would do. Looks at the target; writes nothing. */
export function vendorDecisions(entries: Entry[], options: RestoreOptions): LedgerLine[] {
  const { target } = landing(options, undefined)
  const tree = new TargetTree(rawFromText(target))
  try {
    return decideAll(entries, options, tree).map(({ entry, decision: { action, detail } }) => ({
      ...pathFields(entry.path),
      action,
      kind: entry.kind,
      size: entry.size,
      ...(detail ? { detail } : {}),
    }))
  } finally {
    tree.close()
  }
}

function decideAll(entries: Entry[], options: RestoreOptions, tree: TargetTree): Planned[] {
  const decider = new Decider(tree, options)
  const chosen = options.only.length > 0 ? globMatcher(options.only, 'restore.start') : () => true
  return entries
    .filter(({ path }) => chosen(path))
    .map(entry => ({ entry, decision: decider.decide(entry, entry.path) }))
}

async function finishedBefore(
  run: ActiveRun,
): Promise<Map<string, { sha256: string; action: 'create' | 'replace' }>> {
  const files = new Map<string, { sha256: string; action: 'create' | 'replace' }>()
  if (!run.resumed) return files
  for await (const raw of run.readJournal()) {
    const parsed = done.safeParse(raw)
    if (!parsed.success)
      throw new EngineError('data.format', 'run.resume', {
        detail: 'the run’s journal is not one of a restore',
        cause: parsed.error,
      })
    files.set(parsed.data.path, parsed.data)
  }
  return files
}

async function hashOf(handle: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  for (let at = 0; ;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}
