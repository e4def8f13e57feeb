import { useState } from 'react'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import { useAsk, useCall, useDeed, useUnreachable } from '../../../app/app-context.tsx'
import { desktop } from '../../../app/desktop.ts'
import {
  Button,
  Field,
  LinkButton,
  Section,
  Segmented,
  Status,
  TextField,
  Trouble,
} from '../../../ui/index.ts'
import { type Check, type PageId, pageNames, pageUrl, requestOf, withCheck } from './model.ts'
import css from './run.module.css'
import type { DirectorRun } from './use-director-run.ts'

/** What a person looks at when the script has ended: the director and the analytics pages. */
export function AfterwardsCard({ run, director }: { run: RunSnapshot; director: DirectorRun }) {
  const call = useCall()
  const asked = requestOf(run)
  const list = useAsk('director.list', undefined)
  const record = list.value?.deployments.find(({ record: { name } }) => name === asked?.deployment)?.record
  const checks = director.state?.afterwards ?? []
  const save = useDeed(async (options, check: Check) => {
    const answer = await call(
      'director.afterwards',
      { runId: run.id, checks: withCheck(checks, check) },
      options,
    )
    if (answer.ok) director.again()
    return answer
  })
  const pages = [
    { id: 'director' as const, url: pageUrl(record?.directorUrl) },
    { id: 'analytics' as const, url: pageUrl(record?.analyticsUrl) },
  ]
  const done = checks.length
  return (
    <Section
      title="Afterwards: look at the pages"
      note={done === 2 ? 'both looked at' : `${2 - done} of 2 still to look at`}
    >
      <p className={css.why}>
        Only a person sees whether all data is there. What you note goes into the report; without it the
        report says that nobody looked.
      </p>
      {pages.map(({ id, url }) => (
        <PageCheck
          key={id}
          id={id}
          url={url}
          known={list.value !== null}
          noted={checks.find(check => check.id === id) ?? null}
          busy={save.busy}
          onNote={check => void save.run(check)}
        />
      ))}
      {save.failure && <Trouble failure={save.failure} title="It was not noted" />}
    </Section>
  )
}

const words = {
  director: 'Sign in. Are all sites, devices, users and policies there?',
  analytics: 'Does it show data up to the backup? That of the current week comes after the week’s end.',
} as const satisfies Record<PageId, string>

function PageCheck(props: {
  id: PageId
  url: string | null
  known: boolean
  noted: Check | null
  busy: boolean
  onNote: (check: Check) => void
}) {
  const { id, url, known, noted, busy, onNote } = props
  const away = useUnreachable()
  const [ok, setOk] = useState<'good' | 'bad' | 'none'>(noted ? (noted.ok ? 'good' : 'bad') : 'none')
  const [note, setNote] = useState(noted?.note ?? '')
  const isNoted = noted !== null && noted.ok === (ok === 'good') && noted.note === note && ok !== 'none'
  return (
    <div className={css.page} role="group" aria-label={pageNames[id]}>
      <div className={css.pageHead}>
        <div>
          <span className="cell-main">{pageNames[id]}</span>
          <span className="note">{words[id]}</span>
        </div>
        {noted && (
          <Status
            is={noted.ok ? 'Passed' : 'Failed'}
            says={noted.ok ? 'Noted: all there' : 'Noted: something is wrong'}
            quiet
          />
        )}
        <PageAddress id={id} url={url} known={known} />
      </div>
      <div className={css.pageNote}>
        <Field label="What you saw" group>
          <Segmented
            value={ok}
            onChange={setOk}
            options={[
              { value: 'none', text: 'Not looked' },
              { value: 'good', text: 'All there' },
              { value: 'bad', text: 'Something is wrong' },
            ]}
          />
        </Field>
        <Field label="Note" optional>
          <TextField value={note} onChange={setNote} maxLength={2000} />
        </Field>
        <Button
          busy={busy}
          off={away ?? (ok === 'none' ? 'say what you saw first' : isNoted ? 'it is noted' : null)}
          onClick={() => onNote({ id, ok: ok === 'good', note: note.trim() })}
        >
          Note it
        </Button>
      </div>
    </div>
  )
}

/** Opens a page in a browser; the desktop, which opens nothing of the web, has its address to copy. */
function PageAddress({ id, url, known }: { id: PageId; url: string | null; known: boolean }) {
  const [copied, setCopied] = useState(false)
  if (url === null)
    return <span className="note">{known ? 'Its address is not in the deployment’s settings.' : ''}</span>
  if (!desktop)
    return (
      <LinkButton size="small" icon="external-link" href={url} outside>
        {`Open the ${pageNames[id].toLowerCase()}`}
      </LinkButton>
    )
  const copy = async () => {
    await navigator.clipboard.writeText(url).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <>
      <code className="breakable">{url}</code>
      <Button size="small" icon="copy" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy the address'}
      </Button>
    </>
  )
}
