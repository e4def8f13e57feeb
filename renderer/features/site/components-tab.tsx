import { useEffect, useRef, useState } from 'react'
import type { SiteCheck } from '../../../shared/contract/site.ts'
import type { Deployment } from '../../../shared/director.ts'
import { commandHints } from '../../../shared/director-commands.ts'
import { counted } from '../../app/format.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import {
  Button,
  Field,
  Form,
  FormFoot,
  FormRow,
  Notice,
  Status,
  TextArea,
  TextField,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import {
  commandDraft,
  type CommandDraft,
  type CommandKey,
  commandKeys,
  draftsOf,
  isUsual,
  leftOut,
  titleOf,
  usualCommand,
  withCommands,
  wrongDrafts,
} from './model.ts'
import css from './site.module.css'
import { useSaveSite } from './use-save-site.ts'

const hints: Readonly<Record<CommandKey, string>> = {
  ...commandHints,
  analytics:
    'What prints the analytics data of one day; the documents name no such command. DRYDOCK_DAY is that day, as 2026-03-25 in UTC. setup.sh does not load it, and it does not take the place of the vendor’s own snapshots.',
}

type Props = {
  record: Deployment
  check: SiteCheck | null
  onSaved: () => void
  /** The one that was come for: it gets the focus. */
  wanted: CommandKey | undefined
}

/** How each component is had on the Director: a command whose output is the backup file. */
export function ComponentsTab({ record, check, onSaved, wanted }: Props) {
  const room = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const at = room.current?.querySelector<HTMLElement>(`[data-component="${wanted}"]`)
    at?.scrollIntoView({ block: 'start' })
    at?.querySelector('textarea')?.focus({ preventScroll: true })
  }, [wanted])
  const announce = useAnnounce()
  const saved = draftsOf(record)
  const [draft, setDraft] = useState<typeof saved | null>(null)
  const [asked, setAsked] = useState(false)
  const save = useSaveSite(record.name)
  const drafts = draft ?? saved
  const dirty = JSON.stringify(drafts) !== JSON.stringify(saved)
  // Saved, or typed back: from now on it is what is kept, whoever changes that.
  if (draft && !dirty) setDraft(null)
  const local = wrongDrafts(drafts)
  const wrong = asked ? local : {}
  const many = Object.keys(local).length
  const out = leftOut(drafts)
  const change = (key: CommandKey, part: Partial<CommandDraft>) =>
    setDraft({ ...drafts, [key]: { ...drafts[key], ...part } })
  const submit = async () => {
    setAsked(true)
    if (many > 0)
      return requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-wrong] input')?.focus())
    const answer = await save.run(withCommands(record, drafts))
    if (!answer?.ok) return
    setAsked(false)
    announce('The commands are saved.')
    onSaved()
  }
  const off = !dirty
    ? 'Nothing has changed.'
    : asked && many > 0
      ? `${counted(many, 'field needs', 'fields need')} a change`
      : null
  return (
    <Form label="Components" onSubmit={() => void submit()}>
      <Notice tone="warn">
        <b>No password belongs into a command.</b> It stands in a file on this machine and is shown on this
        page. Let the tools read it on the Director, as pg_dump does from ~/.pgpass.
      </Notice>
      {out.length > 0 && (
        <Notice tone="warn">
          <b>Left out of every run: {out.map(titleOf).join(', ')}.</b> Nobody has said how to back{' '}
          {out.length === 1 ? 'it' : 'them'} up. The latest copies are replaced only when all five succeed.
        </Notice>
      )}
      <div ref={room}>
        {commandKeys.map(key => (
          <section key={key} data-component={key} className={css.component} aria-label={titleOf(key)}>
            <div>
              <h2>{titleOf(key)}</h2>
              <Known
                name={key}
                draft={drafts[key]}
                saved={JSON.stringify(drafts[key]) === JSON.stringify(saved[key])}
                found={check?.components.find(({ component }) => component === key)}
              />
              {/* Where nothing is the default, the hint says how to set something. */}
              {(key === 'analytics' || usualCommand(key).command !== null || drafts[key].command === '') && (
                <p className="note">{hints[key]}</p>
              )}
            </div>
            <div className={css.fields}>
              <Field label="Command for sh, on the Director">
                <TextArea
                  code
                  rows={Math.min(6, Math.max(2, drafts[key].command.split('\n').length))}
                  value={drafts[key].command}
                  onChange={command => change(key, { command })}
                />
              </Field>
              <FormRow columns="9rem 9rem minmax(0, 1fr)">
                <Field label="Hangs when silent for" error={wrong[`${key}.silence`]}>
                  <TextField value={drafts[key].silence} onChange={silence => change(key, { silence })} />
                </Field>
                <Field label="Takes at most" error={wrong[`${key}.longest`]}>
                  <TextField value={drafts[key].longest} onChange={longest => change(key, { longest })} />
                </Field>
                <span className={css.usual}>
                  {!isUsual(key, drafts[key]) && (
                    <Button
                      size="small"
                      icon="undo-2"
                      aria-label={`Use the default for ${titleOf(key)}`}
                      onClick={() => change(key, commandDraft(usualCommand(key)))}
                    >
                      {usualCommand(key).command === null ? 'Use the default: none' : 'Use the default'}
                    </Button>
                  )}
                </span>
              </FormRow>
            </div>
          </section>
        ))}
      </div>
      {save.failure && <Trouble failure={save.failure} title="The commands were not saved" />}
      <div className={css.foot}>
        <FormFoot>
          <Button type="submit" busy={save.busy} off={off} offAt="elsewhere">
            Save commands
          </Button>
          {dirty && (
            <Button
              kind="quiet"
              onClick={() => {
                setDraft(null)
                setAsked(false)
              }}
            >
              Undo changes
            </Button>
          )}
          {off !== null && <span className="note">{dirty ? `Off: ${off}` : off}</span>}
        </FormFoot>
      </div>
      <LeaveGuard dirty={dirty} what={`the commands of ${record.name}`} />
    </Form>
  )
}

type KnownProps = {
  name: CommandKey
  draft: CommandDraft
  saved: boolean
  found: SiteCheck['components'][number] | undefined
}

/** Whether it is backed up, and whether the last check saw its program. */
function Known({ name, draft, saved, found }: KnownProps) {
  if (draft.command.trim() === '')
    return <Status is="Skipped" says={name === 'analytics' ? 'Not set' : 'Left out'} />
  if (!saved) return <Status is="Unchecked" says="Not saved yet" />
  if (!found?.set) return <Status is="Unchecked" says="Not checked yet" />
  if (found.present === null) return <Status is="Unchecked" says="The check could not tell" />
  return found.present ? (
    <Status is="Ready" says={found.version ?? 'The program is there'} />
  ) : (
    <Status is="Failed" says="The program is not there" />
  )
}
