import { useEffect, useRef, useState } from 'react'
import { type Preflight as Found, preflightTitles } from '../../../shared/contract/restore.ts'
import { useCall, useDeed, useNow } from '../../app/app-context.tsx'
import { counted, formatBytes, formatClock, formatCount, formatDuration } from '../../app/format.ts'
import {
  Button,
  CheckGrid,
  Facts,
  LinkButton,
  PathText,
  Preflight,
  Section,
  Status,
  Trouble,
  useAnnounce,
  Verdict,
} from '../../ui/index.ts'
import { href } from '../../app/router.ts'
import type { useChecked } from './checked.ts'
import css from './restore.module.css'

type Line = Found['lines'][number]
type Props = {
  checked: ReturnType<typeof useChecked>
  point: string
  server: string
  /** Leads to the step where a line can be put right. */
  onGo: (step: 'source' | 'point' | 'target') => void
}

const tones = { pass: 'ok', warn: 'warn', stop: 'bad', 'not-tried': 'idle' } as const
const mending: Partial<Record<Line['id'], { step: 'source' | 'point' | 'target'; text: string }>> = {
  server: { step: 'source', text: 'Choose another source' },
  point: { step: 'point', text: 'Choose another point' },
  proof: { step: 'point', text: 'Choose another point' },
  secret: { step: 'point', text: 'Open it' },
  target: { step: 'target', text: 'Change the target' },
  room: { step: 'target', text: 'Change the target' },
  conflicts: { step: 'target', text: 'Change the target' },
  names: { step: 'target', text: 'Change the target' },
}
/** Can this restore start? Checked on arrival, and unchecked as soon as an answer changes. */
export function StepPreflight({ checked, point, server, onGo }: Props) {
  const { result, lines, failure, asking, check, key } = checked
  const announce = useAnnounce()
  const begun = useRef<string | null>(null)
  useEffect(() => {
    if (begun.current === key || result || asking !== null) return
    begun.current = key
    check()
  }, [key, result, asking, check])
  const verdict = result?.verdict
  useEffect(() => {
    if (verdict) announce(`The verdict is ${verdict}`, 'assertive')
  }, [verdict, announce])

  const worst = lines.filter(({ state }) => state !== 'pass').toSorted((a, b) => rank(b) - rank(a))
  const passed = lines.filter(({ state }) => state === 'pass')
  const waiting = result
    ? []
    : (Object.keys(preflightTitles) as Line['id'][]).filter(id => !lines.some(line => line.id === id))
  return (
    <>
      {failure ? (
        <Trouble
          failure={failure}
          title="The preflight could not be made"
          actions={
            <Button size="small" icon="refresh-cw" onClick={check}>
              Check again
            </Button>
          }
        />
      ) : (
        <Verdict
          tone={
            result
              ? ({ GO: 'ok', 'GO WITH WARNINGS': 'warn', 'NO-GO': 'bad' }[result.verdict] as
                  'ok' | 'warn' | 'bad')
              : 'idle'
          }
          question="Can this restore start?"
          answer={result?.verdict ?? (asking === null ? 'Unchecked' : 'Checking')}
          call={result !== null}
          reason={result ? reasonOf(lines) : <Progress asking={asking} known={lines.length} />}
          side={
            result && (
              <div className={css.side}>
                Checked {formatClock(checked.at ?? 0, true)}, took {formatDuration(checked.took)}
                <br />
                Goes back to unchecked if anything changes
                <Button size="small" icon="refresh-cw" onClick={check}>
                  Check again
                </Button>
              </div>
            )
          }
        />
      )}
      {worst.length > 0 && (
        <div className={css.worst}>
          <Preflight
            items={worst.map(line => {
              const mend = mending[line.id]
              return {
                key: line.id,
                title: line.title,
                tone: tones[line.state],
                finding: line.finding,
                ...(line.fix !== undefined && { fix: line.fix }),
                ...(line.id === 'proof' && line.finding.startsWith('Unverified')
                  ? { actions: <VerifyNow point={point} server={server} /> }
                  : mend && line.state !== 'not-tried'
                    ? {
                        actions: (
                          <Button size="small" onClick={() => onGo(mend.step)}>
                            {mend.text}
                          </Button>
                        ),
                      }
                    : {}),
              }
            })}
          />
        </div>
      )}
      {(passed.length > 0 || waiting.length > 0) && (
        <Section title="Passed" note={formatCount(passed.length)} ruled={false}>
          <CheckGrid
            label="Passed"
            checks={[
              ...passed.map(line => ({
                key: line.id,
                name: line.title,
                state: 'pass' as const,
                finding: line.finding,
              })),
              ...(asking === null
                ? []
                : waiting.map(id => ({
                    key: id,
                    name: preflightTitles[id],
                    state: 'asking' as const,
                    finding: 'checking',
                  }))),
            ]}
          />
        </Section>
      )}
      {result?.preview && <WhatWillRun result={result} />}
    </>
  )
}

function rank({ state }: Line): number {
  return { pass: 0, 'not-tried': 1, warn: 2, stop: 3 }[state]
}

export function reasonOf(lines: readonly Line[]): string {
  const of = (state: Line['state']) => lines.filter(line => line.state === state).length
  const [stops, warns, untried, passed] = [of('stop'), of('warn'), of('not-tried'), of('pass')]
  const said = [
    stops > 0 && `${counted(stops, 'thing stops', 'things stop')} it`,
    warns > 0 &&
      `${stops > 0 ? counted(warns, 'deserves', 'deserve') : counted(warns, 'thing deserves', 'things deserve')} a look`,
    untried > 0 && `${counted(untried, 'check was', 'checks were')} not made`,
  ].filter(part => part !== false)
  const first = said.length === 0 ? 'Nothing stops it' : listed(said)
  return `${stops === 0 && said.length > 0 ? 'Nothing stops it; ' : ''}${first}. ${counted(passed, 'check')} passed.`
}

/** `a, b and c` */
const listed = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

function Progress({ asking, known }: { asking: number | null; known: number }) {
  const now = useNow()
  if (asking === null) return <>Something was changed since the last check.</>
  return (
    <Status
      is="Asking"
      says={`${known} of ${Object.keys(preflightTitles).length} known, ${formatDuration(Math.max(1000, now - asking))} of at most 30 s`}
      quiet
    />
  )
}

function WhatWillRun({ result }: { result: Found }) {
  const { preview, lands } = result
  if (!preview) return null
  const { create, replace, same, leave, refuse, bytes } = preview
  return (
    <Section title="What will be done" note="counted now, entry by entry">
      <div className={css.done}>
        <Facts
          tight
          names="8.5rem"
          facts={[
            ['Written', `${counted(create + replace, 'entry', 'entries')}, ${formatBytes(bytes)}`],
            replace > 0 && ['Of these replaced', formatCount(replace)],
            same > 0 && ['There and equal', formatCount(same)],
            leave > 0 && ['Stay as they are', formatCount(leave)],
            refuse > 0 && ['Cannot be written', formatCount(refuse)],
            lands !== null && ['The first lands at', <PathText key="lands" path={lands} />],
          ]}
        />
      </div>
    </Section>
  )
}

/** Reads the whole point back, which takes as long as fetching it does; the answers here stay. */
function VerifyNow({ point, server }: { point: string; server: string }) {
  const call = useCall()
  const verify = useDeed(options => call('point.verify', { point, server, deep: true }, options))
  const [runId, setRunId] = useState<string | null>(null)
  if (runId !== null)
    return (
      <LinkButton size="small" href={href({ page: 'runs', mode: 'show', name: runId })}>
        See the run
      </LinkButton>
    )
  return (
    <Button
      size="small"
      icon="shield-check"
      busy={verify.busy}
      off={verify.failure ? (verify.failure.detail ?? verify.failure.code) : null}
      onClick={() => void verify.run().then(answer => answer?.ok && setRunId(answer.value.runId))}
    >
      Verify it now
    </Button>
  )
}
