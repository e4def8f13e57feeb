import { Field, FormRow, Select, TextArea, TextField } from '../../ui/index.ts'
import type { HookDraft } from './draft.ts'
import { Fold } from './edit-keep.tsx'
import type { PlanForm } from './use-plan-form.ts'

/** Commands before and after a run. */
export function HooksPart({ form }: { form: PlanForm }) {
  const { draft, wrong } = form
  const used = [draft.before.command.trim() !== '' && 'before', draft.after.command.trim() !== '' && 'after']
  const says = used.some(Boolean) ? used.filter(Boolean).join(' and ') : 'none'
  const bad = ['before.timeout', 'after.timeout', 'before.command', 'after.command'].some(
    key => wrong[key] !== undefined,
  )
  return (
    <Fold title="Commands before and after" says={says} force={bad}>
      <Hook
        form={form}
        which="before"
        label="Before each run"
        hint="For example to stop a service or to write a dump."
        fails="Do not run"
        notes="Note it, and run"
      />
      <Hook
        form={form}
        which="after"
        label="After each run"
        hint="Gets the outcome in DRYDOCK_OUTCOME; called when a run is overdue too, so that an alarm can leave the window."
        fails="Count as a problem"
        notes="Only note it"
      />
    </Fold>
  )
}

type HookProps = {
  form: PlanForm
  which: 'before' | 'after'
  label: string
  hint: string
  fails: string
  notes: string
}

function Hook({ form, which, label, hint, fails, notes }: HookProps) {
  const hook = form.draft[which]
  const set = (part: Partial<HookDraft>) => form.change({ [which]: { ...hook, ...part } })
  return (
    <>
      <Field optional label={label} hint={hint} error={form.wrong[`${which}.command`] ?? form.wrong[which]}>
        <TextArea code rows={2} value={hook.command} onChange={command => set({ command })} />
      </Field>
      {hook.command.trim() !== '' && (
        <FormRow>
          <Field label="When it fails">
            <Select
              value={hook.onError}
              onChange={onError => set({ onError })}
              options={[
                { value: 'fail', text: fails },
                { value: 'note', text: notes },
              ]}
            />
          </Field>
          <Field label="Stopped after" error={form.wrong[`${which}.timeout`]}>
            <TextField
              inputMode="numeric"
              unit="s"
              value={hook.timeout}
              onChange={timeout => set({ timeout })}
            />
          </Field>
        </FormRow>
      )}
    </>
  )
}
