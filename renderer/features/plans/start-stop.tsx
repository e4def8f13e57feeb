import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { Button, useAnnounce } from '../../ui/index.ts'

export type StartFailed = { settings: PlanSettings; failure: Failure }

/**
 * Starts a plan, or stops it: no run begins any more; one that goes on is not touched. @param onFailure the cell has no
 * room for why it could not; null: it is tried again
 */
export function StartStop({
  plan,
  onFailure,
}: {
  plan: PlanInfo
  onFailure: (failed: StartFailed | null) => void
}) {
  const { plans } = useStores()
  const call = useCall()
  const announce = useAnnounce()
  const { name } = plan.settings
  const stops = plan.state === 'scheduled'
  const deed = useDeed(options => call(stops ? 'plan.stop' : 'plan.start', { name }, options))
  const press = async () => {
    onFailure(null)
    const answer = await deed.run()
    if (answer?.ok) announce(stops ? `${name} is stopped.` : `${name} is started.`)
    if (answer && !answer.ok) onFailure({ settings: plan.settings, failure: answer.failure })
    await plans.refresh()
  }
  return (
    <Button
      size="small"
      icon={stops ? 'square' : 'play'}
      busy={deed.busy}
      aria-label={`${stops ? 'Stop' : 'Start'} ${name}`}
      onClick={event => {
        event.stopPropagation()
        void press()
      }}
    >
      {stops ? 'Stop' : 'Start'}
    </Button>
  )
}
