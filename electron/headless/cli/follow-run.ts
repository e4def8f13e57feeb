import type { Around } from '../../../shared/failure-copy.ts'
import type { Progress, RunKind, RunRecord } from '../../../shared/run.ts'
import { drivesScript } from '../../../shared/run.ts'
import { addSample, type RateSample } from '../../../shared/run-rates.ts'
import type { StartedRun, WatchedRun } from '../../engine/run/index.ts'
import type { CliContext } from './context.ts'
import type { Ending } from './ending.ts'
import { endingOfRun } from './ending.ts'
import type { StopReason } from './interrupts.ts'
import type { Output } from './output.ts'
import { progressLine } from './progress-line.ts'
import { isAsking } from './prompt.ts'
import { reportFailure } from './report.ts'

/** Least time between two progress lines of JSON, and of a log without a terminal, ms. */
const jsonEveryMs = 500
const logEveryMs = 10_000
/** The terminal's line is drawn anew this often even when nothing has changed: a rate that falls must be seen. */
const redrawEveryMs = 1000

/** Shows how a run gets on until it ends or `signal` fires. @returns the last that was seen of it */
export async function showProgress(
  out: Output,
  run: WatchedRun,
  first: RunRecord,
  signal?: AbortSignal,
): Promise<RunRecord> {
  let samples: readonly RateSample[] = []
  let last = first
  let saidAt = -Infinity
  let loggedAt = performance.now()
  let unsaid = true
  let stalled: string | undefined
  let toldStalled: string | undefined
  const draw = () => {
    const { columns } = out
    if (!out.json && columns !== null && !isAsking())
      out.redraw(progressLine(last.progress, last.state, samples, performance.now(), columns - 1))
  }
  const ticker = setInterval(draw, redrawEveryMs)
  ticker.unref()
  try {
    for await (const record of run.snapshots(signal)) {
      last = record
      const now = performance.now()
      const { bytes, received } = record.progress
      samples = addSample(samples, { at: now, bytes, ...(received !== undefined && { received }) })
      // What it waits for may be the last word for hours: it is not left out.
      const waits = record.progress.stalled !== stalled
      stalled = record.progress.stalled
      unsaid = !waits && now - saidAt < jsonEveryMs
      if (!unsaid) {
        saidAt = now
        await out.event('progress', progressFields(record.id, record.progress))
      }
      draw()
      if (out.columns === null && stalled !== undefined && stalled !== toldStalled) {
        toldStalled = stalled
        out.say(`Waiting: ${stalled}`)
      }
      if (!out.json && out.columns === null && now - loggedAt >= logEveryMs) {
        loggedAt = now
        out.say(progressLine(record.progress, record.state, samples, now, 200))
      }
    }
  } finally {
    clearInterval(ticker)
  }
  if (unsaid) await out.event('progress', progressFields(last.id, last.progress))
  return last
}

const progressFields = (run: string, { phase, bytes, total, files, received, stalled }: Progress) => ({
  run,
  phase,
  bytes,
  total,
  files,
  ...(received === undefined ? {} : { received }),
  ...(stalled === undefined ? {} : { stalled }),
})

/**
 * Follows a run of this process to its end. Ctrl-C asks it to cancel and says what that leaves behind; a request to
 * end the process stops it so that it can be resumed.
 */
export async function followRun(ctx: CliContext, run: StartedRun): Promise<RunRecord> {
  const { out } = ctx
  if (!out.json) out.say(`Run ${run.id}: ${run.record.about}`)
  const stop = (reason: StopReason) => {
    out.say(`Stopping. ${leftBehind(run.record.kind, run.id, reason)} Ctrl-C again leaves at once.`)
    run.stop(reason)
  }
  return await ctx.interrupts.during(stop, async () => {
    await showProgress(out, run, run.record)
    return await run.done
  })
}

/** What a cancel leaves, in words. */
export function leftBehind(kind: RunKind, id: string, reason: StopReason): string {
  if (reason === 'shutdown' && kind !== 'director-backup')
    return `What was confirmed stays; drydock runs resume ${id} goes on there.`
  switch (kind) {
    case 'director-backup':
      return `What was sent of this restore point is taken off the servers again; earlier ones and the latest copies are not touched. drydock runs resume ${id} begins anew.`
    case 'backup':
      return 'What was sent of this restore point is taken off the servers again; earlier ones are not touched.'
    case 'restore':
      return 'Files that are finished stay; no half-written one stays under its real name.'
    case 'verify':
      return 'A verification changes nothing and leaves nothing behind.'
    case 'copy':
      return 'The copy does not count until it is complete; its source is not touched.'
    case 'director-adopt':
      return 'An adoption changes nothing where the files are; no manifest was written.'
    case 'director-switch':
    case 'director-restore':
      return 'The vendor script is stopped where it stands; what it changed on the hosts stays changed.'
  }
}

/** The end of a run: its `run` line, its problems, and why it failed. */
export async function reportRun(
  ctx: CliContext,
  record: RunRecord,
  extra: Record<string, unknown> = {},
): Promise<Ending> {
  const { out } = ctx
  for (const problem of record.firstProblems) await out.event('problem', { run: record.id, ...problem })
  await out.event('run', runFields(record))
  sayProblems(out, record)
  if (record.state === 'failed' && record.failure)
    reportFailure(out, ctx.masker.mask, record.failure, aroundRun(record))
  else if (record.state === 'cancelled') {
    out.say(
      `drydock: ${record.failure?.detail ?? 'cancelled'}.${drivesScript(record.kind) ? '' : ` drydock runs resume ${record.id} ${record.kind === 'director-backup' ? 'begins it anew' : 'takes it up again'}.`}`,
    )
    if (record.kind === 'restore')
      out.say(
        `  A file that was half written may stand as .drydock-….partial; drydock runs resume ${record.id} uses it and takes it away.`,
      )
  } else if (record.state === 'interrupted') sayInterrupted(out, record)
  return endingOfRun(record, { run: record.id, ...extra })
}

/** What advice about a run's failure can name. */
export function aroundRun({ id, kind, options, failure }: RunRecord): Around {
  const { server, servers, from, to, deployment } = (options ?? {}) as Record<string, unknown>
  const named = [server, from, to, ...(Array.isArray(servers) ? (servers as unknown[]) : [])].filter(
    name => typeof name === 'string',
  )
  // Of several it is the one that the failure is about, if it says so.
  const about = named.length === 1 ? named[0] : named.find(name => name === failure?.subject)
  return {
    run: id,
    ...(about === undefined ? {} : { server: about }),
    ...(typeof deployment === 'string' ? { deployment } : {}),
    ...(drivesScript(kind) ? { attach: id } : {}),
    ...(kind === 'director-backup' ? { anew: true } : {}),
  }
}

export const runFields = ({ id, kind, state, problems, about, started, ended }: RunRecord) => ({
  id,
  kind,
  state,
  problems,
  about,
  started,
  ended,
})

export function sayProblems(out: Output, record: RunRecord): void {
  if (record.problems === 0) return
  out.say(`${record.problems} ${record.problems === 1 ? 'problem' : 'problems'}:`)
  for (const { code, subject, detail } of record.firstProblems) out.say(`  ${code}  ${subject}: ${detail}`)
  const more = record.problems - record.firstProblems.length
  if (more > 0) out.say(`  and ${more} more, in problems.jsonl of the run`)
}

function sayInterrupted(out: Output, { id, kind }: RunRecord): void {
  out.say(`drydock: ${id}: the process that worked on this run is gone`)
  if (kind === 'director-backup') {
    out.say('  Safe: earlier restore points and the latest copies are not touched.')
    return out.say(`  To do: drydock runs resume ${id} begins it anew, and takes away what was sent of it.`)
  }
  out.say('  Safe: what was confirmed so far is kept; no half-written file stands under its real name.')
  out.say(`  To do: drydock runs resume ${id}`)
}
