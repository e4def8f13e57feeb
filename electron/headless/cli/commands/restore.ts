import { join, resolve } from 'node:path'
import type { DecryptWith } from '../../../engine/archive/age/key.ts'
import type { Entry } from '../../../engine/archive/entry.ts'
import { pathFields, rawToDisplay } from '../../../engine/archive/raw-path.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { OpenedPoint } from '../../../engine/points/point.ts'
import type { RestoreOptions } from '../../../engine/restore/options.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { followRun } from '../follow-run.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { PointOptions } from './opened-point.ts'
import { openPoint, secretOf } from './opened-point.ts'
import { previewRestore } from './restore-preview.ts'
import { reportRestore } from './restore-report.ts'

export type RestoreCommandOptions = PointOptions & {
  into?: string
  inPlace?: boolean
  only?: string[]
  overwrite: RestoreOptions['overwrite']
  fullPaths?: boolean
  numericIds?: boolean
  special?: boolean
  dryRun?: boolean
  limit?: number
}

export async function restore(
  ctx: CliContext,
  point: string,
  options: RestoreCommandOptions,
): Promise<Ending> {
  const into = targetOf(options, ctx.folder)
  return await withEngine(ctx, options, async session => {
    const opened = await openPoint(ctx, session, point, options)
    const secret = await secretOf(session, opened)
    ctx.masker.learn(secret)
    const asked: RestoreOptions = {
      point: opened.point,
      server: opened.server,
      into,
      only: options.only ?? [],
      overwrite: options.overwrite,
      fullPaths: options.fullPaths === true,
      numericIds: options.numericIds === true,
      special: options.special === true,
      limit: options.limit ?? null,
    }
    await sayFirst(ctx, session, opened, asked, secret)
    if (options.dryRun) return await previewRestore(ctx, session, asked, secret)
    const run = await session.engine.startRestore(asked, secret)
    return await reportRestore(ctx, await followRun(ctx, run))
  })
}

/** @returns the absolute folder to restore into; null for where it came from */
export function targetOf(
  options: Pick<RestoreCommandOptions, 'into' | 'inPlace' | 'fullPaths'>,
  folder: string,
): string | null {
  const invalid = (detail: string) => new EngineError('input.invalid', 'restore.start', { detail })
  if (options.into !== undefined && options.inPlace) throw invalid('--into and --in-place exclude each other')
  if (options.inPlace) {
    if (options.fullPaths)
      throw invalid('--full-paths goes with --into; --in-place restores to where it came from anyway')
    return null
  }
  if (options.into === undefined || options.into === '')
    throw invalid('say where to restore to: --into DIR, or --in-place for where it came from')
  return resolve(folder, options.into)
}

/** The first line: where the first entry will land, so that a wrong target is seen before anything is written. */
async function sayFirst(
  ctx: CliContext,
  session: Session,
  opened: OpenedPoint,
  options: RestoreOptions,
  secret: DecryptWith | undefined,
): Promise<void> {
  const filter = options.only.length > 0 ? { only: options.only } : {}
  let first: Entry | undefined
  for await (const entry of session.engine.points.entries(opened, filter, secret, ctx.interrupts.signal)) {
    first = entry
    break
  }
  if (!first) {
    if (options.only.length > 0)
      throw new EngineError('input.invalid', 'restore.start', {
        subject: opened.point,
        detail: 'no entry matches --only; the whole entry path must match, and * stops at /',
      })
    await ctx.out.line(`${opened.point} holds no entries`)
    return
  }
  const folder = landingFolder(options, opened)
  await ctx.out.event('landing', { folder, ...pathFields(first.path) })
  await ctx.out.line(
    folder === null
      ? `The first entry lands in the folder it came from: ${rawToDisplay(first.path)}`
      : `The first entry lands at ${join(folder, rawToDisplay(first.path))}`,
  )
}

/** The folder that entry paths are put under; null when only the encrypted list knows it. */
export function landingFolder(
  options: Pick<RestoreOptions, 'into' | 'fullPaths'>,
  { manifest }: OpenedPoint,
): string | null {
  const base = manifest.source.kind === 'files' ? manifest.source.base : undefined
  if (options.into === null) {
    if (manifest.source.kind === 'command')
      throw new EngineError('input.invalid', 'restore.start', {
        detail: 'what this point holds came from no folder; use --into DIR',
      })
    return base ?? null
  }
  if (!options.fullPaths || manifest.source.kind === 'command') return options.into
  return base === undefined ? null : join(options.into, base.replace(/^([A-Za-z]):/, '$1'))
}
