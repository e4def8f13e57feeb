import { type ReactNode, useEffect, useRef } from 'react'
import { Button, Status, Trouble, useAnnounce, Verdict } from '../../../ui/index.ts'
import { useNow } from '../../app-context.tsx'
import { counted, formatClock, formatDuration } from '../../format.ts'
import { useKeptFocus } from '../use-kept-focus.ts'
import { reasonOf } from './check-words.ts'
import type { CheckLine, Found, UseChecked } from './checks.ts'
import css from './checks.module.css'
import { Lines } from './lines.tsx'

const verdictTones = { GO: 'ok', 'GO WITH WARNINGS': 'warn', 'NO-GO': 'bad' } as const

type Props<L extends CheckLine, R extends Found<L>> = {
  checked: UseChecked<L, R>
  question: string
  mend: (line: L) => ReactNode
  titles?: Readonly<Record<string, string>>
  /** Between what needs reading and what passed. */
  between?: ReactNode
  /** Below the lines. */
  children?: ReactNode
}

/** The verdict and its lines. Checked on arrival, and unchecked as soon as an answer changes. */
export function CheckBoard<L extends CheckLine, R extends Found<L>>(props: Props<L, R>) {
  const { checked, question, mend, titles, between, children } = props
  const { result, lines, failure, asking, check, key } = checked
  const announce = useAnnounce()
  const begun = useRef<string | null>(null)
  useEffect(() => {
    if (key === null || begun.current === key || result || asking !== null) return
    begun.current = key
    check()
  }, [key, result, asking, check])
  const verdict = result?.verdict
  useEffect(() => {
    if (verdict) announce(`The verdict is ${verdict}`, 'assertive')
  }, [verdict, announce])
  const room = useKeptFocus(checked)
  const again = (
    <Button size="small" icon="refresh-cw" onClick={check}>
      Check again
    </Button>
  )
  return (
    <div ref={room} tabIndex={-1}>
      {failure ? (
        <Trouble failure={failure} title="The preflight could not be made" actions={again} />
      ) : (
        <Verdict
          tone={verdict ? verdictTones[verdict] : 'idle'}
          question={question}
          answer={verdict ?? (asking === null ? 'Unchecked' : 'Checking')}
          call={result !== null}
          reason={
            result ? (
              reasonOf(lines)
            ) : (
              <Checking since={asking} known={lines.length} of={titles && Object.keys(titles).length} />
            )
          }
          side={
            result && (
              <div className={css.side}>
                Checked {formatClock(checked.at ?? 0, true)}, took {formatDuration(checked.took)}
                <br />
                Goes back to unchecked if anything changes
                {again}
              </div>
            )
          }
        />
      )}
      <Lines lines={lines} asking={asking !== null} mend={mend} {...(titles && { titles })}>
        {between}
      </Lines>
      {children}
    </div>
  )
}

type CheckingProps = { since: number | null; known: number; of?: number | undefined }

/** How far a check is; of one that holds no more, that it does not. */
export function Checking({ since, known, of }: CheckingProps) {
  const now = useNow()
  if (since === null) return <>Something was changed since the last check.</>
  const lines =
    known === 0
      ? 'No answer yet'
      : of === undefined
        ? counted(known, 'answer')
        : `${known} of ${counted(of, 'answer')}`
  return (
    <Status
      is="Asking"
      says={`${lines}, ${formatDuration(Math.max(1000, now - since))} of at most 30 s`}
      quiet
    />
  )
}
