import type { DirectorPoint } from '../../../../../shared/contract/director.ts'
import { directorComponents, directorFiles } from '../../../../../shared/director-files.ts'
import type { Findings } from './problem.ts'
import { shown } from './problem.ts'
import type { RestoreNames } from './restore-names.ts'

/** What a server was found to hold; as `director.points` answers. */
export type FilesOnServer = {
  points: readonly Pick<DirectorPoint, 'stamp' | 'files' | 'flags'>[]
  latest: readonly (DirectorPoint['files'][number] & { equals: string | null; looked?: boolean })[]
}

/** Flags of a run that make one of its files useless; the others are about the run as a whole. */
const bad = new Set(['empty', 'unreadable-head', 'unreadable-tail', 'half-uploaded', 'wrong-component'])

/** Whether the files that `restore.yml` names are there, and whole as far as a look at them tells. */
export function checkOnServer(names: RestoreNames, { points, latest }: FilesOnServer, found: Findings): void {
  for (const component of directorComponents) {
    const name = names[component]
    if (name === undefined || /[/\\]/.test(name)) continue
    const path = [directorFiles[component].key]
    const point = points.find(({ files }) => files.some(file => file.name === name))
    const file = point?.files.find(one => one.name === name) ?? latest.find(one => one.name === name)
    if (!file) {
      found.stop('name.not-on-server', path, {
        finding: `${shown(name)} is not on the server`,
        fix: 'Choose a run whose five files are there.',
      })
      continue
    }
    if (file.size === 0) {
      found.stop('file.empty', path, {
        finding: `${shown(name)} has no content on the server`,
        fix: 'Choose another run.',
      })
      continue
    }
    // A latest copy is as good as the run it equals.
    const copied = latest.find(one => one.name === name)?.equals
    const run = point ?? points.find(({ stamp }) => stamp === copied)
    for (const flag of run?.flags ?? [])
      if (bad.has(flag.code) && flag.component === component)
        found.stop(`file.${flag.code}`, path, {
          finding: `${shown(name)}: ${flag.detail}`,
          fix: 'Choose another run, or put the whole file there again.',
        })
  }
}
