import { useEffect, useMemo, useRef, useState } from 'react'
import type { DeploymentInfo } from '../../../shared/contract/director.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import { PathField } from '../../app/parts/path-field.tsx'
import {
  Button,
  Field,
  Form,
  FormFoot,
  FormRow,
  SecretField,
  Segmented,
  TextField,
  Trouble,
} from '../../ui/index.ts'
import css from './director.module.css'
import {
  type DeploymentDraft,
  draftOf,
  noSecrets,
  recordOf,
  secretsOf,
  wrongFields,
} from './deployment-draft.ts'

type Props = {
  /** Null: a new one. */
  info: DeploymentInfo | null
  onSaved: (info: DeploymentInfo) => void
  onCancel: () => void
  /** What its button does beside saving. */
  deed?: string
}

/** Where restore.yml, master.yml and setup.sh lie, and how to get there. */
export function DeploymentForm({ info, onSaved, onCancel, deed = 'Save and read it' }: Props) {
  const call = useCall()
  const [start] = useState(() => draftOf(info))
  const [draft, setDraft] = useState(start)
  const [saved, setSaved] = useState<DeploymentInfo | null>(null)
  const [asked, setAsked] = useState(false)
  const local = useMemo(() => wrongFields(draft), [draft])
  const save = useDeed((options, next: DeploymentDraft) =>
    call(
      'director.save',
      {
        record: recordOf(next, info?.record ?? null),
        secrets: secretsOf(next),
        replaces: info?.record.name ?? null,
      },
      options,
    ),
  )
  const wrongAt = save.failure?.code === 'input.invalid' ? (save.failure.subject ?? '') : ''
  const wrong: Record<string, string> = {
    ...(wrongAt !== '' && { [wrongAt]: save.failure?.detail ?? 'This was not understood.' }),
    ...(asked && local),
  }
  const set = (key: string, value: string) => {
    if (wrongAt !== '') save.clear()
    setDraft(last => ({ ...last, text: { ...last.text, [key]: value } }))
  }
  const submit = async () => {
    setAsked(true)
    if (Object.keys(local).length > 0) return
    const answer = await save.run(draft)
    if (!answer?.ok) return
    // What was typed has gone to the vault, and is kept nowhere here.
    setDraft(last => ({ ...last, secrets: null }))
    setSaved(answer.value)
  }
  const told = useRef(onSaved)
  useEffect(() => {
    told.current = onSaved
  })
  // Only once nothing is unsaved any more: leaving before would be asked about.
  useEffect(() => {
    if (saved) told.current(saved)
  }, [saved])
  const part = { draft, wrong, set }
  return (
    <Form label="Deployment folder" className={css.form} onSubmit={() => void submit()}>
      <FormRow>
        <In {...part} path="name" label="Name" placeholder="dr-site" />
        <Field group label="It lies on">
          <Segmented
            value={draft.kind}
            onChange={kind => setDraft(last => ({ ...last, kind }))}
            options={[
              { value: 'ssh', text: 'A host, over ssh' },
              { value: 'local', text: 'This machine' },
            ]}
          />
        </Field>
      </FormRow>
      {draft.kind === 'local' ? (
        <PathField
          label="Folder"
          value={draft.text['place.folder'] ?? ''}
          onChange={value => set('place.folder', value)}
          hint="Where restore.yml, master.yml and setup.sh lie, often deployment/setup."
          error={wrong['place.folder']}
        />
      ) : (
        <Ssh {...part} stored={info !== null && info.hasSecrets !== false} setDraft={setDraft} />
      )}
      <FormRow>
        <In
          {...part}
          optional
          path="directorUrl"
          label="Director page"
          placeholder="https://director.example.com"
        />
        <In
          {...part}
          optional
          path="analyticsUrl"
          label="Analytics page"
          placeholder="https://analytics.example.com"
        />
      </FormRow>
      <p className="note">After the restore you are asked to open both pages and say whether they work.</p>
      {save.failure && wrongAt === '' && <Trouble failure={save.failure} title="It was not saved" />}
      <FormFoot>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" kind="primary" busy={save.busy}>
          {deed}
        </Button>
      </FormFoot>
      <LeaveGuard
        dirty={!saved && JSON.stringify(draft) !== JSON.stringify(start)}
        what="the deployment folder"
      />
    </Form>
  )
}

type Part = {
  draft: DeploymentDraft
  wrong: Readonly<Record<string, string>>
  set: (key: string, value: string) => void
}
type InProps = Part & {
  path: string
  label: string
  placeholder?: string
  optional?: boolean
  hint?: string
  numeric?: boolean
}

function In({ draft, wrong, set, path, label, placeholder, optional, hint, numeric }: InProps) {
  return (
    <Field
      label={label}
      error={wrong[path]}
      {...(optional && { optional: true })}
      {...(hint !== undefined && { hint })}
    >
      <TextField
        code
        value={draft.text[path] ?? ''}
        onChange={value => set(path, value)}
        {...(placeholder !== undefined && { placeholder })}
        {...(numeric && { inputMode: 'numeric' as const })}
      />
    </Field>
  )
}

function Ssh(
  props: Part & { stored: boolean; setDraft: (next: (last: DeploymentDraft) => DeploymentDraft) => void },
) {
  const { stored, setDraft, ...part } = props
  const { draft, wrong } = part
  const secret = (
    key: keyof typeof noSecrets,
    label: string,
    more: { lines?: boolean; optional?: boolean } = {},
  ) => (
    <Field label={label} error={wrong[`secrets.${key}`]} {...(more.optional && { optional: true })}>
      <SecretField
        name={label}
        stored={stored && draft.secrets === null}
        value={draft.secrets?.[key] ?? null}
        onChange={value =>
          setDraft(last => ({
            ...last,
            secrets: value === null ? null : { ...noSecrets, ...last.secrets, [key]: value },
          }))
        }
        {...(more.lines && { lines: true })}
      />
    </Field>
  )
  return (
    <>
      <FormRow columns="minmax(0, 1fr) 5rem minmax(0, 0.6fr)">
        <In {...part} path="place.host" label="Host" placeholder="deploy.example.com" />
        <In {...part} numeric path="place.port" label="Port" />
        <In {...part} path="place.user" label="User" />
      </FormRow>
      <In
        {...part}
        path="place.folder"
        label="Folder"
        placeholder="/opt/zwan/deployment/setup"
        hint="Where restore.yml, master.yml and setup.sh lie. setup.sh runs there, and goes on when the connection is lost."
      />
      {draft.secrets === null ? (
        secret('password', 'Password or key')
      ) : (
        <>
          <Field group label="Sign in with">
            <Segmented
              value={draft.login}
              onChange={login => setDraft(last => ({ ...last, login }))}
              options={[
                { value: 'password', text: 'Password' },
                { value: 'privateKey', text: 'Private key' },
                { value: 'agent', text: 'SSH agent' },
              ]}
            />
          </Field>
          {draft.login === 'password' && secret('password', 'Password')}
          {draft.login === 'privateKey' && secret('privateKey', 'Private key', { lines: true })}
          {draft.login === 'privateKey' &&
            secret('keyPassphrase', 'Passphrase of the key', { optional: true })}
        </>
      )}
      <In
        {...part}
        optional
        path="place.hostKey"
        label="Host key"
        placeholder="SHA256:…"
        hint="Empty: what known_hosts says of it. A host not known yet is asked about."
      />
      <Field group label="Way there">
        <Segmented
          value={draft.jump ? 'jump' : 'direct'}
          onChange={way => setDraft(last => ({ ...last, jump: way === 'jump' }))}
          options={[
            { value: 'direct', text: 'Directly' },
            { value: 'jump', text: 'Through a jump host' },
          ]}
        />
      </Field>
      {draft.jump && (
        <>
          <FormRow columns="minmax(0, 1fr) 5rem minmax(0, 0.6fr)">
            <In {...part} path="place.jump.host" label="Jump host" />
            <In {...part} numeric path="place.jump.port" label="Its port" />
            <In {...part} path="place.jump.user" label="Its user" />
          </FormRow>
          <In {...part} optional path="place.jump.hostKey" label="Host key of the jump host" />
        </>
      )}
    </>
  )
}
