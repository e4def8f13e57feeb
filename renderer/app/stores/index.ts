import { createStore } from 'zustand/vanilla'
import type { Settings } from '../../../shared/contract/app.ts'
import type { Result } from '../../../shared/result.ts'
import type { Call, Link, LinkState, On } from '../rpc.ts'
import { type AskedStore, createAsked } from './asked.ts'
import { createClock } from './clock.ts'
import { createRuns } from './runs.ts'

export type Surroundings = {
  call: Call
  on: On
  link: Pick<Link, 'state' | 'onState'>
  now: () => number
  /** What the page kept over a reload. */
  kept?: string | null
}

const mapped = async <A, B>(answer: Promise<Result<A>>, pick: (value: A) => B): Promise<Result<B>> => {
  const result = await answer
  return result.ok ? { ok: true, value: pick(result.value) } : result
}

/** All that pages share. `start` asks for everything, follows events, and asks anew whenever the connection is back. */
export function createStores({ call, on, link, now, kept }: Surroundings) {
  const connection = createStore<{ state: LinkState; lastKnown: number | null }>(() => ({
    state: link.state,
    lastKnown: null,
  }))
  const clock = createClock(now)
  const about = createAsked(() => call('app.about'), now)
  const settings = createAsked(() => call('settings.get'), now)
  const vault = createAsked(() => call('vault.status'), now)
  const servers = createAsked(() => call('server.list'), now)
  const plans = createAsked(() => call('plan.list'), now)
  const systems = createAsked(() => mapped(call('system.list'), value => value.systems), now)
  const alarms = createAsked(() => mapped(call('alarm.list'), value => value.alarms), now)
  const outage = createAsked(() => mapped(call('outage.get'), value => value.outage), now)
  const overview = createAsked(() => call('overview.get'), now)
  const runs = createRuns({ call, now }, kept)

  const asked: AskedStore<unknown>[] = [
    about,
    settings,
    vault,
    servers,
    plans,
    systems,
    alarms,
    outage,
    overview,
  ]
  const refreshAll = () => {
    for (const store of asked) void store.refresh()
    void runs.refresh()
  }

  /** @returns stops everything */
  const start = () => {
    const ends = [
      clock.start(),
      link.onState(state => {
        const { state: before, lastKnown } = connection.getState()
        connection.setState({
          state,
          lastKnown: state.is === 'open' ? null : before.is === 'open' ? now() : lastKnown,
        })
        // Events were missed meanwhile.
        if (state.is === 'open') refreshAll()
      }),
      on('run.changed', snapshot => runs.apply(snapshot)),
      on('run.removed', () => void runs.refresh()),
      on('server.changed', () => void servers.refresh()),
      on('plan.changed', () => {
        void plans.refresh()
        void systems.refresh()
      }),
      on('alarm.changed', told => alarms.take(told.alarms)),
      on('outage.changed', told => outage.take(told.outage)),
      on('settings.changed', told => settings.take(told)),
      on('vault.changed', told => vault.take(told)),
      on('overview.changed', () => void overview.refresh()),
    ]
    if (link.state.is === 'open') refreshAll()
    return () => {
      for (const end of ends) end()
    }
  }

  const saveSettings = async (next: Settings) => {
    const answer = await call('settings.save', next)
    if (answer.ok) settings.take(answer.value)
    return answer
  }

  return {
    connection,
    clock,
    about,
    settings,
    vault,
    servers,
    plans,
    systems,
    alarms,
    outage,
    overview,
    runs,
    start,
    saveSettings,
  }
}

export type Stores = ReturnType<typeof createStores>
