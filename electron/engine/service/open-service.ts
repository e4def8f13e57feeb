import { join } from 'node:path'
import type { Engine } from '../engine.ts'
import { createEngine } from '../engine.ts'
import { Masker } from '../masker.ts'
import type { Clock } from '../ports.ts'
import { systemClock } from '../ports.ts'
import { OverviewBook, planFactsOf } from '../overview/index.ts'
import { Plans } from '../schedule/index.ts'
import { pruneDaily } from '../run/index.ts'
import { UnlockableVault } from '../vault/index.ts'
import { AlarmWatch } from './alarm-watch.ts'
import { appHandlers } from './app.ts'
import type { ServiceContext, Shell } from './context.ts'
import { directorHandlers } from './director.ts'
import { EventHub } from './event-hub.ts'
import { fileLog } from './file-log.ts'
import { folderHandlers } from './folders.ts'
import type { Handlers } from './handlers.ts'
import { overviewHandlers } from './overview.ts'
import { planHandlers } from './plans.ts'
import { pointHandlers } from './points.ts'
import { proofHandlers } from './proofs.ts'
import { restoreHandlers } from './restore.ts'
import { RunFeed } from './run-feed.ts'
import { runHandlers } from './runs.ts'
import { ServerTests, serverTestsFile } from './server-tests.ts'
import { serverHandlers } from './servers.ts'
import { siteHandlers } from './site.ts'
import { tellChanges } from './tell-changes.ts'
import type { Service } from './service.ts'
import { serviceOf } from './service.ts'
import { stateHandlers } from './state.ts'
import { switchHandlers } from './switch.ts'
import { SettingsBook } from './settings-book.ts'
import { StateWatch } from './state-watch.ts'
import { vaultHandlers } from './vault.ts'

export type ServiceOptions = {
  /** The state folder, absolute. */
  home: string
  env: Readonly<Record<string, string | undefined>>
  version: string
  shell: Shell
  clock?: Clock
  masker?: Masker
}

export type OpenedService = {
  readonly service: Service
  readonly engine: Engine
  /** Runs under way in this process: they end with it. */
  runsHere(): string[]
  /** Looks at the clock and at the runs now: after the machine woke. */
  recheck(): void
  /** Stops runs of plans in good order and lets go of the schedule, of servers and of watchers. */
  close(): Promise<void>
}

/**
 * Everything a window needs, on one state folder: the engine, its vault (locked until it can be opened), the feed of
 * runs, and the calls. Ready at once; nothing is asked of a keychain or a server before somebody wants to know.
 */
export async function openService(options: ServiceOptions): Promise<OpenedService> {
  const { home, env, version, shell, clock = systemClock, masker = new Masker() } = options
  const log = fileLog(join(home, 'logs', `${shell}.log`), masker.mask)
  const learn = (secret: unknown) => masker.learn(secret)
  const vault = new UnlockableVault({ home, env, learn })
  const engine = createEngine({ home, env, vault, version, clock, log, mask: masker.mask, learn })
  const hub = new EventHub(log)
  const feed = new RunFeed({ registry: engine.runs, hub, log })
  const settings = new SettingsBook(home)
  const state = new StateWatch(home)
  const plans = new Plans({ engine, home, vault, clock, log, settings: () => settings.read() })
  const alarms = new AlarmWatch({ engine, plans, feed, vault, hub, log, clock, home })
  const overview = new OverviewBook(
    engine.places,
    {
      systems: () => plans.systems.list(),
      plans: async () => (await plans.list()).plans.map(planFactsOf),
      checks: () => engine.directors.sites.checks(),
    },
    {
      changed: () => hub.emitSoon('overview.changed'),
      answered: (server, at) =>
        void new ServerTests(home)
          .answered(server, at)
          .then(async forgot => (forgot ? await state.changed(serverTestsFile) : undefined))
          .catch((err: unknown) => log('warn', 'the last test could not be put right', { server, err })),
    },
  )
  const ctx: ServiceContext = {
    ...{ engine, vault, home, env, version, shell, clock, log, learn, hub },
    ...{ feed, settings, state, plans, alarms, overview },
  }
  const handlers: Handlers = {
    ...appHandlers(ctx),
    ...directorHandlers(ctx),
    ...folderHandlers(),
    ...overviewHandlers(ctx),
    ...planHandlers(ctx),
    ...pointHandlers(ctx),
    ...proofHandlers(ctx),
    ...restoreHandlers(ctx),
    ...runHandlers(ctx),
    ...serverHandlers(ctx),
    ...siteHandlers(ctx),
    ...stateHandlers(ctx),
    ...switchHandlers(ctx),
    ...vaultHandlers(ctx),
  }
  const endTelling = tellChanges(ctx)
  await state.start()
  void feed.start()
  alarms.start()
  const holding = plans
    .hold(shell)
    .catch((err: unknown) => log('error', 'the schedule could not be taken', { err }))
  const endPruning = pruneDaily(engine.runs, {
    days: async () => (await settings.read()).runDays,
    clock,
    log,
    gone: () => hub.emit('run.removed', undefined),
  })
  const close = async () => {
    await Promise.all([holding, endPruning()])
    // First, while what it changes can still be told: runs of plans are stopped in good order.
    await plans.close()
    alarms.stop()
    endTelling()
    state.close()
    await Promise.all([feed.close(), overview.stop()])
    await engine.close()
  }
  return {
    service: serviceOf({ handlers, hub, log, mask: masker.mask }),
    engine,
    runsHere: () => feed.here(),
    recheck: () => {
      plans.look()
      alarms.look()
      void feed.look()
    },
    close,
  }
}
