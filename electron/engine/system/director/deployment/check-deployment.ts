import type { DirectorProblem, DirectorVerdict, DirectorYamlFile } from '../../../../../shared/director.ts'
import type { DirectorMode } from '../../../../../shared/director-files.ts'
import { directorVerdict } from '../../../../../shared/director.ts'
import type { FilesOnServer } from './check-on-server.ts'
import { checkMaster } from './check-master.ts'
import type { DirectorSite } from './modes.ts'
import { Findings, fileProblem } from './problem.ts'
import { readYaml } from './read-yaml.ts'
import { checkRestore } from './restore-yml.ts'

export type CheckInput = {
  /** The text of the file; null when it is not there. */
  restore: string | null
  master: string | null
  /** Why a file that is there could not be read as text, instead of its being missing. */
  unread?: readonly DirectorProblem[]
  /** null: told from `master.yml`. */
  mode?: DirectorMode | null
  expectedSite?: DirectorSite | null
  /** What the chosen server holds; null: none was asked. */
  onServer?: FilesOnServer | null
}
export type CheckResult = { verdict: DirectorVerdict; problems: DirectorProblem[]; mode: DirectorMode | null }

/**
 * Checks both YAML files of a deployment folder. Pure; whatever stands in them becomes a problem with its line and what
 * to do about it, never an exception, and no problem holds a secret. Those of `restore.yml` come first, each file's in
 * the order of its lines.
 */
export function checkDeployment(input: CheckInput): CheckResult {
  const { unread = [] } = input
  const problems: DirectorProblem[] = []
  let mode = input.mode ?? null
  const look = (
    file: DirectorYamlFile,
    text: string | null,
    check: (root: RootOf, found: Findings) => void,
  ) => {
    const known = unread.filter(problem => problem.file === file)
    if (known.length > 0) return void problems.push(...known)
    if (text === null) return void problems.push(missing(file))
    const read = readYaml(file, text)
    if ('problem' in read) return void problems.push(read.problem)
    const found = new Findings(file, read.root)
    check(read.root, found)
    problems.push(...[...read.warnings, ...found.list].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)))
  }
  look('restore.yml', input.restore, (root, found) => checkRestore(root, input.onServer ?? null, found))
  look('master.yml', input.master, (root, found) => {
    mode = checkMaster(root, { mode, site: input.expectedSite ?? null }, found)
  })
  return { verdict: directorVerdict(problems), problems, mode }
}

type RootOf = Extract<ReturnType<typeof readYaml>, { root: unknown }>['root']

const missing = (file: DirectorYamlFile): DirectorProblem =>
  fileProblem('file.missing', file, {
    finding: `there is no ${file} in the folder`,
    fix: 'Choose the folder deployment/setup of the deployment source.',
  })
