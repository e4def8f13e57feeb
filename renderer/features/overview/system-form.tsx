import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { SystemRecord } from '../../../shared/plan.ts'
import { useAsk, useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import { href } from '../../app/router.ts'
import {
  Button,
  Empty,
  Field,
  Form,
  LinkButton,
  PageBody,
  PageHeader,
  Segmented,
  Select,
  TextField,
  Trouble,
} from '../../ui/index.ts'
import { DeploymentForm, placeWords } from '../director/index.ts'
import css from './overview.module.css'
import { draftOf, minutesFrom, type TargetDraft, unitNames, units } from './targets.ts'

const path = [{ text: 'Overview', href: href({ page: 'overview', mode: 'list' }) }]

/** Adds a system, or changes the one called `name`. */
export function SystemForm({ name }: { name: string | null }) {
  const { systems } = useStores()
  const list = useStore(systems, ({ value }) => value)
  const record = name === null ? null : (list?.find(system => system.name === name) ?? null)
  if (name !== null && !record)
    return (
      <>
        <PageHeader title={name} path={path} />
        <PageBody>
          {list === null ? (
            <p className="muted">Asking the engine what it knows.</p>
          ) : (
            <Empty title={`There is no system called ${name}.`} page />
          )}
        </PageBody>
      </>
    )
  return <Editor record={record} />
}

function Editor({ record }: { record: SystemRecord | null }) {
  const call = useCall()
  const { systems, overview } = useStores()
  const [name, setName] = useState(record?.name ?? '')
  const [kind, setKind] = useState<SystemRecord['kind']>(record?.kind ?? 'folder')
  const [deployment, setDeployment] = useState(record?.deployment ?? '')
  const [adding, setAdding] = useState(false)
  const folders = useAsk('director.list', kind === 'director' ? undefined : null)
  const [loss, setLoss] = useState(draftOf(record ? record.dataLossTarget : 1440))
  const [recovery, setRecovery] = useState(draftOf(record ? record.recoveryTarget : 240))
  const [tried, setTried] = useState(false)
  const [saved, setSaved] = useState<string | null>(null)
  const save = useDeed((options, next: Omit<SystemRecord, 'added'>) =>
    call('system.save', { record: next, replaces: record?.name ?? null }, options),
  )
  const before = JSON.stringify([
    record?.name ?? '',
    record?.kind ?? 'folder',
    record?.deployment ?? '',
    draftOf(record ? record.dataLossTarget : 1440),
    draftOf(record ? record.recoveryTarget : 240),
  ])
  const dirty = saved === null && JSON.stringify([name, kind, deployment, loss, recovery]) !== before
  const [lossMinutes, recoveryMinutes] = [minutesFrom(loss), minutesFrom(recovery)]
  const nameWrong =
    save.failure?.code === 'input.invalid' &&
    /name|exists/i.test(`${save.failure.subject} ${save.failure.detail}`)
      ? (save.failure.detail ?? 'another name')
      : name.trim() === ''
        ? 'A name, as people call it.'
        : null
  const submit = async () => {
    setTried(true)
    if (name.trim() === '' || isWrong(lossMinutes) || isWrong(recoveryMinutes)) return
    const answer = await save.run({
      name: name.trim(),
      kind,
      dataLossTarget: lossMinutes,
      recoveryTarget: recoveryMinutes,
      ...(kind === 'director' && deployment !== '' && { deployment }),
    })
    if (!answer?.ok) return
    setSaved(answer.value.name)
    void systems.refresh()
    void overview.refresh()
  }
  // Only once nothing is unsaved any more: leaving before would be asked about.
  useEffect(() => {
    if (saved !== null) go({ page: 'overview', mode: 'show', name: saved })
  }, [saved])
  const back = record
    ? href({ page: 'overview', mode: 'show', name: record.name })
    : href({ page: 'overview', mode: 'list' })
  const guard = (
    <LeaveGuard dirty={dirty} what={record ? `the changes to ${record.name}` : 'the new system'} />
  )
  if (adding)
    return (
      <>
        <PageHeader title="Add a Director" path={path} lead="The folder that its setup.sh runs in." />
        {guard}
        <PageBody>
          <DeploymentForm
            info={null}
            deed="Save the folder"
            onCancel={() => setAdding(false)}
            onSaved={saved => {
              setDeployment(saved.record.name)
              folders.again()
              setAdding(false)
            }}
          />
        </PageBody>
      </>
    )
  return (
    <>
      <PageHeader
        title={record ? `Change ${record.name}` : 'Add system'}
        path={path}
        lead="What is protected, how much of it may be lost, and how long it may take to have it back."
        actions={
          <>
            <LinkButton href={back}>Cancel</LinkButton>
            <Button kind="primary" pagePrimary busy={save.busy} onClick={() => void submit()}>
              {record ? 'Save changes' : 'Add system'}
            </Button>
          </>
        }
      />
      {guard}
      <PageBody>
        <div className={css.form}>
          <Form label="System" onSubmit={() => void submit()}>
            <Field
              label="Name"
              hint="As people call it: File server, Customer database."
              error={tried ? nameWrong : null}
            >
              <TextField value={name} onChange={setName} maxLength={80} />
            </Field>
            <Field
              label="Kind"
              group
              hint="What its plans read: files, what a command prints, or a zWAN Director."
            >
              <Segmented
                value={kind}
                onChange={setKind}
                options={[
                  { value: 'folder', text: 'Folder' },
                  { value: 'command', text: 'Command' },
                  { value: 'director', text: 'Director' },
                ]}
              />
            </Field>
            {kind === 'director' && (
              <Field
                label="Deployment folder"
                hint="Where restore.yml, master.yml and setup.sh lie. Through it the Director is checked and backed up."
              >
                <span className={css.folder}>
                  <Select
                    value={deployment}
                    onChange={setDeployment}
                    options={[
                      { value: '', text: folders.value ? 'Not said yet' : 'Asking' },
                      ...(folders.value?.deployments ?? []).map(({ record: one }) => ({
                        value: one.name,
                        text: `${one.name}: ${placeWords(one.place)}`,
                      })),
                    ]}
                  />
                  <Button icon="plus" onClick={() => setAdding(true)}>
                    Add a folder
                  </Button>
                </span>
              </Field>
            )}
            {folders.failure && (
              <Trouble failure={folders.failure} title="The deployment folders cannot be read" />
            )}
            <Target
              label="Data lost, at most"
              hint="The age a good backup may have. Plans should run more often than this."
              draft={loss}
              onChange={setLoss}
              error={tried && isWrong(lossMinutes) ? lossMinutes.wrong : null}
            />
            <Target
              label="Recovery time, at most"
              hint="From the outage to the last file restored. The recovery clock counts against the shortest of all systems."
              draft={recovery}
              onChange={setRecovery}
              error={tried && isWrong(recoveryMinutes) ? recoveryMinutes.wrong : null}
            />
            {save.failure && (save.failure.code !== 'input.invalid' || name.trim() !== '') && (
              <Trouble failure={save.failure} title="The system was not saved" />
            )}
          </Form>
        </div>
      </PageBody>
    </>
  )
}

function Target(props: {
  label: string
  hint: string
  draft: TargetDraft
  onChange: (draft: TargetDraft) => void
  error: string | null
}) {
  const { label, hint, draft, onChange, error } = props
  return (
    <div className={css.target}>
      <Field label={label} error={error}>
        <TextField
          value={draft.amount}
          onChange={amount => onChange({ ...draft, amount })}
          inputMode="numeric"
          placeholder="no target"
        />
      </Field>
      <Field label={<span className="visually-hidden">{label}: unit</span>}>
        <Select
          value={draft.unit}
          onChange={unit => onChange({ ...draft, unit })}
          options={units.map(unit => ({ value: unit, text: unitNames[unit] }))}
        />
      </Field>
      <p className="note" style={{ gridColumn: '1 / -1' }}>
        {hint}
      </p>
    </div>
  )
}

const isWrong = (value: number | null | { wrong: string }): value is { wrong: string } =>
  typeof value === 'object' && value !== null
