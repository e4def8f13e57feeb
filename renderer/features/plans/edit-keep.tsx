import type { ReactNode } from 'react'
import { useState } from 'react'
import type { Retention } from '../../../shared/plan.ts'
import {
  Checkbox,
  Choice,
  Field,
  FormRow,
  Icon,
  Select,
  SecretField,
  Segmented,
  TextArea,
  TextField,
} from '../../ui/index.ts'
import { type PlanDraft, staysAsMade } from './draft.ts'
import { keepWords, mostKept } from './model.ts'
import css from './plans.module.css'
import type { PlanForm } from './use-plan-form.ts'

const kept = [
  ['last', 'Newest'],
  ['daily', 'Daily'],
  ['weekly', 'Weekly'],
  ['monthly', 'Monthly'],
  ['yearly', 'Yearly'],
] as const satisfies readonly (readonly [keyof Retention, string])[]

/** How long restore points are kept. */
export function KeepPart({ form }: { form: PlanForm }) {
  const { draft, wrong, change } = form
  return (
    <section className={css.part} aria-labelledby="plan-keep">
      <div>
        <h2 id="plan-keep">Keep</h2>
        <span className="note">how many of each kind, on every server</span>
      </div>
      <div className={css.keep}>
        {kept.map(([key, label]) => (
          <Field key={key} label={label} error={wrong[`keep.${key}`]}>
            <TextField
              inputMode="numeric"
              value={draft.keep[key]}
              onChange={value => change({ keep: { ...draft.keep, [key]: value } })}
            />
          </Field>
        ))}
      </div>
      <p className="note" aria-live="polite">
        {wordsOf(draft)}
      </p>
    </section>
  )
}

function wordsOf({ keep }: PlanDraft): string {
  const numbers = Object.fromEntries(
    Object.entries(keep).map(([key, text]) => [key, /^\d+$/.test(text.trim()) ? Number(text) : 0]),
  ) as Retention
  const most = mostKept(numbers)
  if (most === null) return 'Everything is kept, until somebody removes it.'
  return `Keeps ${keepWords(numbers)}: at most ${most} restore points on each server. A point goes to the trash first; protected ones and the last good one never go.`
}

/** What becomes of a run whose time passed while nothing could run it. */
export function MissedPart({ form: { draft, change } }: { form: PlanForm }) {
  return (
    <section className={css.part} aria-labelledby="plan-missed">
      <div>
        <h2 id="plan-missed">If a run is missed</h2>
        <span className="note">the machine slept, or the vault was locked</span>
      </div>
      <Choice
        label="If a run is missed"
        value={draft.missed}
        onChange={missed => change({ missed })}
        options={[
          {
            value: 'latest',
            title: 'Make up the newest one',
            detail: 'As soon as it can, once, however many were missed.',
          },
          { value: 'skip', title: 'Skip it, and raise an alarm', detail: 'The next run is at its own time.' },
        ]}
      />
    </section>
  )
}

/** Compression, encryption, speed and checks. */
export function PackPart({ form }: { form: PlanForm }) {
  const { draft, wrong, change } = form
  const fixed = staysAsMade(draft)
  const packed = draft.compression === 'none' ? 'not compressed' : draft.compression
  const locked = draft.encrypt === 'none' ? 'not encrypted' : 'encrypted'
  const bad = ['level', 'passphrase', 'again', 'encryptTo.recipients', 'limit'].some(
    key => wrong[key] !== undefined,
  )
  return (
    <Fold
      title="Packing, encryption and speed"
      says={fixed ? 'as the Director makes them' : `${packed}, ${locked}`}
      force={bad}
    >
      {fixed ? (
        <p className="note">
          The five files stay as setup.sh restores them: neither packed again nor encrypted.
        </p>
      ) : (
        <Packing form={form} />
      )}
      <Field
        optional
        label="Speed, at most"
        error={wrong['limit']}
        hint="For all servers together, as in 20 MB/s. Empty: as fast as it goes."
      >
        <TextField value={draft.limit} onChange={limit => change({ limit })} />
      </Field>
      <Checkbox
        checked={draft.verifyAfter}
        onChange={verifyAfter => change({ verifyAfter })}
        detail="Takes about as long as the upload did. Without it a backup stays unverified."
      >
        Read every byte back after each run
      </Checkbox>
    </Fold>
  )
}

function Packing({ form: { draft, wrong, change } }: { form: PlanForm }) {
  return (
    <>
      <FormRow columns="minmax(0, 1fr) 6rem">
        <Field label="Compression">
          <Select
            value={draft.compression}
            onChange={compression =>
              change({
                compression,
                level: compression === 'gzip' ? '6' : compression === 'zstd' ? '3' : '0',
              })
            }
            options={[
              { value: 'zstd', text: 'zstd, fast and small' },
              { value: 'gzip', text: 'gzip, read everywhere' },
              { value: 'none', text: 'None' },
            ]}
          />
        </Field>
        {draft.compression !== 'none' && (
          <Field label="Level" error={wrong['level']}>
            <TextField inputMode="numeric" value={draft.level} onChange={level => change({ level })} />
          </Field>
        )}
      </FormRow>
      <Field
        group
        label="Encryption"
        hint={
          draft.encrypt === 'none'
            ? 'Whoever can read the server can read the backups.'
            : 'The age format: stock tools open it with the same passphrase or key.'
        }
      >
        <Segmented
          value={draft.encrypt}
          onChange={encrypt => change({ encrypt })}
          options={[
            { value: 'none', text: 'None' },
            { value: 'passphrase', text: 'Passphrase' },
            { value: 'recipients', text: 'Public keys' },
          ]}
        />
      </Field>
      {draft.encrypt === 'passphrase' && (
        <FormRow>
          <Field
            label="Passphrase"
            error={wrong['passphrase']}
            hint="Kept in the vault. Write it down elsewhere: without it nobody opens the backups."
          >
            <SecretField
              name="Passphrase"
              stored={draft.passphrase === null}
              value={draft.passphrase}
              onChange={passphrase => change({ passphrase, again: '' })}
            />
          </Field>
          {draft.passphrase !== null && (
            <Field label="Once more" error={wrong['again']}>
              <TextField secret code value={draft.again} onChange={again => change({ again })} />
            </Field>
          )}
        </FormRow>
      )}
      {draft.encrypt === 'recipients' && (
        <Field
          label="Public keys"
          error={wrong['encryptTo.recipients']}
          hint="One age public key per line. Its private half opens the backups, and is never needed here."
        >
          <TextArea
            code
            rows={2}
            placeholder="age1…"
            value={draft.recipients}
            onChange={recipients => change({ recipients })}
          />
        </Field>
      )}
    </>
  )
}

/** A part that most plans leave as it is: its gist stands in its line, and it opens by itself when something is wrong. */
export function Fold({
  title,
  says,
  force,
  children,
}: {
  title: string
  says: string
  force: boolean
  children: ReactNode
}) {
  const [open, setOpen] = useState(false)
  return (
    <details className={css.more} open={open || force} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary className={css.summary}>
        <Icon name="chevron-right" decorative />
        <b>{title}</b>
        <span className="note truncate">{says}</span>
      </summary>
      <div className={css.inside}>{children}</div>
    </details>
  )
}
