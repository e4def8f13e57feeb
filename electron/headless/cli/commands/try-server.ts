import { EngineError } from '../../../engine/engine-error.ts'
import type { ProbeReport } from '../../../engine/store/object-store.ts'
import { probeFailure } from '../../../engine/store/probe-failure.ts'
import type { ServerRecord } from '../../../engine/store/server-record.ts'
import type { CliContext } from '../context.ts'
import type { Session } from '../session.ts'
import { withPins } from '../session.ts'

/**
 * Tries a server out before anything about it is saved.
 * @returns the record with what was learned, and with the host keys a person has vouched for
 * @throws EngineError why it cannot be used; a check that says `stop` is one too
 */
export async function tryServer(
  ctx: CliContext,
  session: Session,
  record: ServerRecord,
  secrets: unknown,
  during: 'server.add' | 'server.edit',
): Promise<ServerRecord> {
  try {
    const report = await session.engine.servers.tryOut(record, secrets, ctx.interrupts.signal)
    await showReport(ctx, report)
    stopOn(report, record.name)
    return withPins({ ...record, learned: { ...record.learned, ...report.learned } }, session.pins)
  } catch (err) {
    // What to do next depends on whether there is a saved server yet.
    throw err instanceof EngineError ? from(err, during) : err
  }
}

const from = (err: EngineError, during: string): EngineError =>
  new EngineError(err.code, during, {
    ...(err.subject === undefined ? {} : { subject: err.subject }),
    ...(err.detail === undefined ? {} : { detail: err.detail }),
    cause: err,
  })

/** One line per check; those that stop or warn are marked in words. */
export async function showReport({ out }: CliContext, report: ProbeReport): Promise<void> {
  for (const { name, ok, level, detail } of report.checks) {
    await out.event('check', { name, ok, level, detail })
    const mark = ok ? 'ok  ' : level === 'stop' ? 'FAIL' : level === 'warn' ? 'warn' : 'note'
    await out.line(`  ${mark}  ${name}: ${detail}`)
  }
}

/** @throws EngineError when a check found that backups cannot be kept there */
export function stopOn(report: ProbeReport, name: string): void {
  const failure = probeFailure(report, name)
  if (failure) throw failure
}
