import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ComponentServer, ComponentsOutcome } from './back-up-components.ts'
import { backUpComponents } from './back-up-components.ts'
import { commandsOf } from './commands.ts'
import { safetyPrefix } from '../files/index.ts'
import type { ReachDirector } from './director-host.ts'
import { reachDirector } from './director-host.ts'

/** `master` is that of the restore: its first enabled host is the one that is erased. */
export type SafetyCopy = Omit<ReachDirector, 'signal' | 'during'> & {
  /** Takes the copy; whoever opened it closes it. */
  server: ComponentServer
  clock: Clock
  version: string
}

const during = 'director.safety-copy'

/** The name that safety copies of a deployment go under: `NAME` in `NAME@STAMP`. */
export const safetyPlan = (deployment: string): string =>
  `${safetyPrefix}${deployment.toLowerCase()}`.slice(0, 63)

/**
 * Copies what the Director holds now to a server, before a restore erases it: from the first enabled host of
 * `master.yml`, under the vendor's names with a manifest beside them. The `latest` copies there stay.
 * Components without a command are told as not copied.
 * @throws EngineError as `backUpComponents`; `data.missing` without an enabled host; `auth.*`, `trust.*`, `network.*`
 *   when it lets nobody in. Then nothing has been changed on any host, and nothing stays on the server
 */
export async function safetyCopy(run: ActiveRun, options: SafetyCopy): Promise<ComponentsOutcome> {
  const { deployment, server, clock, version } = options
  const { host, label } = await reachDirector({ ...options, signal: run.signal, during })
  try {
    run.log(`safety copy of ${label} to ${server.name}`)
    return await backUpComponents(run, {
      ...{ host, clock, version, latest: false },
      commands: commandsOf(deployment.commands),
      stores: [server],
      plan: safetyPlan(deployment.name),
    })
  } finally {
    await host.close()
  }
}
