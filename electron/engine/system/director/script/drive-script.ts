import type { DeploymentPlace } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { RestoreAnswers } from '../answers.ts'
import { AnsibleReader } from '../dialog/ansible.ts'
import type { ScriptDeed } from '../dialog/host-state.ts'
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
import { duringOf, lostScript, neverStarted, notAgain } from './words.ts'

/** What is to be done with `setup.sh`, and what surrounds it. */
export type ScriptDrive = {
  deed: ScriptDeed
  /** Where the script lies and runs. */
  place: DeploymentPlace
  argv: readonly string[]
  clock: Clock
  /** `user@host` of whoever started it. */
  who: string
  mask: (text: string) => string
  learn: (secret: unknown) => void
  openHost: () => Promise<Host>
  /** What has to be done before anything is written; not called for a script that runs already. */
  before: (host: Host) => Promise<void>
  /** What the script is told; null when it cannot be had (any more): then the operator is asked. `started`: it runs. */
  answers: (host: Host, started: boolean) => Promise<RestoreAnswers | null>
  /** Writes the YAML files; answers what the old ones are called now. */
  write: (host: Host) => Promise<string[]>
  /** Takes away whatever was made for this run alone, on the host and in the vault. */
  tidy: (host: Host) => Promise<void>
}

/**
 * Writes the YAML files of a deployment folder and runs its `setup.sh` to the end, detached on its host. Going on with it
 * attaches to the script that runs there, or has run; it never starts one, which takes a preflight. A cancel presses Ctrl-C.
 */
export async function driveScript(run: ActiveRun, drive: ScriptDrive): Promise<{ outcome: unknown }> {
  const { deed } = drive
  const marks = await readMarks(run)
  if (marks.ended) throw notAgain(run.id, deed)
  run.progress({ phase: 'connecting' })
  const host = await drive.openHost()
  const told = () => run.progress({})
  const state = new StateFile(run.folder, (await readState(run.folder)) ?? firstState(host.about), told)
  const ansible = new AnsibleReader(drive.mask)
  const link = jobLink(host, run.id)
  const connection = new JobConnection(link, (why, waitMs) => {
    const next = `asked again in ${Math.round(waitMs / 1000)} s`
    const seen = { ansible: ansible.state, started: true, ended: null, lost: false, deed }
    state.change({
      link: 'lost',
      nextTry: new Date(drive.clock.now() + waitMs).toISOString(),
      hostState: hostStateOf({ ...seen, link: 'lost' }),
    })
    run.log(`${host.about}: ${why.message}; ${next}`)
    run.progress({
      stalled: `the connection to ${host.about} is lost; setup.sh runs on there; ${next}`,
    })
  })
  try {
    state.change({ folder: drive.place.folder, hostVersion: await hostVersion(host, run.signal) })
    await state.flush()
    const answers = await prepare(run, drive, { marks, host, link })
    // How much there is, the script does not say; what was copied before was another matter.
    run.progress({ phase: 'vendor script', total: null })
    const terminal = await TerminalLog.open(run.folder, { mask: drive.mask })
    const dialog = new SetupDialog(answers)
    const { clock, learn } = drive
    const { asked } = marks
    const ended = await watchScript({
      ...{ run, connection, dialog, terminal, ansible, state, clock, learn, asked, deed },
    })
    const lost = ended.lost === true
    await note(run, { mark: 'ended', exit: ended.exit, lost })
    await leave(run, host, connection, drive)
    await state.flush()
    run.signal.throwIfAborted()
    const { recap } = ansible.state
    if (lost) throw lostScript(host.about, deed)
    if (ended.exit !== 0)
      throw new EngineError('local.command', duringOf(deed), {
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
  drive: ScriptDrive,
  { marks, host, link }: { marks: Marks; host: Host; link: JobLink },
): Promise<RestoreAnswers | null> {
  if (marks.started || (marks.starting && (await link.status()).is !== 'unknown'))
    return await drive.answers(host, true)
  // What was confirmed may be another by now: only a preflight and the typed names may change a host.
  if (run.resumed) throw neverStarted(run.id, drive.deed)
  await drive.before(host)
  const answers = await drive.answers(host, false)
  if (answers) drive.learn(secretAnswers(answers))
  await run.checkpoint()
  run.progress({ phase: 'writing' })
  marks.written = { mark: 'written', kept: await drive.write(host) }
  await note(run, marks.written)
  await run.checkpoint()
  await note(run, { mark: 'starting' })
  const { folder } = drive.place
  await startJob(host, {
    id: run.id,
    folder,
    argv: drive.argv,
    who: drive.who,
    // As many as the terminal of the page shows on a laptop's screen.
    columns: 100,
    rows: 40,
  })
  await note(run, { mark: 'started' })
  run.log(`setup.sh runs on ${host.about} in ${folder}; it goes on there whatever happens here`)
  return answers
}

/** What lies on the host is needed no more. That it cannot be removed changes nothing about what the script did. */
async function leave(
  run: ActiveRun,
  host: Host,
  connection: JobConnection,
  { tidy }: ScriptDrive,
): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  await connection
    .keep(job => job.remove(), signal)
    .catch((err: unknown) => run.log(`what Drydock left on the host is still there: ${String(err)}`))
  await tidy(host).catch((err: unknown) =>
    run.log(`what was made for this run is still there: ${String(err)}`),
  )
}
