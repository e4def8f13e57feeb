import { failureCodes } from '../../../shared/failure.ts'
import { EngineError } from '../engine-error.ts'
import type { ProbeReport } from './object-store.ts'

/** Why backups cannot be kept on a server, going by what its probe saw; null when they can. */
export function probeFailure(report: ProbeReport, name: string): EngineError | null {
  const stop = report.checks.find(check => !check.ok && check.level === 'stop')
  if (!stop) return null
  // Some probes put the code of what went wrong in front of its words.
  const [, said, words] = /^([a-z]+(?:\.[a-z-]+)?)(?:: (.*))?$/s.exec(stop.detail) ?? []
  const code = failureCodes.find(known => known === said)
  if (code !== undefined)
    return new EngineError(code, 'server.test', {
      subject: name,
      ...(words === undefined ? {} : { detail: words }),
    })
  const denied = /denied|permission|forbidden|not allowed|EACCES|EROFS|read-only/i.test(stop.detail)
  return new EngineError(denied ? 'auth.denied' : 'remote.unsupported', 'server.test', {
    subject: name,
    detail: `${stop.name}: ${stop.detail}`,
  })
}
