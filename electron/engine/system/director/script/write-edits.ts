import type { DeploymentEdits } from '../../../../../shared/director.ts'
import type { DirectorMode } from '../../../../../shared/director-files.ts'
import type { Clock } from '../../../ports.ts'
import { editedDeployment, masterSecrets, readDeployment, writeDeployment } from '../deployment/index.ts'
import type { Drafts } from '../drafts.ts'
import type { Host } from '../host/host.ts'

/**
 * Writes what edits make of the two YAML files, and forgets the drafts that are written then.
 * @returns what the old files are called now
 * @throws EngineError as `editedDeployment` and `writeDeployment`
 */
export async function writeEdits(
  host: Host,
  { folder, edits, mode }: { folder: string; edits: DeploymentEdits; mode: DirectorMode },
  { drafts, learn, clock }: { drafts: Drafts; learn: (secret: unknown) => void; clock: Clock },
): Promise<string[]> {
  const read = await readDeployment(host, folder)
  const editing = { mode, secretOf: (id: string) => drafts.get(id), now: clock.now() }
  const edited = await editedDeployment(read, edits, editing)
  learn(masterSecrets(edited.texts['master.yml'] ?? ''))
  const kept = await writeDeployment(host, folder, { read, edited })
  await drafts.forget(edits.master.flatMap(edit => (edit.op === 'secret' ? [edit.draft] : [])))
  return kept
}
