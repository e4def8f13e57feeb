import { useEffect, useRef } from 'react'
import type { DeploymentInfo, DirectorLine, DirectorPreflight } from '../../../shared/contract/director.ts'
import type { Deployment, MasterEdit } from '../../../shared/director.ts'
import { useCall, useDeed, useNow } from '../../app/app-context.tsx'
import { counted, formatClock, formatCount, formatDuration } from '../../app/format.ts'
import {
  Button,
  CheckGrid,
  Preflight,
  Section,
  Status,
  Trouble,
  useAnnounce,
  Verdict,
} from '../../ui/index.ts'
import { Diffs } from './changes.tsx'
import type { UseChecked } from './checked.ts'
import css from './director.module.css'
import { pathText } from './master.ts'
import { useKeptFocus } from './use-kept-focus.ts'

type Props = {
  checked: UseChecked
  deployment: DeploymentInfo | null
  onEdit: (edit: MasterEdit) => void
  /** A key was pinned: the record is another. */
  onSaved: () => void
  onGo: (step: MendingStep) => void
  /** Drydock gives the files to the hosts itself; absent: it does already. */
  onServe?: (() => void) | undefined
}

const tones = { pass: 'ok', warn: 'warn', stop: 'bad', 'not-tried': 'idle' } as const
const verdictTones = { GO: 'ok', 'GO WITH WARNINGS': 'warn', 'NO-GO': 'bad' } as const

/** Can this restore start? Checked on arrival, and unchecked as soon as an answer changes. */
export function StepPreflight({ checked, deployment, onEdit, onSaved, onGo, onServe }: Props) {
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

  const worst = lines.filter(({ state }) => state !== 'pass').toSorted((a, b) => rank(b) - rank(a))
  const passed = lines.filter(({ state }) => state === 'pass')
  const room = useKeptFocus(checked)
  return (
    <div ref={room} tabIndex={-1}>
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
          tone={result ? verdictTones[result.verdict] : 'idle'}
          question="Can this restore start?"
          answer={result?.verdict ?? (asking === null ? 'Unchecked' : 'Checking')}
          call={result !== null}
          reason={result ? reasonOf(lines) : <Progress asking={asking} known={lines.length} />}
          side={result && <When checked={checked} />}
        />
      )}
      {worst.length > 0 && (
        <div className={css.spaced}>
          <Preflight
            items={worst.map(line => ({
              key: line.id,
              title: line.title,
              tone: tones[line.state],
              finding: line.finding,
              ...(line.fix !== undefined && { fix: line.fix }),
              actions: (
                <Mending
                  line={line}
                  record={deployment?.record ?? null}
                  onEdit={onEdit}
                  onSaved={onSaved}
                  onGo={onGo}
                  onServe={onServe}
                />
              ),
            }))}
          />
        </div>
      )}
      {(passed.length > 0 || asking !== null) && (
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
                : [{ key: '+asking', name: 'More', state: 'asking' as const, finding: 'being checked' }]),
            ]}
          />
        </Section>
      )}
      {result && <Written result={result} />}
    </div>
  )
}

function When({ checked }: { checked: UseChecked }) {
  return (
    <div className={css.side}>
      Checked {formatClock(checked.at ?? 0, true)}, took {formatDuration(checked.took)}
      <br />
      Goes back to unchecked if anything changes
      <Button size="small" icon="refresh-cw" onClick={checked.check}>
        Check again
      </Button>
    </div>
  )
}

type MendingStep = 'source' | 'point' | 'target'
/** Where a line can be put right, by what its id begins with; what only the host itself can mend has no button. */
const mending: Readonly<Record<string, MendingStep>> = {
  ...{ server: 'source', fetch: 'source', files: 'point', content: 'point' },
  ...{ host: 'target', folder: 'target', mode: 'target', site: 'target', hosts: 'target', login: 'target' },
  ...{ 'restore.yml': 'target', 'master.yml': 'target' },
}
const mendingWords: Record<MendingStep, string> = {
  source: 'Choose another source',
  point: 'Choose another run',
  target: 'Change the target',
}

type MendingProps = {
  line: DirectorLine
  record: Deployment | null
  onEdit: (edit: MasterEdit) => void
  onSaved: () => void
  onGo: (step: MendingStep) => void
  onServe: (() => void) | undefined
}

/** What mends a line: a change to `master.yml`, a host key that is pinned, another way for the files, or a step back. */
function Mending({ line, record, onEdit, onSaved, onGo, onServe }: MendingProps) {
  const call = useCall()
  const save = useDeed((options, next: Deployment) =>
    call('director.save', { record: next, secrets: null, replaces: next.name }, options),
  )
  const { edit, pin, state } = line
  if (pin && record)
    return (
      <Button
        size="small"
        icon="pin"
        busy={save.busy}
        off={save.failure ? (save.failure.detail ?? save.failure.code) : null}
        onClick={() =>
          void save
            .run({ ...record, hostKeys: { ...record.hostKeys, [pin.address]: pin.fingerprint } })
            .then(answer => {
              if (answer?.ok) onSaved()
            })
        }
      >
        Trust this key
      </Button>
    )
  if (edit)
    return (
      <Button size="small" onClick={() => onEdit(edit)}>
        {edit.op === 'set' && (edit.value === null || edit.value === '') ? (
          <>Empty {pathText(edit.path)}</>
        ) : (
          'Mend it'
        )}
      </Button>
    )
  if (line.id === 'fetch' && onServe && (state === 'stop' || state === 'warn'))
    return (
      <Button size="small" onClick={onServe}>
        Serve through Drydock
      </Button>
    )
  const step = line.id === 'fetch' && !onServe ? 'target' : mending[line.id.split(/[:/]/, 1)[0] ?? '']
  if (state === 'not-tried' || !step) return null
  return (
    <Button size="small" onClick={() => onGo(step)}>
      {mendingWords[step]}
    </Button>
  )
}

const rank = ({ state }: DirectorLine): number => ({ pass: 0, 'not-tried': 1, warn: 2, stop: 3 })[state]

export function reasonOf(lines: readonly DirectorLine[]): string {
  const of = (state: DirectorLine['state']) => lines.filter(line => line.state === state).length
  const [stops, warns, untried, passed] = [of('stop'), of('warn'), of('not-tried'), of('pass')]
  const said = [
    stops > 0 && `${counted(stops, 'thing stops', 'things stop')} it`,
    warns > 0 && `${counted(warns, 'thing deserves', 'things deserve')} a look`,
    untried > 0 && `${counted(untried, 'check was', 'checks were')} not made`,
  ].filter(Boolean)
  const first = said.length === 0 ? 'Nothing stops it' : listed(said)
  return `${stops === 0 && said.length > 0 ? 'Nothing stops it; ' : ''}${first}. ${counted(passed, 'check')} passed.`
}

const listed = (said: readonly (string | false)[]): string =>
  said.length === 1 ? String(said[0]) : `${said.slice(0, -1).join(', ')} and ${String(said.at(-1))}`

function Progress({ asking, known }: { asking: number | null; known: number }) {
  const now = useNow()
  if (asking === null) return <>Something was changed since the last check.</>
  return (
    <Status
      is="Asking"
      says={`${counted(known, 'line')} known, ${formatDuration(Math.max(1000, now - asking))} of at most 30 s`}
      quiet
    />
  )
}

function Written({ result }: { result: DirectorPreflight }) {
  if (!result.diffs.some(({ changed }) => changed > 0)) return null
  return (
    <Section title="What will be written first" note="when the restore begins, never before" ruled={false}>
      <Diffs diffs={result.diffs} />
    </Section>
  )
}
