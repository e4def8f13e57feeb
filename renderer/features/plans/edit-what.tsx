import type { SystemRecord } from '../../../shared/plan.ts'
import { useAsk, useEvent } from '../../app/app-context.tsx'
import { counted, formatMinutes } from '../../app/format.ts'
import { PathField } from '../../app/parts/path-field.tsx'
import { href } from '../../app/router.ts'
import { Button, Field, FormRow, Segmented, Select, StatusMark, TextArea, TextField } from '../../ui/index.ts'
import { newSystem } from './draft.ts'
import { DirectorPart } from './edit-director.tsx'
import { Fold } from './edit-keep.tsx'
import css from './plans.module.css'
import { withSystem } from './start-draft.ts'
import type { PlanForm } from './use-plan-form.ts'

type WhatPartProps = {
  form: PlanForm
  systems: readonly SystemRecord[]
  /** Whether its name may change: only before its first restore point. */
  renames: boolean
}

/** Which system, and what of it. */
export function WhatPart({ form, systems, renames }: WhatPartProps) {
  const { draft, wrong, change } = form
  const asked = useAsk('director.list', undefined)
  useEvent('director.changed', asked.again)
  const known = asked.value?.deployments.map(({ record }) => record) ?? null
  return (
    <section className={css.part} aria-labelledby="plan-what">
      <div>
        <h2 id="plan-what">What</h2>
      </div>
      <FormRow>
        <Field label="System" error={wrong['system']} hint={<Targets form={form} systems={systems} />}>
          <Select
            value={draft.system === '' ? null : draft.system}
            placeholder="Choose what it protects"
            onChange={system => change(withSystem(draft, system, systems))}
            options={[
              ...systems.map(({ name }) => ({ value: name, text: name })),
              { value: newSystem, text: 'A new system' },
            ]}
          />
        </Field>
        <Field
          label="Name of the plan"
          error={wrong['name']}
          hint={renames ? 'Restore points begin with it.' : 'Its restore points begin with it, so it stays.'}
        >
          <TextField
            code
            readOnly={!renames}
            placeholder={`for example ${draft.kind === 'director' ? `dc-${draft.part}` : 'docs-nightly'}`}
            value={draft.name}
            onChange={name => change({ name })}
          />
        </Field>
      </FormRow>
      {draft.system === newSystem && <NewSystem form={form} />}
      <Field group label="What is kept">
        <Segmented
          value={draft.kind}
          onChange={kind => change({ kind })}
          options={[
            { value: 'files', text: 'Folders and files' },
            { value: 'command', text: 'Output of a command' },
            { value: 'director', text: 'A Director' },
          ]}
        />
      </Field>
      {draft.kind === 'files' && <Paths form={form} />}
      {draft.kind === 'command' && <Command form={form} />}
      {draft.kind === 'director' && <DirectorPart form={form} systems={systems} known={known} />}
    </section>
  )
}

function Targets({ form, systems }: Pick<WhatPartProps, 'form' | 'systems'>) {
  const system = systems.find(({ name }) => name === form.draft.system)
  if (!system) return <>What is protected, with its targets. Several plans can belong to one.</>
  const lost = system.dataLossTarget
  const back = system.recoveryTarget
  return (
    <>
      Data lost:{' '}
      <span className="nowrap">{lost === null ? 'no target' : `at most ${formatMinutes(lost)}`}</span>.
      Recovery time:{' '}
      <span className="nowrap">{back === null ? 'no target' : `at most ${formatMinutes(back)}`}</span>.{' '}
      <a href={href({ page: 'overview', mode: 'edit', name: system.name })}>Change</a>
    </>
  )
}

function NewSystem({ form }: { form: PlanForm }) {
  const { draft, wrong, change } = form
  const system = draft.newSystem
  const set = (part: Partial<typeof system>) => change({ newSystem: { ...system, ...part } })
  return (
    <>
      <Field label="Name of the system" error={wrong['newSystem.name']}>
        <TextField
          placeholder={`for example ${form.draft.kind === 'director' ? 'Director DC' : 'File server, building 4'}`}
          value={system.name}
          onChange={name => set({ name })}
        />
      </Field>
      <FormRow>
        <Field
          label="Data lost, at most"
          error={wrong['newSystem.dataLoss'] ?? wrong['newSystem.dataLossTarget']}
          hint="30 min, 24 h, 7 d; empty for no target."
        >
          <TextField value={system.dataLoss} onChange={dataLoss => set({ dataLoss })} />
        </Field>
        <Field
          label="Recovery time, at most"
          error={wrong['newSystem.recovery'] ?? wrong['newSystem.recoveryTarget']}
          hint="How long a restore may take."
        >
          <TextField value={system.recovery} onChange={recovery => set({ recovery })} />
        </Field>
      </FormRow>
    </>
  )
}

function Paths({ form: { draft, wrong, missing, change } }: { form: PlanForm }) {
  const set = (index: number, path: string) =>
    change({ paths: draft.paths.map((old, at) => (at === index ? path : old)) })
  const excluded = draft.excludes.split('\n').filter(line => line.trim() !== '').length
  return (
    <>
      <div className={css.paths}>
        {draft.paths.map((path, index) => (
          <div key={index} className={css.path} data-many={draft.paths.length > 1}>
            <PathField
              label={draft.paths.length === 1 ? 'Folder or file' : `Folder or file ${index + 1}`}
              value={path}
              onChange={next => set(index, next)}
              error={wrong[`source.paths.${index}`]}
              {...(missing.includes(path.trim()) && { hint: <NotThere /> })}
            />
            {draft.paths.length > 1 && (
              <Button
                icon="x"
                iconOnly
                className={css.leave}
                onClick={() => change({ paths: draft.paths.filter((_, at) => at !== index) })}
              >
                {`Leave out ${path === '' ? `path ${index + 1}` : path}`}
              </Button>
            )}
          </div>
        ))}
        <span>
          <Button size="small" icon="plus" onClick={() => change({ paths: [...draft.paths, ''] })}>
            Add another path
          </Button>
        </span>
      </div>
      <Fold
        title="Leave out"
        says={excluded === 0 ? 'nothing' : counted(excluded, 'pattern')}
        force={wrong['source.excludes'] !== undefined}
      >
        <Field
          optional
          label="Patterns to leave out"
          error={wrong['source.excludes']}
          hint="One per line, such as **/node_modules or *.tmp"
        >
          <TextArea code rows={3} value={draft.excludes} onChange={excludes => change({ excludes })} />
        </Field>
      </Fold>
    </>
  )
}

function NotThere() {
  return (
    <span className={css.notThere} role="status">
      <StatusMark shape="warn" tone="warn" size="small" /> There is nothing at this path now. The plan can be
      saved; its runs fail until it is there.
    </span>
  )
}

function Command({ form: { draft, wrong, change } }: { form: PlanForm }) {
  return (
    <>
      <Field
        label="Command"
        error={wrong['source.command']}
        hint="Run by the shell of this machine. What it prints is kept; when it fails, no restore point is made. Do not write secrets into it: commands are shown on screen."
      >
        <TextArea
          code
          rows={3}
          placeholder="pg_dump --clean app"
          value={draft.command}
          onChange={command => change({ command })}
        />
      </Field>
      <Field label="Kept as" error={wrong['source.as']}>
        <TextField code placeholder="db.sql" value={draft.as} onChange={as => change({ as })} />
      </Field>
    </>
  )
}
