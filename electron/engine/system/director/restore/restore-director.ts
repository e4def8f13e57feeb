import type { z } from 'zod'
import type { directorRequest } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { RestoreAnswers } from '../answers.ts'
import { AnsibleReader } from '../dialog/ansible.ts'
import { hostStateOf } from '../dialog/host-state.ts'
import { secretAnswers } from '../dialog/prompts.ts'
import { SetupDialog } from '../dialog/setup-dialog.ts'
import { TerminalLog } from '../dialog/terminal-log.ts'
import type { Host } from '../host/host.ts'
import type { JobLink } from '../job/job.ts'
import { jobLink } from '../job/job-link.ts'
import { startJob } from '../job/start-job.ts'
import { JobConnection } from './connection.ts'
import { hostVersion } from './host-version.ts'
import { note, readMarks } from './journal-marks.ts'
import type { Marks } from './journal-marks.ts'
import { watchScript } from './script-watch.ts'
import { StateFile, firstState, readState } from './state-file.ts'

export type Request = z.infer<typeof directorRequest>

/** What the body of a Director restore needs from its surroundings. */
export type DirectorRestoreDeps = {
  deployment: Deployment
  clock: Clock
  /** `user@host` of whoever started it. */
  who: string
  mask: (text: string) => string
  learn: (secret: unknown) => void
  openHost: () => Promise<Host>
  /** What the script is told; null when it cannot be had (any more): then the operator is asked. `started`: it runs. */
  answers: (host: Host, started: boolean) => Promise<RestoreAnswers | null>
  /** Writes both YAML files; answers what the old ones are called now. */
  write: (host: Host) => Promise<string[]>
  /** Copies the present configuration to a server; only called when one was chosen. */
  safetyCopy: (host: Host) => Promise<void>
  /** Ends the serving of files and forgets secrets that were kept for this run. */
  tidy: (host: Host) => Promise<void>
}

/**
 * Restores a Director: writes its two YAML files and runs `setup.sh` to its end, detached on its host. Going on with it
 * attaches to the script that runs there, or has run; it never starts one, which takes a preflight. A cancel presses Ctrl-C.
 */
export async function restoreDirector(
  run: ActiveRun,
  request: Request,
  deps: DirectorRestoreDeps,
): Promise<{ outcome: unknown }> {
  const marks = await readMarks(run)
  if (marks.ended) throw notAgain(run.id)
  run.progress({ phase: 'connecting' })
  const host = await deps.openHost()
  const told = () => run.progress({})
  const state = new StateFile(run.folder, (await readState(run.folder)) ?? firstState(host.about), told)
  const ansible = new AnsibleReader(deps.mask)
  const link = jobLink(host, run.id)
  const connection = new JobConnection(link, (why, waitMs) => {
    const next = `asked again in ${Math.round(waitMs / 1000)} s`
    const seen = { ansible: ansible.state, started: true, ended: null, lost: false }
    state.change({
      link: 'lost',
      nextTry: new Date(deps.clock.now() + waitMs).toISOString(),
      hostState: hostStateOf({ ...seen, link: 'lost' }),
    })
    run.log(`${host.about}: ${why.message}; ${next}`)
    run.progress({
      stalled: `the connection to ${host.about} is lost; setup.sh runs on there; ${next}`,
    })
  })
  try {
    state.change({ folder: deps.deployment.place.folder, hostVersion: await hostVersion(host, run.signal) })
    await state.flush()
    const answers = await prepare(run, request, { deps, marks, host, link })
    // How much there is, the script does not say; what was copied before was another matter.
    run.progress({ phase: 'vendor script', total: null })
    const terminal = await TerminalLog.open(run.folder, { mask: deps.mask })
    const dialog = new SetupDialog(answers)
    const { clock, learn } = deps
    const { asked } = marks
    const ended = await watchScript({
      ...{ run, connection, dialog, terminal, ansible, state, clock, learn, asked },
    })
    const lost = ended.lost === true
    await note(run, { mark: 'ended', exit: ended.exit, lost })
    await leave(run, host, connection, deps)
    await state.flush()
    run.signal.throwIfAborted()
    const { recap } = ansible.state
    if (lost) throw lostScript(host.about)
    if (ended.exit !== 0)
      throw new EngineError('local.command', 'director.restore', {
        subject: 'setup.sh',
        detail: `${ended.signal === null ? `it ended with ${ended.exit}` : `${ended.signal} ended it`}${ansible.trouble === null ? '' : `; ${ansible.trouble}`}`,
      })
    for (const { host: name, failed, unreachable } of recap)
      if (failed + unreachable > 0)
        run.problem({
          code: 'target.failed',
          subject: name,
          detail: `${failed} tasks failed and ${unreachable} did not reach it, though setup.sh ended with 0`,
        })
    return { outcome: { exit: ended.exit, recap, written: marks.written?.kept ?? [] } }
  } finally {
    await state.flush().catch((err: unknown) => run.log(`its state could not be written: ${String(err)}`))
    await host.close()
  }
}

/** Finds the script of an earlier process, or does all that comes before it and starts it. */
async function prepare(
  run: ActiveRun,
  request: Request,
  on: { deps: DirectorRestoreDeps; marks: Marks; host: Host; link: JobLink },
): Promise<RestoreAnswers | null> {
  const { deps, marks, host, link } = on
  if (marks.started || (marks.starting && (await link.status()).is !== 'unknown'))
    return await deps.answers(host, true)
  // What was confirmed may be another by now: only a preflight and the typed names may erase a host.
  if (run.resumed) throw neverStarted(run.id)
  if (request.safetyCopy !== null) {
    run.progress({ phase: 'safety copy' })
    await deps.safetyCopy(host)
    await run.checkpoint()
  }
  if (request.fetch === 'served') run.progress({ phase: 'serving files' })
  const answers = await deps.answers(host, false)
  if (answers) deps.learn(secretAnswers(answers))
  await run.checkpoint()
  run.progress({ phase: 'writing' })
  marks.written = { mark: 'written', kept: await deps.write(host) }
  await note(run, marks.written)
  await run.checkpoint()
  await note(run, { mark: 'starting' })
  const { place } = deps.deployment
  await startJob(host, {
    id: run.id,
    folder: place.folder,
    argv: ['./setup.sh', ...(request.mode === 'standalone' ? ['standalone'] : []), 'restore'],
    who: deps.who,
    // As many as the terminal of the page shows on a laptop's screen.
    columns: 100,
    rows: 40,
  })
  await note(run, { mark: 'started' })
  run.log(`setup.sh runs on ${host.about} in ${place.folder}; it goes on there whatever happens here`)
  return answers
}

/** What lies on the host is needed no more. That it cannot be removed changes nothing about the restore. */
async function leave(
  run: ActiveRun,
  host: Host,
  connection: JobConnection,
  deps: DirectorRestoreDeps,
): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  await connection
    .keep(job => job.remove(), signal)
    .catch((err: unknown) => run.log(`what Drydock left on the host is still there: ${String(err)}`))
  await deps
    .tidy(host)
    .catch((err: unknown) => run.log(`the files that were served are still there: ${String(err)}`))
}

const neverStarted = (id: string) =>
  new EngineError('run.not-resumable', 'run.resume', {
    subject: id,
    detail: 'setup.sh was not started, so nothing was erased; a new restore checks everything again',
  })

const notAgain = (id: string) =>
  new EngineError('run.not-resumable', 'run.resume', {
    subject: id,
    detail: 'setup.sh has ended; a new restore starts it again',
  })

const lostScript = (host: string) =>
  new EngineError('remote.failed', 'director.restore', {
    subject: 'setup.sh',
    detail: `${host} went down while it ran: how it ended is not known. ${hostStateOf({ ansible: null, started: true, ended: null, lost: true })}`,
  })
