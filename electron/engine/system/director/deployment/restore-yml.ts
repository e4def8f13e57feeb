import { z } from 'zod'
import type { DirectorComponent } from '../../../../../shared/director-files.ts'
import { directorComponents, directorFiles, parseDirectorFile } from '../../../../../shared/director-files.ts'
import type { FilesOnServer } from './check-on-server.ts'
import { checkOnServer } from './check-on-server.ts'
import type { Findings } from './problem.ts'
import { shown } from './problem.ts'
import { aText, checkTypes } from './typed-shape.ts'
import type { YamlNode } from './yaml-tree.ts'
import { isEmpty, pairOf, textOf } from './yaml-tree.ts'
import type { RestoreNames } from './restore-names.ts'

const ftpKeys = ['FTP_HOST', 'FTP_PORT', 'FTP_USER', 'FTP_PASSWORD', 'FTP_DIR']
const known = new Set<string>([
  ...ftpKeys,
  ...directorComponents.map(component => directorFiles[component].key),
])

const name = z.string(aText).nullish()
const loose = z.union([z.string(), z.number()], aText).nullish()
const shape = z.looseObject(
  Object.fromEntries([
    ...directorComponents.map(component => [directorFiles[component].key, name] as const),
    ...ftpKeys.map(key => [key, loose] as const),
  ]),
  'a map of keys and file names',
)

/** The file names that stand in `restore.yml`; a component whose value is empty or no text is left out. */
export function namesOf(root: YamlNode): RestoreNames {
  const names: RestoreNames = {}
  for (const component of directorComponents) {
    const node = pairOf(root, directorFiles[component].key)?.value
    if (node?.is === 'scalar' && typeof node.value === 'string' && !isEmpty(node))
      names[component] = node.value
  }
  return names
}

/** `ftp` is the older form, with `FTP_*` keys before the names. */
export const formOf = (root: YamlNode): 'names' | 'ftp' =>
  ftpKeys.some(key => pairOf(root, key)) ? 'ftp' : 'names'

/** All that can be said of `restore.yml` by itself, and of the files it names when a server was asked. */
export function checkRestore(root: YamlNode, onServer: FilesOnServer | null, found: Findings): void {
  checkTypes(root, shape, found)
  if (root.is !== 'map') return
  for (const component of directorComponents) checkName(root, component, found)
  const names = namesOf(root)
  if (onServer) checkOnServer(names, onServer, found)
  checkStamps(names, onServer, found)
  const ftp = ftpKeys.filter(key => pairOf(root, key))
  if (ftp[0])
    found.warn('restore.ftp-form', [ftp[0]], {
      finding: `${ftp.join(', ')}: the older form of the file, with a server in it`,
      fix: 'Nothing, when this is an older deployment; setup.sh of a newer one asks for the server itself.',
    })
  for (const { key } of root.pairs)
    if (!known.has(key))
      found.warn('keys.unknown', [key], {
        finding: `${shown(key)} is no key of restore.yml that Drydock knows; it is kept`,
        fix: `Correct its spelling, or leave it when the deployment source has it.`,
      })
}

function checkName(root: YamlNode, component: DirectorComponent, found: Findings): void {
  const { key, title } = directorFiles[component]
  const pair = pairOf(root, key)
  const fix = `Write the file name of the ${title} backup, as ${shown(directorFiles[component].latest)} or one with a time stamp.`
  if (!pair) return found.stop('name.missing', [key], { finding: `${key} is missing`, fix })
  if (isEmpty(pair.value)) return found.stop('name.empty', [key], { finding: `${key} is empty`, fix })
  const text = textOf(pair.value)
  // A list, a map or a number: told as a wrong type.
  if (text === null || pair.value.is !== 'scalar' || typeof pair.value.value !== 'string') return
  if (/[/\\]/.test(text))
    return found.stop('name.path', [key], {
      finding: `${shown(text)} holds a slash; only the name belongs here`,
      fix: 'Write the name without its folder; the folder is told when setup.sh asks for it.',
    })
  const parsed = parseDirectorFile(text)
  if (!parsed)
    return found.stop('name.unknown', [key], {
      finding: `${shown(text)} is no name of a ${title} backup`,
      fix,
    })
  if (parsed.component !== component)
    found.stop('name.wrong-component', [key], {
      finding: `${shown(text)} is the backup of ${directorFiles[parsed.component].title}, not of ${title}`,
      fix,
    })
}

/** All five are to be of one run. `latest` counts as the run it equals, where a server was asked. */
function checkStamps(names: RestoreNames, onServer: FilesOnServer | null, found: Findings): void {
  const stamps = new Map<DirectorComponent, string>()
  for (const component of directorComponents) {
    const parsed = parseDirectorFile(names[component] ?? '')
    if (parsed?.component !== component) continue
    const equals = onServer?.latest.find(copy => copy.name === names[component])?.equals
    const stamp = parsed.stamp === 'latest' ? (equals ?? 'latest') : parsed.stamp
    stamps.set(component, stamp.replace(/Z$/, ''))
  }
  const counts = Map.groupBy(stamps.values(), stamp => stamp)
  if (counts.size > 1) {
    const most = [...counts].reduce((best, next) => (next[1].length > best[1].length ? next : best))[0]
    for (const [component, stamp] of stamps)
      if (stamp !== most)
        found.stop('stamp.mixed', [directorFiles[component].key], {
          finding: `${shown(names[component] ?? '')} is of the run ${stamp}, the others of ${most}`,
          fix: 'Choose five files of one run.',
        })
    return
  }
  const [first] = [...stamps].filter(([, stamp]) => stamp === 'latest')
  if (!first) return
  const unseen = onServer?.latest.some(copy => copy.equals === null && copy.looked === false) ?? false
  found.warn('name.latest', [directorFiles[first[0]].key], {
    finding: unseen
      ? 'which run the latest copies are of was not found out (large files are not compared to the byte), and the next backup overwrites them'
      : onServer
        ? 'the latest copies equal no run on the server: one may be overwritten while it is fetched'
        : 'the names are those of the latest copies: which run they are is not known, and the next backup overwrites them',
    fix: onServer
      ? 'Use the names of a run with a time stamp.'
      : 'Choose the server they are on, so that they can be looked up, or use the names of a run with a time stamp.',
  })
}
