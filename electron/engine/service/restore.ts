import { fetchEntryList } from '../archive/entry-list-reader.ts'
import { join } from 'node:path'
import type { AskedOf } from '../../../shared/contract/index.ts'
import { rawToDisplay, pathFromFields } from '../archive/raw-path.ts'
import { EngineError } from '../engine-error.ts'
import { vendorEntry } from '../points/vendor-point.ts'
import type { RestoreOptions } from '../restore/options.ts'
import { confirmWord, preflight, seenNow } from '../restore/preflight.ts'
import type { RestoreSource } from '../restore/preflight-count.ts'
import { pageOfRestore } from '../restore/preflight-count.ts'
import { PreflightTokens, refused } from '../restore/preflight-tokens.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { openedBy } from './opened-by.ts'

type Request = AskedOf<'restore.preflight'>['request']

export function restoreHandlers(ctx: ServiceContext): HandlersOf<'restore'> {
  const { engine, vault, hub, feed, settings, clock } = ctx
  const deps = { places: engine.places, vaultStatus: () => vault.status() }
  const tokens = new PreflightTokens(() => clock.monotonic())

  const sourceOf = async (options: RestoreOptions, request: Request, signal: AbortSignal) => {
    const { point, server } = options
    const { manifest, vendor } = await engine.points.open(point, { server, signal })
    if (vendor) return { vendor: vendor.map(vendorEntry) } satisfies RestoreSource
    const [file] = manifest.files
    if (!file) throw new EngineError('data.format', 'restore.preview', { subject: point })
    const store = await engine.servers.open(server)
    const list = await fetchEntryList(store, file, join(ctx.home, 'cache'), signal)
    const secret = file.encryption ? ((await openedBy(ctx, point, request.secret)) ?? {}) : undefined
    return { list, file, secret } satisfies RestoreSource
  }

  return {
    'restore.preflight': async ({ id, request }, signal) => {
      const secret = await openedBy(ctx, request.point, request.secret)
      const told = (line: Parameters<typeof hub.emit<'restore.checked'>>[1]['line']) =>
        hub.emit('restore.checked', { id, line })
      const result = await preflight(deps, optionsOf(request), secret, { signal, told })
      const { seen, target, ...shown } = result
      const token = tokens.issue(request, { good: shown.verdict !== 'NO-GO', seen, target })
      return { ...shown, token }
    },
    'restore.preview': async ({ request, from, limit }, signal) => {
      const options = optionsOf(request)
      const source = await sourceOf(options, request, signal)
      const { lines, more } = await pageOfRestore(
        { source, options, foldsCase: false },
        { from, limit },
        signal,
      )
      return {
        lines: lines.map(({ action, kind, size, detail, ...path }) => ({
          path: rawToDisplay(pathFromFields(path)),
          action,
          kind,
          size,
          ...(detail === undefined ? {} : { detail }),
        })),
        more,
      }
    },
    'restore.start': async ({ request, token, typed }, signal) => {
      const options = optionsOf(request)
      const word = confirmWord(options)
      const { seen, target, giveBack } = tokens.take(token, request)
      try {
        if (typed !== word)
          throw new EngineError('input.invalid', 'restore.start', {
            subject: 'typed',
            detail: `the word to type is ${word}`,
          })
        if ((await seenNow(deps, options, target, signal)) !== seen)
          throw refused('the restore point or the target has changed since the preflight: check again')
        const secret = await openedBy(ctx, request.point, request.secret)
        const { limit } = await settings.read()
        const run = await engine.startRestore({ ...options, limit: options.limit ?? limit }, secret)
        return { runId: feed.started(run) }
      } catch (err) {
        giveBack()
        throw err
      }
    },
  }
}

const optionsOf = (request: Request): RestoreOptions => {
  const { secret: _, ...options } = request
  return options
}
