import { useState } from 'react'
import { useStore } from 'zustand'
import type { SystemRecord } from '../../../shared/plan.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
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
  const [loss, setLoss] = useState(draftOf(record ? record.dataLossTarget : 1440))
  const [recovery, setRecovery] = useState(draftOf(record ? record.recoveryTarget : 240))
  const [tried, setTried] = useState(false)
  const [saved, setSaved] = useState(false)
  const save = useDeed((options, next: Omit<SystemRecord, 'added'>) =>
    call('system.save', { record: next, replaces: record?.name ?? null }, options),
  )
  const before = JSON.stringify([
    record?.name ?? '',
    record?.kind ?? 'folder',
    draftOf(record ? record.dataLossTarget : 1440),
    draftOf(record ? record.recoveryTarget : 240),
  ])
  const dirty = !saved && JSON.stringify([name, kind, loss, recovery]) !== before
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
    })
    if (!answer?.ok) return
    setSaved(true)
    void systems.refresh()
    void overview.refresh()
    setTimeout(() => go({ page: 'overview', mode: 'show', name: answer.value.name }))
  }
  const back = record
    ? href({ page: 'overview', mode: 'show', name: record.name })
    : href({ page: 'overview', mode: 'list' })
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
      <LeaveGuard dirty={dirty} what={record ? `the changes to ${record.name}` : 'the new system'} />
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
            <Field label="Kind" group hint="What its plans read: files, or what a command prints.">
              <Segmented
                value={kind}
                onChange={setKind}
                options={[
                  { value: 'folder', text: 'Folder' },
                  { value: 'command', text: 'Command' },
                ]}
              />
            </Field>
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
