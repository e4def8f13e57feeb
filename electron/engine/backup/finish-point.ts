import { join } from 'node:path'
import type { FileKey } from '../archive/age/key.ts'
import type { ListHead } from '../archive/entry-list-reader.ts'
import type { BackupFile, Manifest } from '../archive/manifest.ts'
import { encodeManifest } from '../archive/manifest.ts'
import { entriesName, intentName, manifestName } from '../archive/names.ts'
import { toFailure } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { Destination } from './destination.ts'
import type { EntryList } from './entry-list.ts'
import { writeEntryList } from './entry-list.ts'
import { restoreText } from './restore-text.ts'
import { storeLocalFile } from './store-local-file.ts'
import type { WrittenPoint } from './write-resumable.ts'

export type FinishPoint = {
  run: ActiveRun
  destinations: readonly Destination[]
  written: WrittenPoint
  manifest: Omit<Manifest, 'files' | 'ended' | 'restore'>
  file: Pick<BackupFile, 'component' | 'name' | 'layout' | 'compression'>
  /** What the entry list says of the source. */
  head: ListHead
  key: FileKey | null
  now: () => number
}

/** Writes entry list and manifest, in this order, on every server that holds the backup file; the point counts from then. */
export async function finishPoint(job: FinishPoint): Promise<Record<string, 'done' | 'failed'>> {
  const { run, written, manifest } = job
  run.progress({ phase: 'writing the manifest' })
  const { plan, stamp } = manifest
  const listName = entriesName(plan, job.file.component, stamp, job.key !== null)
  const list = await writeEntryList(
    join(run.scratch, 'entries.list'),
    job.head,
    written.blocks,
    written.spool,
    job.key,
    run.signal,
  )
  const file: BackupFile = {
    ...job.file,
    encryption: job.key ? 'age' : null,
    size: written.parts.reduce((sum, part) => sum + part.size, 0),
    sha256: written.sha256,
    parts: written.parts,
    ...(written.volumes ? { volumes: written.volumes } : {}),
    contentBytes: written.so.content,
    entries: {
      name: listName,
      size: list.size,
      sha256: list.sha256,
      count: written.so.entries,
      files: written.so.files,
    },
  }
  const text = encodeManifest({
    ...manifest,
    ended: new Date(job.now()).toISOString(),
    files: [file],
    restore: restoreText([file]),
  })
  const servers: Record<string, 'done' | 'failed'> = {}
  let firstFailure: unknown
  await Promise.all(
    job.destinations.map(async destination => {
      try {
        if (destination.state !== 'done') throw destination.failure ?? new Error('not completed')
        await finishServer(destination, list, listName, text, manifest, run.signal)
        servers[destination.name] = 'done'
      } catch (err) {
        run.signal.throwIfAborted()
        firstFailure ??= err
        const { code, detail } = toFailure(err, 'backup')
        servers[destination.name] = 'failed'
        run.problem({
          code: 'server.failed',
          subject: destination.name,
          detail: detail ? `${code}: ${detail}` : code,
        })
      }
    }),
  )
  if (!Object.values(servers).includes('done')) throw firstFailure
  return servers
}

async function finishServer(
  { store }: Destination,
  list: EntryList,
  listName: string,
  manifest: Uint8Array,
  { plan, stamp }: { plan: string; stamp: string },
  signal: AbortSignal,
): Promise<void> {
  const present = await store.stat(listName, { signal })
  if (present?.size !== list.size) await storeLocalFile(store, listName, list.file, signal)
  await store.put(manifestName(plan, stamp), manifest, { signal })
  // From here the point counts; a note left behind only says that somebody was writing.
  await store.remove(intentName(plan, stamp), { signal }).catch(() => {})
}
