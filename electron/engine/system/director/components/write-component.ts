import { join } from 'node:path'
import type { ComponentCommand } from '../../../../../shared/director.ts'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorFileName, directorFiles } from '../../../../../shared/director-files.ts'
import type { BackupFile } from '../../../archive/manifest.ts'
import { entriesName } from '../../../archive/names.ts'
import { Destination } from '../../../backup/destination.ts'
import type { EntryList } from '../../../backup/entry-list.ts'
import { writeEntryList } from '../../../backup/entry-list.ts'
import type { BackupOptions } from '../../../backup/options.ts'
import { writeResumable } from '../../../backup/write-resumable.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { Host } from '../host/host.ts'
import { ArchiveCheck } from '../files/archive-check.ts'
import type { OutputCheck } from './host-source.ts'
import { HostSource } from './host-source.ts'
import { Promised } from './promised.ts'
import type { Written } from './written.ts'

export type WriteComponent = {
  run: ActiveRun
  host: Host
  component: DirectorComponent
  command: ComponentCommand
  /** Those that are still in it. */
  servers: ReadonlyMap<string, ObjectStore>
  written: Written
  clock: Clock
  patienceMs?: number | undefined
}

export type WrittenComponent = {
  file: BackupFile
  list: EntryList
  /** Servers that have failed, and how. */
  failed: Map<string, unknown>
}

/**
 * Reads one component from the Director once and gives it to all servers at once, under its own name. On a failure
 * nothing of it stands anywhere.
 * @throws as `HostSource`; the failure of a server when none is left, marked by `failed` of `ServersLost`
 */
export async function writeComponent(job: WriteComponent): Promise<WrittenComponent> {
  const { run, component, written, clock } = job
  const { plan, stamp } = written
  const name = directorFileName(component, stamp.slice(0, -1))
  const say = (line: string) => run.log(`${component}: ${line}`)
  const { title } = directorFiles[component]
  const source = new HostSource({
    ...{ host: job.host, command: job.command, clock, title, say },
    fileName: () => name,
    check: () => archiveOf(component),
    quiet: words => run.progress({ stalled: words }),
  })
  /** Names of the file's objects, by number: the same on every server. */
  const volumes = new Map<number, string>()
  const destinations = [...job.servers].map(
    ([server, store]) =>
      new Destination({
        name: server,
        store,
        signal: run.signal,
        monotonic: () => clock.monotonic(),
        events: {
          opened: (volume, object, token) => {
            volumes.set(volume, object)
            return written.note({ components: 'open', server, name: object, token })
          },
          acknowledged: () => {},
          committed: volume =>
            written.note({ components: 'commit', server, name: volumes.get(volume) ?? name }),
        },
      }),
  )
  const options: BackupOptions = {
    plan,
    servers: [...job.servers.keys()],
    source: { kind: 'command', command: component, as: name },
    ...{ compression: 'none', level: 0, encryptTo: null, limit: null },
  }
  const failures = () =>
    new Map(destinations.flatMap(({ name: server, failure }) => (failure ? [[server, failure]] : [])))
  try {
    const point = await writeResumable({
      ...{ run, source, options, destinations, name, key: null, past: null },
      monotonic: () => clock.monotonic(),
      patienceMs: job.patienceMs,
    })
    try {
      const list = await writeEntryList(
        join(run.scratch, 'entries.list'),
        { drydockEntries: 1 },
        point.blocks,
        point.spool,
        null,
        run.signal,
      )
      const { size, sha256 } = list
      const file: BackupFile = {
        ...{ component, name, layout: 'stream', compression: 'none', encryption: null },
        size: point.parts.reduce((sum, part) => sum + part.size, 0),
        sha256: point.sha256,
        parts: point.parts,
        ...(point.volumes ? { volumes: point.volumes } : {}),
        contentBytes: point.so.content,
        entries: {
          ...{ name: entriesName(plan, component, stamp, false), size, sha256, count: 1, files: 1 },
        },
      }
      await written.note({ components: 'file', file })
      return { file, list, failed: failures() }
    } finally {
      await point.spool.close()
    }
  } catch (err) {
    run.signal.throwIfAborted()
    const failed = failures()
    throw failed.size === destinations.length ? new ServersLost(failed, err) : err
  } finally {
    for (const { name: server, state, failure } of destinations)
      if (state === 'failed' && failure?.code === 'remote.exists')
        await written.note({ components: 'foreign', server, name })
    await Promise.all(destinations.filter(({ state }) => state !== 'done').map(one => one.leave('remove')))
  }
}

/** Whether it is what its name promises. */
function archiveOf(component: DirectorComponent): OutputCheck {
  // By the name of the copy: the clock of the host is no reason to lose a backup.
  const promised = new Promised(component)
  const check = new ArchiveCheck(component, directorFileName(component, 'latest'), piece =>
    promised.take(piece),
  )
  return {
    feed: piece => check.feed(piece),
    finish: async () => {
      const wrong = (await check.finish())?.detail ?? promised.missing(check.unpackedAll)
      return wrong === null ? null : `what it printed ${wrong}`
    },
    destroy: () => check.destroy(),
  }
}

/** No server is left to write to. */
export class ServersLost extends Error {
  readonly failed: Map<string, unknown>
  constructor(failed: Map<string, unknown>, cause: unknown) {
    super('no server is left', { cause })
    this.failed = failed
  }
}
