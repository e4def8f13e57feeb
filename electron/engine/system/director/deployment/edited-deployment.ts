import type { DeploymentView, FileDiff } from '../../../../../shared/contract/director.ts'
import type { DeploymentEdits, DirectorYamlFile } from '../../../../../shared/director.ts'
import { directorComponents, directorFiles } from '../../../../../shared/director-files.ts'
import type { CheckInput, CheckResult } from './check-deployment.ts'
import { checkDeployment } from './check-deployment.ts'
import type { ReadDeployment } from './read-deployment.ts'
import { diffOf } from './diff.ts'
import type { YamlEdit } from './yaml-edit.ts'
import { applyEdits } from './edit-yaml.ts'
import { masterView } from './master-view.ts'
import { readYaml } from './read-yaml.ts'
import { formOf, namesOf } from './restore-yml.ts'

export type Editing = Pick<CheckInput, 'mode' | 'expectedSite' | 'onServer'> & {
  /** The secret that a draft stands for. */
  secretOf: (draft: string) => string | Promise<string>
  /** ms since 1970; names the old files. */
  now: number
}

/** A deployment folder as it will be. Texts hold secrets, differences do not. */
export type EditedDeployment = CheckResult & {
  texts: Record<DirectorYamlFile, string | null>
  /** Of the files that change. */
  diffs: FileDiff[]
}

/**
 * What edits make of both files, and what is wrong with that. Nothing is written.
 * @throws EngineError `data.format`, `data.unsafe` for edits of a file that cannot be read, `input.invalid` for a path at
 *   which no single value can stand
 */
export async function editedDeployment(
  read: ReadDeployment,
  edits: DeploymentEdits,
  { secretOf, now, ...expected }: Editing,
): Promise<EditedDeployment> {
  const names: YamlEdit[] = directorComponents.flatMap(component => {
    const value = edits.names?.[component]
    return value === undefined ? [] : [{ path: [directorFiles[component].key], value }]
  })
  const master: YamlEdit[] = []
  for (const edit of edits.master)
    master.push(
      edit.op === 'set'
        ? { path: edit.path, value: edit.value }
        : { path: edit.path, value: await secretOf(edit.draft), secret: true },
    )
  const texts = { ...read.texts }
  if (names.length > 0) texts['restore.yml'] = withNames(texts['restore.yml'], names)
  if (master.length > 0) texts['master.yml'] = applyEdits('master.yml', texts['master.yml'] ?? '', master)
  const diffs = (['restore.yml', 'master.yml'] as const).flatMap(file => {
    const before = read.texts[file]
    const after = texts[file]
    if (after === null || after === before) return []
    return diffOf(file, { before, after, keptAs: before === null ? null : keptName(file, now) })
  })
  return { ...checkDeployment({ ...checkInput(read), ...expected, ...inputOf(texts) }), texts, diffs }
}

/** What is there, what both files say, and what is wrong with them. Holds no secret. */
export function deploymentView(
  read: ReadDeployment,
  expected: Pick<CheckInput, 'mode' | 'expectedSite' | 'onServer'> = {},
): DeploymentView {
  const restore = read.texts['restore.yml']
  const master = read.texts['master.yml']
  const parsed = restore === null ? null : readYaml('restore.yml', restore)
  const root = parsed && 'root' in parsed && parsed.root.is === 'map' ? parsed.root : null
  const { verdict, problems, mode } = checkDeployment({ ...checkInput(read), ...expected })
  return {
    restore: restore !== null,
    master: master === null ? null : masterView(master),
    setup: read.setup,
    form: root && formOf(root),
    names: root ? namesOf(root) : {},
    mode,
    verdict,
    problems,
  }
}

/** `restore.yml.20261120T170312Z` */
const keptName = (file: string, now: number): string =>
  `${file}.${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`

const inputOf = (texts: ReadDeployment['texts']) => ({
  restore: texts['restore.yml'],
  master: texts['master.yml'],
})

export const checkInput = (read: ReadDeployment): CheckInput => ({
  ...inputOf(read.texts),
  unread: read.unread,
})

/** A file that is not there is made, when all five are known. */
function withNames(text: string | null, names: YamlEdit[]): string {
  if (text === null && names.length === directorComponents.length)
    return applyEdits('restore.yml', names.map(({ path }) => `${String(path[0])}:\n`).join(''), names)
  return applyEdits('restore.yml', text ?? '', names)
}
