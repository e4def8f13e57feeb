import type { Engine } from '../engine.ts'
import type { OverviewBook } from '../overview/index.ts'
import type { Clock, Log } from '../ports.ts'
import type { Plans } from '../schedule/index.ts'
import type { UnlockableVault } from '../vault/index.ts'
import type { AlarmWatch } from './alarm-watch.ts'
import type { EventHub } from './event-hub.ts'
import type { RunFeed } from './run-feed.ts'
import type { SettingsBook } from './settings-book.ts'
import type { StateWatch } from './state-watch.ts'

/** Which window this is. */
export type Shell = 'desktop' | 'console'

/** What the handlers work with. One per process. */
export type ServiceContext = {
  readonly engine: Engine
  readonly vault: UnlockableVault
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly shell: Shell
  readonly clock: Clock
  readonly log: Log
  /** Tells the masker of a secret before it is used for anything. */
  readonly learn: (secret: unknown) => void
  readonly hub: EventHub
  readonly feed: RunFeed
  readonly settings: SettingsBook
  readonly state: StateWatch
  readonly plans: Plans
  readonly alarms: AlarmWatch
  readonly overview: OverviewBook
}
