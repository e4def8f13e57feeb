import { lstat } from 'node:fs/promises'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'

export function planHandlers(ctx: ServiceContext): HandlersOf<'system' | 'plan' | 'alarm' | 'outage'> {
  const { plans, feed, learn, alarms, state } = ctx
  const { systems, outage } = plans
  return {
    'system.list': async () => ({ systems: await systems.list() }),
    'system.save': async ({ record, replaces }) => await systems.save(record, replaces),
    'system.remove': async ({ name }) => {
      await systems.remove(name)
    },

    'plan.list': async () => {
      const { plans: all, unreadable, holder } = await plans.list()
      return { plans: all, unreadable, holder: { who: holder.who, about: holder.about } }
    },
    'plan.save': async ({ settings, replaces, passphrase, revision }) => {
      learn(passphrase)
      return await plans.save(settings, replaces, passphrase, revision)
    },
    'plan.start': async ({ name }) => await plans.start(name),
    'plan.stop': async ({ name }) => await plans.stop(name),
    'plan.run': async ({ name }) => ({ runId: feed.started((await plans.run(name)).run) }),
    'plan.remove': async ({ name }) => {
      await plans.remove(name)
    },
    'plan.preview': async input => await plans.preview(input),

    'plan.missing': async ({ paths }) => {
      const there = await Promise.all(paths.map(isThere))
      return { missing: paths.filter((_, index) => !there[index]) }
    },

    'alarm.list': async () => ({ alarms: await alarms.list() }),

    'outage.get': async () => ({ outage: await outage.get() }),
    'outage.declare': async ({ note }) => {
      const declared = await outage.declare(note, { hold: true })
      await state.changed('outage.json')
      alarms.look()
      return declared
    },
    'outage.end': async () => {
      await outage.end()
      await state.changed('outage.json')
    },
  }
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )
