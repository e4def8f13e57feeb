import { useEffect, useRef, useState } from 'react'
import type { DirectorState } from '../../../../shared/contract/director.ts'
import { useCall, useDeed, useUnreachable } from '../../../app/app-context.tsx'
import { formatClock } from '../../../app/format.ts'
import {
  Button,
  Checkbox,
  Field,
  Form,
  StatusMark,
  TextField,
  Trouble,
  useAnnounce,
  visibleControls,
} from '../../../ui/index.ts'
import css from './run.module.css'

type Question = NonNullable<DirectorState['asking']>

/** A question of the script that Drydock has no answer to: the operator types it, and it is kept nowhere. */
export function AskingForm({ runId, question }: { runId: string; question: Question }) {
  const call = useCall()
  const away = useUnreachable()
  const announce = useAnnounce()
  const [typed, setTyped] = useState('')
  const [hidden, setHidden] = useState(question.hidden)
  const [sent, setSent] = useState(false)
  const said = useRef('')
  const text = visibleControls(question.text)
  useEffect(() => {
    if (said.current === question.id) return
    said.current = question.id
    announce(`The script asks: ${text}`, 'assertive')
  }, [question.id, text, announce])
  const answer = useDeed(options =>
    call('director.answer', { runId, question: question.id, text: typed, hidden }, options),
  )
  const submit = async () => {
    if (away !== null || sent) return
    const result = await answer.run()
    if (!result?.ok) return
    setTyped('')
    setSent(true)
  }
  return (
    <section className={css.asking} aria-label="The script asks">
      <div className={css.askingHead}>
        <StatusMark shape="warn" tone="warn" />
        <b>The script asks, and waits since {formatClock(question.since, true)}.</b>
        <span className="note">
          Drydock has no answer to this. It is typed into the script, and kept nowhere.
        </span>
      </div>
      <Form label="Answer to the script" onSubmit={() => void submit()}>
        <Field label={<span className={css.question}>{text}</span>}>
          <TextField code secret={hidden} value={typed} onChange={setTyped} maxLength={4096} />
        </Field>
        <div className={css.askingFoot}>
          <Button
            kind="primary"
            type="submit"
            pagePrimary
            busy={answer.busy}
            off={away ?? (sent ? 'it was sent; the script has not gone on yet' : null)}
            offAt="beside"
          >
            Send
          </Button>
          <Checkbox
            checked={hidden}
            onChange={setHidden}
            detail={
              hidden
                ? 'Sent only while the script’s terminal does not show what is typed, and left out of the log.'
                : 'It will stand in the terminal and in its log.'
            }
          >
            Secret answer
          </Checkbox>
        </div>
        {answer.failure && <Trouble failure={answer.failure} title="It was not typed" />}
      </Form>
    </section>
  )
}
