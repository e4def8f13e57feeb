import { useAsk } from '../../app/app-context.tsx'
import { Button, Notice } from '../../ui/index.ts'
import { takeSchedule } from './start-draft.ts'
import type { PlanForm } from './use-plan-form.ts'

/**
 * Says when the other site of the pair has another schedule: they should be the same, and a configuration restore makes
 * them so. @param words of the schedule as it is typed
 */
export function OtherSite({ form: { draft, change }, words }: { form: PlanForm; words: string }) {
  const { deployment, part, zone } = draft
  const { value } = useAsk('site.schedules', deployment === '' ? null : { deployment })
  const jobs = value?.rows.find(({ what }) => what === part)?.there ?? []
  const job = jobs.find(({ started }) => started) ?? jobs[0]
  const other = value?.other ?? null
  if (other === null || !job || (job.words === words && job.zone === zone)) return null
  const taken = takeSchedule(draft, job.schedule, job.zone)
  return (
    <Notice
      tone="warn"
      actions={
        taken && (
          <Button size="small" onClick={() => change(taken)}>
            {`Use the schedule of ${other}`}
          </Button>
        )
      }
    >
      <b>
        {other} runs {job.words.charAt(0).toLowerCase()}
        {job.words.slice(1)}, {job.zone}.
      </b>{' '}
      Both sites of a pair should have the same schedule. A configuration restore puts the one of the DC into
      the DR anyway.
    </Notice>
  )
}
