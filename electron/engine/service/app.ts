import { hostname, networkInterfaces, userInfo } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { settingsFile } from './settings-book.ts'

export function appHandlers(ctx: ServiceContext): HandlersOf<'app' | 'settings'> {
  const { settings, state } = ctx
  return {
    'app.about': async () => ({
      version: ctx.version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      host: hostname(),
      user: userInfo().username,
      home: ctx.home,
      shell: ctx.shell,
      zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      now: new Date(ctx.clock.now()).toISOString(),
      network: Object.values(networkInterfaces()).some(addresses =>
        addresses?.some(address => !address.internal),
      ),
    }),
    'settings.get': () => settings.read(),
    'settings.save': async next => {
      if (isDeepStrictEqual(next, await settings.read())) return next
      await settings.save(next)
      await state.changed(settingsFile)
      return next
    },
  }
}
