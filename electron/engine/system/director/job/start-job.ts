import { z } from 'zod'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { callProgram, putProgram } from './call-program.ts'
import type { JobLink, JobSpec } from './job.ts'
import { jobLink } from './job-link.ts'

const during = 'director.job'

/**
 * Puts the supervisor on the host and lets it run the command. Asked again with the same id, it starts nothing and
 * connects to what is there: so after a lost connection it can be asked again.
 * @throws EngineError `run.conflict` when the folder is locked (detail: `<who> since <UTC>`), `local.command` when the
 *   command is not there or cannot be run, `remote.unsupported` without python3, `remote.not-found` without the folder,
 *   `remote.full`, `auth.denied`
 */
export async function startJob(host: Host, spec: JobSpec, signal?: AbortSignal): Promise<JobLink> {
  const place = { program: 'supervisor', id: spec.id } as const
  if (spec.argv.length === 0 || [...spec.argv, spec.folder].some(word => word.includes('\0')))
    throw new EngineError('input.invalid', during, { subject: 'argv' })
  if (host.local && process.platform === 'win32')
    throw new EngineError('remote.unsupported', during, {
      subject: host.about,
      detail: 'setup.sh is a Linux script: choose a deployment folder on a Linux host, over ssh',
    })
  await putProgram(host, place, during, signal)
  const answer = await callProgram(host, place, ['start'], z.object({ ok: z.literal(true) }), during, {
    input: spec,
    signal,
  })
  if (!answer) throw new EngineError('run.unknown', during, { subject: host.about })
  return jobLink(host, spec.id)
}
