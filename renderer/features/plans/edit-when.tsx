import { useEffect, useMemo, useState } from 'react'
import type { InputOf, OutputOf } from '../../../shared/contract/index.ts'
import type { PlanNote } from '../../../shared/contract/plan.ts'
import { useAsk } from '../../app/app-context.tsx'
import { Field, FormRow, NextRuns, Notice, Segmented, Select, TextField, Trouble } from '../../ui/index.ts'
import { isDailyOnly, type PlanDraft, previewSource, scheduleOf } from './draft.ts'
import { otherClock, whenOf, withYear } from './model.ts'
import { OtherSite } from './other-site.tsx'
import css from './plans.module.css'
import type { PlanForm } from './use-plan-form.ts'

type Preview = ReturnType<typeof usePreview>
type WhenProps = { form: PlanForm; preview: Preview; zone: string }
const portalZone = 'UTC, as in the Director’s portal'

/** When a plan runs, in its own time zone. */
export function WhenPart({ form, preview, zone }: WhenProps) {
  const { draft, wrong, change } = form
  const director = draft.kind === 'director'
  const otherThanDaily = isDailyOnly(draft) ? 'each run takes the day before' : null
  const schedule = scheduleOf(draft)
  // The engine's word on a pattern stands beside it, as soon as it is typed.
  const refused =
    preview.failure?.code === 'input.invalid' ? sentence(preview.failure.detail ?? '') : undefined
  const error = wrong['schedule'] ?? refused
  const zones = useMemo(() => {
    const all = new Set([zone, 'UTC', draft.zone, ...Intl.supportedValuesOf('timeZone')])
    return [...all].map(value => ({
      value,
      text: value === 'UTC' && director ? portalZone : value === zone ? `${value}, as here` : value,
    }))
  }, [zone, draft.zone, director])
  return (
    <section className={css.part} aria-labelledby="plan-when">
      <div>
        <h2 id="plan-when">When</h2>
        <span className="note">restore points are stamped in UTC whatever the time zone</span>
      </div>
      <Field
        group
        label="How often"
        {...(otherThanDaily !== null && { hint: `Daily only: ${otherThanDaily}.` })}
      >
        <Segmented
          value={draft.when}
          onChange={when => change({ when })}
          options={[
            { value: 'hours', text: 'Every few hours', off: otherThanDaily },
            { value: 'daily', text: 'Daily' },
            { value: 'cron', text: 'Custom', off: otherThanDaily },
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
        <div aria-live="polite">
          <p>
            <b>{director ? preview.value?.words : whenOf(schedule, preview.value?.words ?? '')}</b>
            {preview.value || (schedule.kind !== 'cron' && !director) ? `, ${draft.zone}` : ''}
          </p>
          {director && preview.value && <AsInPortal {...preview.value} zone={draft.zone} />}
        </div>
      )}
    </section>
  )
}

/** The same for the vendor's portal: it has this description and its five fields, in UTC alone. */
function AsInPortal({ utc, zone }: OutputOf<'plan.preview'> & { zone: string }) {
  return (
    <p className="note">
      As the portal’s cron description. {zone !== 'UTC' && <>In UTC: {utc.text.replace(/\.$/, '')}. </>}
      {utc.cron === null ? (
        'No single portal schedule says the same.'
      ) : (
        <>
          Its five fields there: <code className="nowrap">{utc.cron}</code>
        </>
      )}
    </p>
  )
}

/** Of a missing command, of the time in UTC and of the vendor's own servers: they stand beside their fields. */
const besideFields = ['S2.9', 'S2.37', 'S2.35,S2.36']

function Notes({ notes }: { notes: readonly PlanNote[] }) {
  const own = notes.filter(({ lines }) => !besideFields.includes(lines.join()))
  return (
    <>
      {own.map(({ tone, text }) =>
        tone === 'tell' ? (
          <p key={text} className="note">
            {text}
          </p>
        ) : (
          <Notice key={text} tone={tone === 'stop' ? 'bad' : 'warn'}>
            {text}
          </Notice>
        ),
      )}
    </>
  )
}

/** The next three runs of the schedule as it is typed, and what holds for them. */
export function NextPart({ form, preview, zone, started }: WhenProps & { started: boolean }) {
  const { draft } = form
  const { value, failure } = preview
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
      {value && draft.kind === 'director' && <OtherSite form={form} words={value.words} />}
      {value && <Notes notes={value.notes} />}
    </section>
  )
}

/** Asks the engine once typing pauses. @param plan that is changed; null for a new one */
export function usePreview(draft: PlanDraft, plan: string | null) {
  const schedule = scheduleOf(draft)
  const { zone, servers } = draft
  const source = previewSource(draft)
  const key =
    schedule === null
      ? null
      : JSON.stringify({
          ...{ schedule, zone },
          ...(source && { source, servers, ...(plan !== null && { plan }) }),
        })
  const [settled, setSettled] = useState(key)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(key), 200)
    return () => clearTimeout(timer)
  }, [key])
  const input = useMemo(
    () => (settled === null ? null : (JSON.parse(settled) as InputOf<'plan.preview'>)),
    [settled],
  )
  return useAsk('plan.preview', input)
}

const sentence = (text: string) =>
  text === ''
    ? 'This is no schedule.'
    : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
