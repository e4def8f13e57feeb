import type {
  ComponentServer,
  ComponentsOutcome,
  BackUpComponents,
} from '../../../electron/engine/system/director/components/index.ts'
import { backUpComponents, commandsOf } from '../../../electron/engine/system/director/components/index.ts'
import type { ActiveRun, StartedRun, StoredRun } from '../../../electron/engine/run/index.ts'
import { startRun } from '../../../electron/engine/run/index.ts'
import { systemClock } from '../../../electron/engine/ports.ts'
import type { DirectorCommands } from '../../../shared/director.ts'
import type { TestEngine } from '../engine.ts'

export type ComponentsTest = Partial<Omit<BackUpComponents, 'host' | 'stores' | 'commands'>> &
  Pick<BackUpComponents, 'host'> & {
    commands: DirectorCommands
    servers: readonly string[]
    /** Beside those of the engine. */
    more?: ComponentServer[]
  }

/** A backup of components as the body of a run, with servers of the engine. */
export async function startComponents(
  { engine }: Pick<TestEngine, 'engine'>,
  { servers, commands, more = [], ...rest }: ComponentsTest,
  resumeOf?: string,
): Promise<StartedRun> {
  const body = async (run: ActiveRun) => {
    const stores = await Promise.all(
      servers.map(async name => ({ name, store: await engine.servers.openFor(run, name, null) })),
    )
    try {
      const outcome = await backUpComponents(run, {
        ...{ plan: 'director', version: '0.0.0-test', clock: systemClock, latest: true },
        ...{
          stores: [...stores, ...more],
          commands: commandsOf(commands),
          ...rest,
        },
      })
      return { outcome }
    } finally {
      await Promise.all(stores.map(({ store }) => store.close()))
    }
  }
  const request =
    resumeOf === undefined
      ? { kind: 'backup' as const, about: 'components of a Director', options: {} }
      : { resumeOf }
  return await startRun(engine.runs, request, body, { clock: systemClock, version: '0.0.0-test' })
}

/** Runs it to its end. */
export async function backUpDirector(
  opened: TestEngine,
  test: ComponentsTest,
): Promise<{ record: StoredRun; outcome: ComponentsOutcome | null }> {
  const record = await (await startComponents(opened, test)).done
  return { record, outcome: record.outcome as ComponentsOutcome | null }
}
