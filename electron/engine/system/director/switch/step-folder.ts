import type { FileDiff, MasterView } from '../../../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../../../shared/director.ts'
import type { DirectorMode } from '../../../../../shared/director-files.ts'
import type { EditedDeployment, ReadDeployment } from '../deployment/index.ts'
import { editedDeployment, masterView, readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import type { Board } from '../preflight/board.ts'
import { inTime, notTried, stop, wordsOf } from '../preflight/board.ts'
import type { DirectorPreflightDeps } from '../preflight/deps.ts'
import type { TargetHost } from '../preflight/host-lines.ts'
import { folderLine, problemLines, targetsOf } from '../preflight/yaml-lines.ts'
import type { Step } from './step-lines.ts'

/** The folder of a step as it will be when it begins. Holds secrets. */
export type StepFolder = {
  read: ReadDeployment
  edited: EditedDeployment
  view: MasterView | null
  hosts: TargetHost[]
  diffs: FileDiff[]
}

/** Reads the folder, applies the edits and checks `master.yml`. @returns null when it cannot be read */
export async function checkStepFolder(
  deps: Pick<DirectorPreflightDeps, 'deployment' | 'draft' | 'clock'>,
  host: Host,
  { step, edits, mode }: { step: Step; edits: MasterEdit[]; mode: DirectorMode },
  board: Board,
  signal: AbortSignal,
): Promise<StepFolder | null> {
  const since = performance.now()
  const { folder } = deps.deployment.place
  try {
    const read = await inTime(readDeployment(host, folder, signal), signal)
    folderLine(read, folder, host, board, since)
    const editing = { mode, secretOf: deps.draft, now: deps.clock.now() }
    const edited = await inTime(editedDeployment(read, { names: null, master: edits }, editing), signal)
    // The first step restores nothing into its site: what a restore must not meet there is worth a look, no more.
    const problems = edited.problems.map(problem =>
      step === 1 && problem.code.startsWith('install.') ? { ...problem, level: 'warn' as const } : problem,
    )
    problemLines('master.yml', problems, board, since)
    const master = edited.texts['master.yml']
    const view = master === null ? null : masterView(master)
    return { read, edited, view, hosts: targetsOf(master), diffs: edited.diffs }
  } catch (err) {
    const fix = 'Choose the folder deployment/setup of the deployment source.'
    board.add(since, stop('folder', 'Deployment folder', wordsOf(err), fix))
    board.add(since, notTried('master.yml', 'master.yml', `Not looked at: ${wordsOf(err)}`))
    return null
  }
}
