import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { drivesScript, isBackup } from '../../../shared/run.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatBytes, formatClock } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { isResumable } from '../../app/run-words.ts'
import { Button, LinkButton, Notice, Trouble } from '../../ui/index.ts'
import { PointLink } from './run-actions.tsx'
import { type Cure, cureOf } from './run-failed.ts'
import { countsOf, madeByOther, pointsOf, type Points, type RestoreCounts } from './run-model.ts'
import css from './runs.module.css'

/** How a run ended, and the next step. */
export function RunEnded({ run }: { run: RunSnapshot }) {
  const { state, failure } = run
  const cure = cureOf(run)
  if (state === 'failed' && failure)
    return (
      <Trouble
        failure={failure}
        around={around(run)}
        log={run.id}
        {...(run.ended !== null && { at: formatClock(run.ended, true) })}
        {...(isResumable(run) && { todo: resumeWords(run) })}
        {...(cure && { todo: cureWords(run, cure), actions: <CureLink cure={cure} /> })}
        {...(isDamage(run) && { todo: damageWords, actions: <DamagedPoint run={run} /> })}
      />
    )
  if (state === 'cancelled')
    return (
      <Notice tone="idle" icon="info">
        <b>Cancelled{byShutdown(run) ? ' because Drydock was shut down' : ''}.</b> {keeps(run)}
      </Notice>
    )
  if (state === 'interrupted')
    return (
      <Notice tone="warn">
        <b>Interrupted: nobody works on it any more.</b> The process that ran it is gone. What was confirmed
        is kept, and Resume goes on there.
      </Notice>
    )
  if (state === 'succeeded') return <Succeeded run={run} />
  return null
}

function keeps(run: RunSnapshot): string {
  switch (run.kind) {
    case 'verify':
      return 'It left nothing behind.'
    case 'director-backup':
      return 'What was sent of it was taken off the servers again, the latest copies stay; Resume begins anew.'
    case 'backup':
      return byShutdown(run)
        ? 'What was confirmed is kept, and Resume goes on there.'
        : 'What was sent of it was taken off the servers again; Resume begins anew.'
    case 'restore':
      return 'Files that were finished stay; Resume goes on inside the unfinished one.'
    case 'copy':
      return 'The copy does not count, its source is untouched; Resume goes on where it was.'
    case 'director-adopt':
      return 'It left nothing behind; Resume reads the files again.'
    case 'director-switch':
    case 'director-restore':
      return 'What the vendor script changed on the hosts stays changed.'
  }
}

const byShutdown = ({ cancelledBy }: RunSnapshot) => cancelledBy === 'shutdown'

/** A verification that found damage cannot be taken up, and need not be. */
const isDamage = ({ kind, failure }: RunSnapshot) =>
  kind === 'verify' && (failure?.code === 'data.damaged' || failure?.code === 'data.missing')
const damageWords =
  'Verify the copies on other servers; a good one can be copied here again, and restored from.'

function DamagedPoint({ run }: { run: RunSnapshot }) {
  const looked = pointsOf(run)
  const server = looked?.servers[0]
  return looked && server !== undefined ? <PointLink point={looked.point} server={server} /> : null
}

/** The way to where a host's key is trusted, or another login given. */
function CureLink({ cure: { at, name } }: { cure: Cure }) {
  return at === 'site' ? (
    <LinkButton size="small" href={href({ page: 'sites', mode: 'show', name })}>
      Check the Director
    </LinkButton>
  ) : (
    <LinkButton size="small" href={href({ page: 'servers', mode: 'show', name })}>
      {`Check ${name}`}
    </LinkButton>
  )
}

function cureWords(run: RunSnapshot, { at, name }: Cure): string {
  const where = at === 'site' ? `on the page of the Director ${name}` : `on the page of the server ${name}`
  const then = `then Resume ${resumes(run)}.`
  switch (run.failure?.code) {
    case 'trust.host-key-unknown':
      return `Compare the fingerprint with one from its administrator and trust the key ${where}; ${then}`
    case 'trust.host-key-changed':
      return `Ask its administrator. Only if the change is real, trust the new key ${where}; ${then}`
    case 'auth.rejected':
    case 'auth.secret-missing':
      return `Check the login ${where}; ${then}`
    default:
      return `Mend the cause, ${then}`
  }
}

const resumes = ({ kind }: RunSnapshot) =>
  kind === 'director-backup' ? 'begins anew' : 'goes on where it was'

const resumeWords = (run: RunSnapshot) =>
  run.failure?.code === 'auth.secret-missing' || run.failure?.code === 'auth.passphrase'
    ? 'Resume asks for what opens the restore point.'
    : `Mend the cause, then Resume ${resumes(run)}.`

/** Sizes are no proof of content, and stored bytes none of what they decrypt to. */
function whatWasVerified({ options, outcome }: RunSnapshot): string {
  const { deep } = (options ?? {}) as { deep?: unknown }
  if (deep !== true) return 'all of it is there in full size. Nothing was read back.'
  const { unproven } = (outcome ?? {}) as { unproven?: unknown }
  return `every byte was read back and every hash is right.${typeof unproven === 'string' ? ` Not proven: ${unproven}` : ''}`
}

function around({ id, options }: RunSnapshot) {
  const { server } = (options ?? {}) as { server?: unknown }
  return { run: id, ...(typeof server === 'string' && { server }) }
}

function Succeeded({ run }: { run: RunSnapshot }) {
  const made = pointsOf(run)
  const problems = run.problems > 0
  const counts = countsOf(run)
  const words = `${counted(run.progress.files, 'file')}, ${formatBytes(counts?.bytes ?? run.progress.bytes)}`
  const text = {
    backup: `${made?.point ?? 'A restore point'} is on ${made?.servers.join(', ') ?? 'its servers'}: ${words}.`,
    'director-backup': directorBackupWords(run, made, words),
    restore: `${words} written and checked.${missing(counts)} Its proof says what was compared, and what was not.`,
    verify: `${made?.point ?? 'The point'}: ${whatWasVerified(run)}`,
    copy: `${made?.point ?? 'The point'} is on ${made?.servers.join(', ') ?? 'the other server'} too.`,
    'director-restore':
      'The vendor script ended without a failure. Nobody looked inside the restored databases.',
    'director-adopt': `The hashes of ${counted(run.progress.files, 'file')} are kept${keptOn(run)}. From now on Verify and the preflight of a Director restore show a change.`,
    'director-switch': `The vendor script ended without a failure. ${nextOf(run)}`,
  }[run.kind]
  const first = made?.servers[0]
  return (
    <Notice
      tone={problems ? 'warn' : 'ok'}
      actions={
        // The proof of a restore is the page's own action.
        run.kind !== 'restore' &&
        !drivesScript(run.kind) &&
        made &&
        first !== undefined && (
          <>
            <PointLink point={made.point} server={first} />
            {run.kind !== 'verify' && run.kind !== 'director-adopt' && (
              <Verify point={made.point} server={first} />
            )}
          </>
        )
      }
    >
      <b>{problems ? `Done, with ${counted(run.problems, 'problem')}.` : 'Done.'}</b> {text}
      {isBackup(run.kind) && ' It is unverified until it is read back.'}
    </Notice>
  )
}

const keptOn = ({ options }: RunSnapshot): string => {
  const { on } = (options ?? {}) as { on?: unknown }
  return typeof on === 'string' ? ` on ${on}` : ''
}

/** What a switch-over still needs. */
const nextOf = ({ options }: RunSnapshot): string => {
  const { step } = (options ?? {}) as { step?: unknown }
  return step === 1
    ? 'The other site does not take over before the second step.'
    : step === 2
      ? 'What is left is the address under which the Director is found.'
      : ''
}

function directorBackupWords(run: RunSnapshot, made: Points | null, words: string): string {
  const where = `${made?.point ?? 'A restore point'} is on ${made?.servers.join(', ') ?? 'its servers'}`
  const other = madeByOther(run)
  return other === null
    ? `${where}: ${words}. ${latestWords(run)}`
    : `Already made by ${other} while this waited: ${where}. ${latestWords(run)}`
}

/** What became of the copies that the vendor's script restores by default. */
function latestWords({ outcome }: RunSnapshot): string {
  const { latest } = (outcome ?? {}) as { latest?: unknown }
  const states = Object.entries(typeof latest === 'object' && latest !== null ? latest : {})
  if (states.length === 0) return 'The latest copies stay as they were.'
  const replaced = states.flatMap(([server, state]) => (state === 'replaced' ? [server] : []))
  return replaced.length === states.length
    ? 'The latest copies are of this run.'
    : replaced.length === 0
      ? 'The latest copies are not of this run.'
      : `The latest copies are of this run on ${replaced.join(', ')} only.`
}

/** What a restore did not bring back, and what to do about damage. */
function missing(counts: RestoreCounts | null): string {
  if (!counts) return ''
  const { failed, refused, left, damaged } = counts
  const parts = [
    ...(failed > 0 ? [`${counted(failed, 'entry', 'entries')} failed`] : []),
    ...(refused > 0 ? [`${counted(refused, 'entry', 'entries')} refused`] : []),
    ...(left > 0 ? [`${counted(left, 'entry', 'entries')} left as they stood`] : []),
  ]
  const advice =
    damaged > 0 ? ' What is damaged here may be whole on another server: restore it from there.' : ''
  return parts.length === 0 ? '' : ` ${parts.join(', ')}.${advice}`
}

function Verify({ point, server }: { point: string; server: string }) {
  const call = useCall()
  const verify = useDeed(options => call('point.verify', { point, server, deep: true }, options))
  const start = async () => {
    const answer = await verify.run()
    if (answer?.ok) go({ page: 'runs', mode: 'show', name: answer.value.runId })
  }
  return (
    <span className={css.below}>
      <Button size="small" busy={verify.busy} onClick={() => void start()}>
        {`Verify it on ${server}`}
      </Button>
      {verify.failure && <Trouble failure={verify.failure} />}
    </span>
  )
}
