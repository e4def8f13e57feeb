import { useEffect, useMemo, useState } from 'react'
import { useAsk } from '../../app/app-context.tsx'
import { Field, FormRow, NextRuns, Segmented, Select, TextField, Trouble } from '../../ui/index.ts'
import { type PlanDraft, scheduleOf } from './draft.ts'
import { otherClock, whenOf, withYear } from './model.ts'
import css from './plans.module.css'
import type { PlanForm } from './use-plan-form.ts'

/** When a plan runs, in its own time zone. */
export function WhenPart({ form, zone }: { form: PlanForm; zone: string }) {
  const { draft, wrong, change } = form
  const preview = usePreview(draft)
  const schedule = scheduleOf(draft)
  // The engine's word on a pattern stands beside it, as soon as it is typed.
  const refused =
    preview.failure?.code === 'input.invalid' ? sentence(preview.failure.detail ?? '') : undefined
  const error = wrong['schedule'] ?? refused
  const zones = useMemo(() => {
    const all = new Set([zone, 'UTC', draft.zone, ...Intl.supportedValuesOf('timeZone')])
    return [...all].map(value => ({ value, text: value === zone ? `${value}, as here` : value }))
  }, [zone, draft.zone])
  return (
    <section className={css.part} aria-labelledby="plan-when">
      <div>
        <h2 id="plan-when">When</h2>
        <span className="note">restore points are stamped in UTC whatever the time zone</span>
      </div>
      <Field group label="How often">
        <Segmented
          value={draft.when}
          onChange={when => change({ when })}
          options={[
            { value: 'hours', text: 'Every few hours' },
            { value: 'daily', text: 'Daily' },
            { value: 'cron', text: 'Custom' },
          ]}
        />
      </Field>
      <FormRow>
        {draft.when === 'hours' ? (
          <FormRow columns="minmax(0, 1fr) 5rem">
            <Field label="Every">
              <Select
                value={draft.every}
                onChange={every => change({ every })}
                options={[1, 2, 3, 4, 6, 8, 12].map(n => ({
                  value: String(n),
                  text: n === 1 ? 'hour' : `${n} hours`,
                }))}
              />
            </Field>
            <Field label="At minute" error={error}>
              <TextField inputMode="numeric" value={draft.minute} onChange={minute => change({ minute })} />
            </Field>
          </FormRow>
        ) : draft.when === 'daily' ? (
          <Field label="At" error={error}>
            <TextField code placeholder="02:30" value={draft.at} onChange={at => change({ at })} />
          </Field>
        ) : (
          <Field label="Minute, hour, day, month, weekday" error={error}>
            <TextField
              code
              placeholder="15 */2 * * 1-5"
              value={draft.cron}
              onChange={cron => change({ cron })}
            />
          </Field>
        )}
        <Field label="Time zone" error={wrong['zone']}>
          <Select value={draft.zone} onChange={zone => change({ zone })} options={zones} />
        </Field>
      </FormRow>
      {schedule && !error && (
        <p aria-live="polite">
          <b>{whenOf(schedule, preview.value?.words ?? '')}</b>
          {preview.value || schedule.kind !== 'cron' ? `, ${draft.zone}` : ''}
        </p>
      )}
    </section>
  )
}

/** The next three runs of the schedule as it is typed. */
export function NextPart({
  form: { draft },
  zone,
  started,
}: {
  form: PlanForm
  zone: string
  started: boolean
}) {
  const { value, failure } = usePreview(draft)
  const asked = scheduleOf(draft) !== null
  return (
    <section className={css.part} aria-labelledby="plan-next">
      <div>
        <h2 id="plan-next">Next three runs</h2>
        {!started && <span className="note">once it is started</span>}
      </div>
      <div>
        {failure && failure.code !== 'input.invalid' && <Trouble failure={failure} />}
        {value && asked ? (
          <NextRuns
            runs={value.next.map(({ at, local, note }) => ({
              local: withYear(local, at, Date.now()),
              utc: otherClock(at, draft.zone, zone),
              ...(note !== undefined && { note }),
            }))}
          />
        ) : (
          <p className="muted">
            {failure || !asked ? 'Not known: the schedule needs a change first.' : 'Asking for them'}
          </p>
        )}
      </div>
    </section>
  )
}

/** Asks the engine once typing pauses. */
function usePreview(draft: PlanDraft) {
  const schedule = scheduleOf(draft)
  const key = schedule === null ? null : JSON.stringify({ schedule, zone: draft.zone })
  const [settled, setSettled] = useState(key)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(key), 200)
    return () => clearTimeout(timer)
  }, [key])
  const input = useMemo(
    () =>
      settled === null
        ? null
        : (JSON.parse(settled) as { schedule: NonNullable<typeof schedule>; zone: string }),
    [settled],
  )
  return useAsk('plan.preview', input)
}

const sentence = (text: string) =>
  text === ''
    ? 'This is no schedule.'
    : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
