import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorComponents, parseDirectorFile } from '../../../../../shared/director-files.ts'

/** What the vendor's log calls each component. */
const titles: Readonly<Record<DirectorComponent, string>> = {
  mongo: 'Mongo DB',
  postgres: 'Postgres DB',
  elk: 'ELK',
  'certificate-service': 'Certificate Service Certs',
  'ec-provision': 'Edge Controller Certificate',
}

/** A backup of one component as such a log tells it. */
export type LoggedBackup = {
  /** Of its run; null when the log says no name for it. */
  stamp: string | null
  component: DirectorComponent
  /** Its file; null when the log says none. */
  name: string | null
  state: 'named' | 'started' | 'succeeded' | 'failed'
  /** What follows `failed`, when anything does. */
  words: string
}

/** Writes the vendor's form: a block for each component. `write` gets whole blocks or their ends, each with line ends. */
export class BackupLog {
  readonly #write: (text: string) => void

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  /** @param stamp `YYYYMMDDThhmmss` UTC */
  started(component: DirectorComponent, stamp: string, name: string): void {
    this.#write(`TIMESTAMP:: ${stamp}\nBACKUP_NAME:: ${name}\n=> ${titles[component]} Backup started\n`)
  }

  succeeded(component: DirectorComponent): void {
    this.#write(`   > ${titles[component]} Backup succeeded\n=> Done\n`)
  }

  /** @param words one line, without secrets */
  failed(component: DirectorComponent, words: string): void {
    const line = words.replace(/[\p{Cc}\s]+/gu, ' ').trim()
    this.#write(`   > ${titles[component]} Backup failed${line ? `: ${line}` : ''}\n=> Done\n`)
  }
}

/** Longer lines are no lines of such a log. */
const longestLine = 4096

/**
 * Reads such a log, also one in which several runs have written at once. Only names are relied on: a line that says how
 * a component went belongs to the oldest backup of that component which has not gone further. Lines of any other kind
 * are passed over. @returns the backups in the order in which they are first mentioned
 */
export function parseBackupLog(text: string): LoggedBackup[] {
  const all: LoggedBackup[] = []
  /** The oldest of a component that waits for this; a line without any such begins one of its own. */
  const waiting = (component: DirectorComponent, ...states: LoggedBackup['state'][]): LoggedBackup => {
    for (const state of states) {
      const found = all.find(one => one.component === component && one.state === state)
      if (found) return found
    }
    const unnamed: LoggedBackup = { stamp: null, component, name: null, state: 'named', words: '' }
    all.push(unnamed)
    return unnamed
  }
  for (const raw of text.split('\n')) {
    if (raw.length > longestLine) continue
    const line = raw.trim()
    const name = /^BACKUP_NAME::\s*(\S+)$/.exec(line)?.[1]
    const file = name === undefined ? null : parseDirectorFile(name)
    if (name !== undefined && file) {
      // The copy that is overwritten by each run is of whichever run wrote the line.
      const stamp = file.stamp === 'latest' ? null : file.stamp
      all.push({ stamp, component: file.component, name, state: 'named', words: '' })
      continue
    }
    const told = /^(=>|>)\s*(.+?) Backup (started|succeeded|failed)\b[:.\s]*(.*)$/i.exec(line)
    const component = told ? componentOf(told[2] ?? '') : null
    if (!told || !component) continue
    const state = (told[3] ?? '').toLowerCase() as 'started' | 'succeeded' | 'failed'
    if (state === 'started') waiting(component, 'named').state = 'started'
    else Object.assign(waiting(component, 'started', 'named'), { state, words: told[4] ?? '' })
  }
  return all
}

/** The backups by run. What has no stamp is left out. */
export function loggedRuns(backups: readonly LoggedBackup[]): Map<string, LoggedBackup[]> {
  const runs = new Map<string, LoggedBackup[]>()
  for (const backup of backups) {
    if (backup.stamp === null) continue
    const known = runs.get(backup.stamp)
    if (known) known.push(backup)
    else runs.set(backup.stamp, [backup])
  }
  return runs
}

const componentOf = (title: string): DirectorComponent | null =>
  directorComponents.find(one => titles[one].toLowerCase() === title.toLowerCase()) ?? null
