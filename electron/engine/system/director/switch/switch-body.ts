import { join } from 'node:path'
import type { SwitchPreflight } from '../../../../../shared/contract/switch.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun, RunBody } from '../../../run/index.ts'
import type { Servers } from '../../../servers.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import type { RestoreAnswers } from '../answers.ts'
import type { Drafts } from '../drafts.ts'
import { fetchAnswers } from '../files/index.ts'
import type { Host } from '../host/host.ts'
import { driveScript } from '../script/drive-script.ts'
import { writeEdits } from '../script/write-edits.ts'
import type { SwitchRunOptions } from './switch-run.ts'

export type SwitchBodyDeps = {
  options: SwitchRunOptions
  deployment: Deployment
  /** What was shown before it was started; kept beside the run. Null when it was kept already. */
  preflight: Omit<SwitchPreflight, 'token'> | null
  servers: Pick<Servers, 'get' | 'secretsOf'>
  drafts: Drafts
  clock: Clock
  who: string
  mask: (text: string) => string
  learn: (secret: unknown) => void
  openHost: () => Promise<Host>
}

/** One step of a switch-over as a run: `master.yml` as it shall be, then the vendor's script to its end. */
export function switchBody(deps: SwitchBodyDeps): RunBody {
  const { options, deployment, preflight } = deps
  const { place } = deployment
  return async run => {
    if (preflight) await writeFileAtomically(join(run.folder, 'preflight.json'), JSON.stringify(preflight))
    return await driveScript(run, {
      ...deps,
      ...{ deed: 'switch', place, argv: options.argv },
      before: () => Promise.resolve(),
      answers: () => told(run, deps),
      write: host => {
        const edits = { names: null, master: options.edits }
        return writeEdits(host, { folder: place.folder, edits, mode: options.mode }, deps)
      },
      tidy: () => Promise.resolve(),
    })
  }
}

/** What the documented questions are answered with; null: the operator is asked everything. */
async function told(
  run: ActiveRun,
  { options, servers, learn }: SwitchBodyDeps,
): Promise<RestoreAnswers | null> {
  const { server } = options
  try {
    const record = await servers.get(server)
    const secrets = await servers.secretsOf(record)
    learn(secrets)
    const found = fetchAnswers(record, secrets)
    if ('answers' in found) return found.answers
    run.log(`${server}: ${found.notDirect}; setup.sh’s questions are put to the operator`)
  } catch (err) {
    // Without them the script can run all the same: a person answers.
    if (!(err instanceof EngineError)) throw err
    run.log(
      `what is known of ${server} cannot be had, so setup.sh’s questions are put to the operator: ${err.message}`,
    )
  }
  return null
}
