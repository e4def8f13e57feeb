import { EngineError } from '../../../engine/engine-error.ts'
import type { StoredRun } from '../../../engine/run/index.ts'
import { attachRun, isUnderWay, RunRegistry } from '../../../engine/run/index.ts'
import { drivesScript } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith, withProblems } from '../ending.ts'
import { aroundRun, reportRun, runFields, sayProblems, showProgress } from '../follow-run.ts'
import { table } from '../printable.ts'
import { reportFailure } from '../report.ts'

// Runs are folders: looking at them opens no server, no vault and no engine.
const registryOf = (ctx: CliContext) => new RunRegistry(ctx.home)

export async function runsList(ctx: CliContext): Promise<Ending> {
  const { out } = ctx
  const { records, unreadable } = await registryOf(ctx).list()
  for (const record of records) await out.event('run', runFields(record))
  const rows = records.map(r => [
    r.id,
    r.kind,
    stateText(r),
    r.started.slice(0, 19).replace('T', ' '),
    r.about,
  ])
  if (rows.length > 0)
    for (const line of table([['RUN', 'KIND', 'STATE', 'STARTED (UTC)', 'ABOUT'], ...rows]))
      await out.line(line)
  else if (unreadable.length === 0) out.say('No runs yet.')
  for (const { id, detail } of unreadable) out.say(`${id}: cannot be read: ${detail}`)
  return unreadable.length > 0 ? withProblems() : done()
}

const stateText = (record: StoredRun) =>
  record.state === 'succeeded' && record.problems > 0
    ? `succeeded, ${record.problems} ${record.problems === 1 ? 'problem' : 'problems'}`
    : record.state

export async function runsShow(ctx: CliContext, id: string): Promise<Ending> {
  const { out } = ctx
  const registry = registryOf(ctx)
  const record = await registry.get(id)
  await out.event('run', {
    ...runFields(record),
    progress: record.progress,
    failure: record.failure,
    outcome: record.outcome,
    folder: registry.folderOf(record.id),
  })
  for (const problem of record.firstProblems) await out.event('problem', { ...problem })
  const { progress } = record
  const amount =
    progress.total === null
      ? formatBytes(progress.bytes)
      : `${formatBytes(progress.bytes)} of ${formatBytes(progress.total)}`
  const rows = [
    ['run', record.id],
    ['kind', record.kind],
    ['about', record.about],
    ['state', stateText(record)],
    ['started', record.started],
    ['ended', record.ended ?? 'not yet'],
    ['progress', `${progress.phase}, ${amount}, ${progress.files} files`],
    ['folder', registry.folderOf(record.id)],
  ]
  for (const line of table(rows)) await out.line(line)
  sayProblems(out, record)
  if (record.failure && record.state === 'failed')
    reportFailure(out, ctx.masker.mask, record.failure, aroundRun(record))
  return done({ run: record.id })
}

/** Follows a run of whatever process, and ends with its exit code. Ctrl-C ends the watching, not the run. */
export async function runsWatch(ctx: CliContext, id: string): Promise<Ending> {
  const { out } = ctx
  const registry = registryOf(ctx)
  const record = await registry.get(id)
  if (!out.json) out.say(`Run ${record.id}: ${record.about}`)
  const last = await showProgress(out, attachRun(registry, record), record, ctx.interrupts.signal)
  if (ctx.interrupts.signal.aborted && isUnderWay({ state: last.state })) {
    out.say(`drydock: stopped watching; run ${record.id} goes on`)
    return failedWith('cancelled')
  }
  const stored = await registry.get(record.id)
  if (stored.state === 'succeeded') await out.line(`${stored.id} succeeded: ${stored.about}`)
  return await reportRun(ctx, stored)
}

export async function runsControl(ctx: CliContext, what: 'pause' | 'cancel', id: string): Promise<Ending> {
  const registry = registryOf(ctx)
  const record = await registry.get(id)
  if (record.state === 'succeeded' || record.state === 'failed' || record.state === 'cancelled')
    throw new EngineError('run.conflict', `run.${what}`, {
      subject: record.id,
      detail: `the run ${record.state === 'cancelled' ? 'was already cancelled' : `has already ${record.state}`}`,
    })
  if (drivesScript(record.kind) && record.state === 'interrupted')
    throw new EngineError('run.conflict', `run.${what}`, {
      subject: record.id,
      detail: `nobody watches setup.sh, which may run on its host; drydock director stop ${record.id} presses Ctrl-C there`,
    })
  await attachRun(registry, record)[what]()
  const now = await registry.get(record.id)
  await ctx.out.event('run', runFields(now))
  await ctx.out.line(`${record.id} is ${now.state}`)
  return done({ run: record.id })
}

export async function runsLimit(ctx: CliContext, id: string, bytesPerSecond: number | null): Promise<Ending> {
  const registry = registryOf(ctx)
  const record = await registry.get(id)
  await attachRun(registry, record).setLimit(bytesPerSecond)
  await ctx.out.line(
    bytesPerSecond === null
      ? `${record.id} has no limit now`
      : `${record.id} is limited to ${formatBytes(bytesPerSecond)}/s`,
  )
  return done({ run: record.id })
}
