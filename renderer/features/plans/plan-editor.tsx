import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { PlanInfo, PlanNote } from '../../../shared/contract/plan.ts'
import { useStores } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import { href, type RouteOf } from '../../app/router.ts'
import {
  Button,
  Form,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import { blankPlan, draftOfPlan } from './draft.ts'
import { HooksPart } from './edit-hooks.tsx'
import { KeepPart, MissedPart, PackPart } from './edit-keep.tsx'
import { WhatPart } from './edit-what.tsx'
import { NextPart, usePreview, WhenPart } from './edit-when.tsx'
import { WherePart } from './edit-where.tsx'
import { busyReason, newPlanTitle, stoppedServers, stopReason } from './model.ts'
import css from './plans.module.css'
import { startDraft } from './start-draft.ts'
import { type PlanForm, usePlanForm } from './use-plan-form.ts'

type PlanEditorProps = {
  route: RouteOf<'plans'>
  /** Null for a new one. */
  plan: PlanInfo | null
  /** Of this machine. */
  zone: string
}

/** A plan, new or changed. Saving never starts it. */
export function PlanEditor({ route, plan, zone }: PlanEditorProps) {
  const stores = useStores()
  const announce = useAnnounce()
  const systems = useStore(stores.systems, ({ value }) => value) ?? []
  const servers = useStore(stores.servers, ({ value }) => value?.servers) ?? []
  const [start] = useState(() => {
    if (plan) return draftOfPlan(plan.settings)
    const names = servers.map(({ record }) => record.name)
    const blank = blankPlan(zone, systems, names)
    return startDraft(blank, route.query ?? {}, systems)
  })
  const name = plan?.settings.name ?? null
  const form = usePlanForm(start, plan)
  const preview = usePreview(form.draft, name)
  const [saved, setSaved] = useState<string | null>(null)
  // Only once nothing is unsaved any more, or leaving would ask.
  useEffect(() => {
    if (saved) go({ page: 'plans', mode: 'show', name: saved }, { replace: true })
  }, [saved])

  // What was said of a server holds while the next answer is awaited.
  const [told, setTold] = useState<readonly PlanNote[]>(none)
  const answered = preview.value?.notes
  useEffect(() => {
    if (answered) setTold(answered)
  }, [answered])
  const notes = answered ?? told
  const stopped = stoppedServers(notes, form.draft.servers)
  const stop = stopReason(notes, form.draft.servers)
  const save = async () => {
    // Enter in a field does not pass the button.
    if (stop !== null) return
    const answer = await form.save()
    if (!answer) {
      // Perhaps somebody else saved it: then the page must know what.
      if (plan) await stores.plans.refresh()
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('[data-wrong] :is(input, textarea, select)')?.focus(),
      )
      return
    }
    await stores.plans.refresh()
    announce(
      plan ? `${answer.settings.name} is saved.` : `${answer.settings.name} is created. It is not started.`,
    )
    setSaved(answer.settings.name)
  }
  // Told by the notice that also has the way on, as soon as the page has heard of the other change.
  const isStale = plan !== null && form.failure?.code === 'run.conflict' && plan.revision !== form.revision
  const busy = plan ? busyReason(plan) : null
  const count = form.wrongCount
  const off =
    busy ??
    stop ??
    (count > 0
      ? `${count === 1 ? '1 field needs' : `${count} fields need`} a change`
      : plan && !form.dirty
        ? 'nothing has changed'
        : null)
  return (
    <>
      <PageHeader
        title={name ?? newPlanTitle(form.draft)}
        path={[{ text: 'Plans', href: href({ page: 'plans', mode: 'list' }) }]}
        lead={
          plan === null
            ? 'Saving only creates the plan. It does not run until you press Start.'
            : plan.state === 'scheduled'
              ? 'It is started: what you save counts from its next run on.'
              : 'It is not started: saving does not change that.'
        }
        actions={
          <>
            <LinkButton
              href={href(
                name === null ? { page: 'plans', mode: 'list' } : { page: 'plans', mode: 'show', name },
              )}
            >
              Cancel
            </LinkButton>
            <Button
              kind="primary"
              pagePrimary
              busy={form.saving}
              off={off}
              offAt="beside"
              onClick={() => void save()}
            >
              {form.warned ? 'Save all the same' : plan ? 'Save plan' : 'Create plan'}
            </Button>
          </>
        }
      />
      <PageBody>
        {busy !== null && (
          <div className={css.notices}>
            <Notice tone="run">
              <b>A run of this plan goes on.</b> Saving turns on when it has ended.
            </Notice>
          </div>
        )}
        {plan && saved === null && !form.saving && plan.revision !== form.revision && (
          <div className={css.notices}>
            <ChangedElsewhere plan={plan} form={form} />
          </div>
        )}
        {form.failure && !isStale && (
          <div className={css.notices}>
            <Trouble
              failure={form.failure}
              {...(form.failure.code === 'auth.vault-locked' && {
                todo: 'Unlock the vault under Settings, then save again. What is typed here stays.',
              })}
            />
          </div>
        )}
        <Form
          label={name === null ? 'New plan' : `Plan ${name}`}
          className={css.editor}
          onSubmit={() => void save()}
        >
          <div className={css.column}>
            <WhatPart
              form={form}
              systems={systems}
              renames={plan === null || (plan.state === 'created' && plan.last === null)}
            />
            <WhenPart form={form} preview={preview} zone={zone} />
          </div>
          <div className={css.column}>
            <NextPart form={form} preview={preview} zone={zone} started={plan?.state === 'scheduled'} />
            <WherePart form={form} servers={servers} stopped={stopped} />
            <KeepPart form={form} />
            <MissedPart form={form} />
            <div>
              <PackPart form={form} />
              <HooksPart form={form} />
            </div>
          </div>
        </Form>
      </PageBody>
      <LeaveGuard
        dirty={saved === null && form.dirty}
        what={name === null ? 'the new plan' : `the changes to ${name}`}
      />
    </>
  )
}

const none: readonly never[] = []

/** Somebody else saved this plan meanwhile: nothing is written over unseen. */
function ChangedElsewhere({ plan, form }: { plan: PlanInfo; form: PlanForm }) {
  return (
    <Notice
      tone="warn"
      actions={
        <>
          <Button size="small" onClick={() => form.take('theirs', plan)}>
            Show what was saved
          </Button>
          <Button size="small" onClick={() => form.take('mine', plan)}>
            Keep mine
          </Button>
        </>
      }
    >
      <b>This plan was changed elsewhere after this page was opened.</b> Show what was saved, and what is
      typed here is gone; keep yours, and saving writes over it.
    </Notice>
  )
}
