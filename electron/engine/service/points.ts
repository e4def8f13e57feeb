import { hostname, userInfo } from 'node:os'
import { pathFromFields } from '../archive/raw-path.ts'
import {
  PointBrowser,
  keepPoint,
  listOnServer,
  purgePoint,
  putBackPoint,
  removePoint,
} from '../points/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { openedBy } from './opened-by.ts'
import { given } from './runs.ts'

export function pointHandlers(ctx: ServiceContext): HandlersOf<'point'> {
  const { engine, feed, settings, hub } = ctx
  const { places } = engine
  const browser = new PointBrowser(places.servers, ctx.home)
  const by = `${userInfo().username}@${hostname()}`
  const changed = (server: string) => hub.emit('point.changed', { server })
  return {
    'point.list': async ({ server, all }, signal) => await listOnServer(places, server, { all, signal }),
    'point.show': async ({ point, server }, signal) => {
      const opened = await engine.points.open(point, { server, signal })
      const { manifest, vendor } = opened
      // For files of a vendor's own tool the manifest is made up: what it cannot know is not shown.
      const ours = vendor === undefined
      return {
        point: opened.point,
        server: opened.server,
        base: (ours && manifest.source.kind === 'files' ? manifest.source.base : null) ?? null,
        host: ours ? manifest.host : null,
        tool: ours ? `${manifest.tool.name} ${manifest.tool.version}` : null,
        created: ours ? utcOrNull(manifest.started) : null,
        encrypted: manifest.encryption !== null,
        content: {
          entries: vendor?.length ?? sum(manifest.files, file => file.entries.count),
          files: vendor?.length ?? sum(manifest.files, file => file.entries.files),
          bytes: vendor ? sum(vendor, file => file.size) : sum(manifest.files, file => file.contentBytes),
        },
        files: vendor
          ? vendor.map(({ name, size }) => ({ ...unknownFile, name, bytes: size }))
          : manifest.files.map(file => ({
              name: file.name,
              component: file.component,
              bytes: file.size,
              sha256: file.sha256,
              compression: file.compression,
              encryption: file.encryption !== null,
            })),
        howToRestore: ours ? manifest.restore : null,
      }
    },
    'point.browse': async ({ point, server, folder, folderBase64, from, limit, secret }, signal) => {
      const path = pathFromFields({ path: folder, pathBase64: folderBase64 })
      const of = { point, server, secret: await openedBy(ctx, point, secret), signal }
      return await browser.children(of, path, { from, limit })
    },
    'point.find': async ({ point, server, text, limit, secret }, signal) => {
      const of = { point, server, secret: await openedBy(ctx, point, secret), signal }
      return await browser.find(of, text, limit)
    },
    'point.verify': async ({ point, server, deep, secret }) => {
      const { limit } = await settings.read()
      const opens = await openedBy(ctx, point, secret)
      const kept = given(secret) === undefined
      const run = await engine.startVerify({ point, server, deep, limit }, opens && { ...opens, kept })
      return { runId: feed.started(run) }
    },
    'point.copy': async ({ point, from, to }) => {
      const { limit } = await settings.read()
      return { runId: feed.started(await engine.startCopy({ point, from, to, limit })) }
    },
    'point.remove': async ({ point, server, force }, signal) => {
      const { trashDays } = await settings.read()
      await removePoint(places, { point, server, by, signal, trashDays, force })
      changed(server)
    },
    'point.putBack': async ({ point, server }, signal) => {
      await putBackPoint(places, { point, server, by, signal })
      changed(server)
    },
    'point.purge': async ({ point, server }, signal) => {
      await purgePoint(places, { point, server, by, signal })
      changed(server)
    },
    'point.keep': async ({ point, server, kept }, signal) => {
      await keepPoint(places, { point, server, by, signal, kept })
      changed(server)
    },
  }
}

const unknownFile = { component: '', sha256: null, compression: 'unknown', encryption: false }

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

const utcOrNull = (time: string): string | null =>
  Number.isNaN(Date.parse(time)) ? null : new Date(time).toISOString()
