import { useState } from 'react'
import type { Deployment } from '../../../shared/director.ts'
import { useCall, useNow } from '../../app/app-context.tsx'
import { formatMoment } from '../../app/format.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import {
  Button,
  Field,
  Form,
  FormFoot,
  FormRow,
  Section,
  Select,
  TextField,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import { portalDraft, type PortalDraft, portalKinds, portalOf, wrongPortal } from './model.ts'
import css from './site.module.css'
import { useSaveSite } from './use-save-site.ts'

const kindNames = { s3: 'S3', azure: 'Azure', sftp: 'SFTP', ftp: 'FTP' } as const
const places = { s3: 'Bucket', azure: 'Container', sftp: 'Path', ftp: 'Path', '': 'Place' } as const
const crons = ['configuration', 'analytics'] as const

/** What an operator reads in the vendor's portal: no interface of the Director tells it. */
export function PortalForm({ record, onSaved }: { record: Deployment; onSaved: () => void }) {
  const { portal, name } = record
  const start = portalDraft(portal)
  const call = useCall()
  const announce = useAnnounce()
  const [typed, setTyped] = useState<PortalDraft | null>(null)
  const [wrong, setWrong] = useState<Record<string, string>>({})
  const save = useSaveSite(name)
  const draft = typed ?? start
  const dirty = JSON.stringify(draft) !== JSON.stringify(start)
  // Saved, or typed back: from now on it is what is noted, whoever changes that.
  if (typed && !dirty) setTyped(null)
  const set = (part: Partial<PortalDraft>) => {
    setWrong({})
    setTyped({ ...draft, ...part })
  }
  const submit = async () => {
    let found = wrongPortal(draft)
    for (const field of crons) {
      if (draft[field].trim() === '' || found[field]) continue
      const schedule = { kind: 'cron', expression: draft[field].trim() } as const
      const answer = await call('plan.preview', { schedule, zone: 'UTC' })
      if (!answer.ok) found = { ...found, [field]: `${answer.failure.detail ?? 'This is no schedule'}.` }
    }
    setWrong(found)
    if (Object.keys(found).length > 0) return
    const answer = await save.run({ ...record, portal: portalOf(draft, new Date().toISOString()) })
    if (!answer?.ok) return
    announce('What the portal shows is noted.')
    onSaved()
  }
  const forget = async () => {
    const { portal: _, ...rest } = record
    const answer = await save.run(rest)
    if (!answer?.ok) return
    setTyped(null)
    onSaved()
  }
  const text = (field: Exclude<keyof PortalDraft, 'type'>, label: string, placeholder: string) => (
    <Field label={label} error={wrong[field]}>
      <TextField
        code
        value={draft[field]}
        placeholder={placeholder}
        onChange={value => set({ [field]: value })}
      />
    </Field>
  )
  return (
    <Section
      title="What the portal shows"
      note={portal ? <Noted at={portal.noted} /> : 'as read at Admin > System Tools > DB Backup'}
    >
      <Form label="What the portal shows" className={css.portal} onSubmit={() => void submit()}>
        <p className="note">
          The Director tells its own schedules to nobody: open Admin &gt; System Tools &gt; DB Backup at{' '}
          {name} and write down what stands there. Its schedules are five fields, in UTC; leave empty what it
          does not show. Nothing is changed there.
        </p>
        <FormRow>
          {text('configuration', 'Configuration schedule', '0 */6 * * *')}
          {text('analytics', 'Analytics schedule', '30 1 * * *')}
        </FormRow>
        <FormRow columns="9rem minmax(0, 1fr) minmax(0, 1fr)">
          <Field label="Backup server">
            <Select
              value={draft.type}
              onChange={type => set({ type })}
              options={[
                { value: '', text: 'None' },
                ...portalKinds.map(value => ({ value, text: kindNames[value] })),
              ]}
            />
          </Field>
          {draft.type !== '' &&
            text(
              'at',
              draft.type === 's3' ? 'URL' : draft.type === 'azure' ? 'Account name' : 'Host',
              draft.type === 's3' ? 'https://192.0.2.11:7081' : '',
            )}
          {draft.type !== '' && text('place', places[draft.type], '')}
        </FormRow>
        {save.failure && <Trouble failure={save.failure} title="It was not saved" />}
        <FormFoot>
          <Button type="submit" busy={save.busy}>
            {portal && !dirty ? 'It still shows this' : 'Note it'}
          </Button>
          {dirty && (
            <Button kind="quiet" onClick={() => setTyped(null)}>
              Undo changes
            </Button>
          )}
          {portal && (
            <Button kind="quiet" onClick={() => void forget()}>
              Forget what was noted
            </Button>
          )}
        </FormFoot>
        <LeaveGuard dirty={dirty} what="what the portal shows" />
      </Form>
    </Section>
  )
}

function Noted({ at }: { at: string }) {
  return <>as read {formatMoment(at, useNow())}</>
}
