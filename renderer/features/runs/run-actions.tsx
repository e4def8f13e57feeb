import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { InputOf } from '../../../shared/contract/index.ts'
import { runDeeds } from '../../../shared/run.ts'
import { useCall, useDeed, useStores, useUnreachable } from '../../app/app-context.tsx'
import { formatBytes } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { isLive, isResumable, runTitle } from '../../app/run-words.ts'
import {
  AlertDialog,
  Button,
  Dialog,
  Facts,
  Field,
  Form,
  LinkButton,
  Notice,
  Segmented,
  TextArea,
  TextField,
  Trouble,
} from '../../ui/index.ts'
import { cancelWords } from './run-model.ts'

/** What can be done with a run as it stands: pause and cancel while it goes on, take it up or read its report after. */
export function RunActions({ run }: { run: RunSnapshot }) {
  const live = isLive(run)
  return (
    <>
      {live && <LiveActions run={run} />}
      {!live && isRestore(run) && run.state !== 'interrupted' && (
        <LinkButton
          icon="file-check-2"
          kind={run.state === 'succeeded' ? 'primary' : 'plain'}
          pagePrimary={run.state === 'succeeded'}
          href={href({ page: 'proofs', mode: 'show', name: run.id })}
        >
          Open the proof
        </LinkButton>
      )}
      {/* Always there: it waits for what its own resume comes to. */}
      <Resume run={run} />
    </>
  )
}

function LiveActions({ run }: { run: RunSnapshot }) {
  const call = useCall()
  const away = useUnreachable()
  const [asks, setAsks] = useState(false)
  const input = { runId: run.id }
  const pause = useDeed(options => call('run.pause', input, options))
  const goOn = useDeed(options => call('run.continue', input, options))
  const cancel = useDeed(options => call('run.cancel', input, options))
  const deed = runDeeds[run.kind]
  const paused = run.state === 'paused'
  const noPause = run.kind === 'director-backup' ? 'a command on the Director cannot be held' : null
  const cancelling = run.state === 'cancelling'
  const close = () => {
    setAsks(false)
    cancel.clear()
  }
  const submit = async () => {
    const answer = await cancel.run()
    if (answer?.ok) close()
  }
  const pauseInstead = () => {
    close()
    void pause.run()
  }
  const failure = pause.failure ?? goOn.failure
  const { bytes, total } = run.progress
  return (
    <>
      {failure && <Trouble failure={failure} />}
      {paused ? (
        <Button
          icon="play"
          kind="primary"
          pagePrimary
          busy={goOn.busy}
          off={away}
          onClick={() => void goOn.run()}
        >
          Continue
        </Button>
      ) : (
        <Button
          icon="pause"
          busy={pause.busy}
          off={away ?? (cancelling ? 'the run is being cancelled' : noPause)}
          onClick={() => void pause.run()}
        >
          Pause
        </Button>
      )}
      <Button kind="danger-quiet" busy={cancelling} off={away} onClick={() => setAsks(true)}>
        {cancelling ? 'Cancelling' : `Cancel ${deed}`}
      </Button>
      <AlertDialog
        open={asks}
        escape="harmless"
        title={`Cancel this ${deed}?`}
        keep={paused ? 'Keep it paused' : 'Keep running'}
        onKeep={close}
        deed={{ text: `Cancel ${deed}`, onPick: () => void submit(), busy: cancel.busy }}
        {...(!paused &&
          noPause === null && {
            aside: (
              <Button icon="pause" onClick={pauseInstead}>
                Pause instead
              </Button>
            ),
          })}
      >
        <p>
          {formatBytes(bytes)}
          {total === null ? '' : ` of ${formatBytes(total)}`} acknowledged so far.
        </p>
        <Facts
          names="8.25rem"
          facts={[
            ['If you cancel', cancelWords[run.kind].cancel],
            paused || noPause !== null ? null : ['If you only pause', cancelWords[run.kind].pause],
          ]}
        />
        {cancel.failure && <Trouble failure={cancel.failure} />}
      </AlertDialog>
    </>
  )
}

const secretCodes = ['auth.secret-missing', 'auth.passphrase']

/** Takes a run up again; asks for what opens an encrypted point when the run says that it is missing. */
function Resume({ run }: { run: RunSnapshot }) {
  const call = useCall()
  const away = useUnreachable()
  const needs = run.failure !== null && secretCodes.includes(run.failure.code)
  const [asks, setAsks] = useState(false)
  const [how, setHow] = useState<'passphrase' | 'identity'>('passphrase')
  const [typed, setTyped] = useState('')
  /** The state the run had when it was taken up from here; null when it was not. */
  const tried = useRef<number | null>(null)
  const resume = useDeed((options, secret: InputOf<'run.resume'>['secret']) =>
    call('run.resume', { runId: run.id, ...(secret && { secret }) }, options),
  )
  // It finds out only under way that it needs one.
  useEffect(() => {
    if (tried.current === null || run.seq <= tried.current || run.state !== 'failed') return
    tried.current = null
    if (needs) setAsks(true)
  }, [needs, run.state, run.seq])
  const missing = resume.failure !== null && secretCodes.includes(resume.failure.code)
  const first = async () => {
    if (needs) return setAsks(true)
    tried.current = run.seq
    const answer = await resume.run(undefined)
    if (answer && !answer.ok && secretCodes.includes(answer.failure.code)) setAsks(true)
  }
  const close = () => {
    setAsks(false)
    tried.current = null
    setTyped('')
    resume.clear()
  }
  const submit = async () => {
    if (typed === '') return
    tried.current = run.seq
    const answer = await resume.run({ [how]: typed })
    if (!answer?.ok) return
    setTyped('')
    setAsks(false)
  }
  return (
    <>
      {resume.failure && !missing && !asks && <Trouble failure={resume.failure} />}
      {isResumable(run) && (
        <Button
          icon="rotate-ccw"
          kind="primary"
          pagePrimary
          busy={resume.busy}
          off={away}
          onClick={() => void first()}
          aria-label={`Resume ${runTitle(run)}`}
        >
          Resume
        </Button>
      )}
      <Dialog
        open={asks}
        escape="closes"
        title="What opens the encrypted restore point?"
        onClose={close}
        foot={
          <>
            <Button onClick={close}>Not now</Button>
            <Button
              kind="primary"
              busy={resume.busy}
              off={typed === '' ? `type the ${how} first` : null}
              onClick={() => void submit()}
            >
              Resume with it
            </Button>
          </>
        }
      >
        <Form label="Secret" onSubmit={() => void submit()}>
          <p>
            It is kept in the vault until the run ends, so that a further resume need not ask. It is written
            nowhere else.
          </p>
          {run.failure?.code === 'auth.passphrase' && (
            <Notice tone="warn">
              <b>The last one did not open it.</b> Check the keyboard layout and capital letters.
            </Notice>
          )}
          <Field label="With" group>
            <Segmented
              value={how}
              onChange={next => {
                setHow(next)
                setTyped('')
              }}
              options={[
                { value: 'passphrase', text: 'Passphrase' },
                { value: 'identity', text: 'age identity' },
              ]}
            />
          </Field>
          {how === 'passphrase' ? (
            <Field label="Passphrase">
              <TextField secret value={typed} onChange={setTyped} />
            </Field>
          ) : (
            <Field label="Identity" hint="The line that begins with AGE-SECRET-KEY.">
              <TextArea code value={typed} onChange={setTyped} rows={3} />
            </Field>
          )}
          {resume.failure && <Trouble failure={resume.failure} />}
        </Form>
      </Dialog>
    </>
  )
}

/** Back to the switch-over that a run is a step of. */
export function SwitchLink({ run: { kind, options, state } }: { run: RunSnapshot }) {
  const { switch: id } = (options ?? {}) as { switch?: unknown }
  if (kind !== 'director-switch' || typeof id !== 'string') return null
  const goesOn = state === 'succeeded'
  return (
    <LinkButton
      kind={goesOn ? 'primary' : 'plain'}
      pagePrimary={goesOn}
      href={href({ page: 'switch', mode: 'show', name: id })}
    >
      {goesOn ? 'Go on with the switch-over' : 'See the switch-over'}
    </LinkButton>
  )
}

export const isRestore = ({ kind }: RunSnapshot) => kind === 'restore' || kind === 'director-restore'

/** Where a restore point of a run can be looked at. */
export function PointLink({ point, server }: { point: string; server: string }) {
  return (
    <LinkButton size="small" href={href({ page: 'backups', mode: 'show', server, point })}>
      Show the point on {server}
    </LinkButton>
  )
}

/** Whether this console may open it: the name of a plan that is still there. */
export function usePlan(name: string | null): boolean {
  const { plans } = useStores()
  return useStore(plans, ({ value }) => value?.plans.some(({ settings }) => settings.name === name) ?? false)
}
