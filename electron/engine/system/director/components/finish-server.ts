import { hostname, userInfo } from 'node:os'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorFiles } from '../../../../../shared/director-files.ts'
import type { Manifest } from '../../../archive/manifest.ts'
import { encodeManifest } from '../../../archive/manifest.ts'
import { intentName, manifestName } from '../../../archive/names.ts'
import { storeLocalFile } from '../../../backup/store-local-file.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { WrittenComponent } from './write-component.ts'
import type { Written } from './written.ts'

/** The manifest of a Director's components. @param notSet components that are not in it */
export function componentsManifest(
  run: ActiveRun,
  written: Written,
  about: { host: string; version: string; now: number; notSet: readonly DirectorComponent[] },
): Manifest {
  const { plan, stamp, started, files } = written
  return {
    drydockManifest: 1,
    ...{ plan, stamp, started },
    ended: new Date(about.now).toISOString(),
    host: hostname(),
    user: userName(),
    platform: `${process.platform} ${process.arch}`,
    tool: { name: 'drydock', version: about.version },
    run: run.id,
    // Not the commands: an operator may have written a password into one.
    source: { kind: 'command', as: 'director' },
    encryption: null,
    files,
    problems: run.record.problems,
    notKept: about.notSet.map(one => `${directorFiles[one].title}: no command is set for it`),
    restore: restoreText(written, about.host),
  }
}

/** Writes entry lists and manifest on one server, in this order; the point counts there from then on. */
export async function finishServer(
  store: ObjectStore,
  { plan, stamp }: Pick<Written, 'plan' | 'stamp'>,
  { components, manifest }: { components: readonly WrittenComponent[]; manifest: Manifest },
  signal: AbortSignal,
): Promise<void> {
  for (const { file, list } of components) await storeLocalFile(store, file.entries.name, list.file, signal)
  await store.put(manifestName(plan, stamp), encodeManifest(manifest), { signal })
  // From here the point counts; a note left behind only says that somebody was writing.
  await store.remove(intentName(plan, stamp), { signal }).catch(() => {})
}

function restoreText({ files }: Written, host: string): string {
  const lines = files.map(({ component, name }) => {
    const known = directorFiles[component as DirectorComponent]
    return `  ${known.key}: ${name}`
  })
  return [
    `Components of the Director at ${host}, named as its own backup names them. To restore them without Drydock, put these names into restore.yml in deployment/setup, look through master.yml there, then run ./setup.sh [standalone] restore:`,
    ...lines,
    'Every file is as its tool wrote it: gzip -t NAME proves it readable, sha256sum NAME proves it the same.',
  ].join('\n')
}

/** The system may have no name for a number, as in many containers. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}
