import type { DeploymentView } from '../../../../../shared/contract/director.ts'
import type { DirectorProblem, DirectorYamlFile } from '../../../../../shared/director.ts'

/** A deployment folder as it was read. Texts hold secrets. */
export type ReadDeployment = {
  /** Null: not there, or not read for the reason in `unread`. A byte order mark is kept. */
  texts: Record<DirectorYamlFile, string | null>
  /** Of the bytes; null for a file that is not there or was not read. */
  sha256: Record<DirectorYamlFile, string | null>
  unread: DirectorProblem[]
  setup: DeploymentView['setup']
}
