import type { Failure } from '../../../shared/failure.ts'
import { useNow } from '../../app/app-context.tsx'
import { formatDuration, formatWhen } from '../../app/format.ts'
import { Button, Empty, Notice, ProbeList, StatusMark, Trouble } from '../../ui/index.ts'
import { adviceFor, titleFor } from './failure-at.ts'
import { type CheckLine, checkLines, checkSummary, stoppedLines } from './model.ts'
import css from './servers.module.css'
import type { ServerForm } from './use-server-form.ts'

/** What the last check of a connection found, and the one that goes on. */
export function ConnectionCheck({ form, name }: { form: ServerForm; name: string }) {
  const { test, checking, failure, stale, draft } = form
  const lines = test ? checkLines(test.checks) : []
  const why = failure && failure.code !== 'cancelled' ? failure : (test?.failure ?? null)
  // The question whether to trust the key stands beside its field.
  const asks = why?.code === 'trust.host-key-unknown'
  const shown = lines.length > 0 || !test?.failure ? lines : stoppedLines(test.failure, draft.type)
  const summary = lines.length > 0 ? checkSummary(lines) : stopSummary(shown)
  return (
    <section className={css.check} aria-label="Connection check">
      <div className={css.head}>
        <h3>Connection check</h3>
        {test && !checking && (
          <span className="note">
            <When at={test.at} />, {formatDuration(test.took)}
            {summary === '' ? '' : `. ${summary}.`}
          </span>
        )}
      </div>
      {checking && <Asking since={form.since} onStop={form.stopCheck} />}
      {!checking && test && stale && (
        <div className={css.part}>
          <Notice tone="idle">The settings were changed since. This is what was found before.</Notice>
        </div>
      )}
      {!checking && why && !asks && (
        <div className={css.part}>
          <Trouble failure={why} around={{ server: name }} {...adviceProp(why, form)} />
        </div>
      )}
      {!checking && shown.length > 0 && (
        <ProbeList label={lines.length > 0 ? 'What was checked' : 'Where the check stopped'} probes={shown} />
      )}
      {!checking && !test && !failure && (
        <div className={css.part}>
          <Empty title="Not checked yet.">
            <p>
              {draft.type === 'local'
                ? 'The check writes, reads and removes a few small files in this folder, and looks how much room is left.'
                : 'The check signs in, lists, writes, reads and removes a few small objects, and learns what this server can do. It touches nothing else.'}
            </p>
          </Empty>
        </div>
      )}
    </section>
  )
}

const stopSummary = (lines: readonly CheckLine[]) => {
  const at = lines.findIndex(({ state }) => state === 'failed' || state === 'look')
  return at < 0 ? '' : `Stopped at step ${at + 1} of ${lines.length}`
}

const adviceProp = (failure: Failure, { draft }: ServerForm) => {
  const todo = adviceFor(failure, draft.type)
  const title = titleFor(failure)
  return { ...(todo !== undefined && { todo }), ...(title !== undefined && { title }) }
}

function When({ at }: { at: string }) {
  return <>{formatWhen(at, useNow())}</>
}

function Asking({ since, onStop }: { since: number; onStop: () => void }) {
  const now = useNow()
  return (
    <div className={css.asking} role="status">
      <StatusMark shape="run" turning />
      <span>
        Asking<span aria-hidden>, {Math.max(0, Math.floor((now - since) / 1000))} s</span>
      </span>
      <Button size="small" onClick={onStop}>
        Stop the check
      </Button>
    </div>
  )
}
