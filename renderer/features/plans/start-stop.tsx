import type { PlanInfo } from '../../../shared/contract/plan.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { describeFailure } from '../../../shared/failure-copy.ts'
import { Button, useAnnounce } from '../../ui/index.ts'

/** Starts a plan, or stops it: no run begins any more; one that goes on is not touched. */
export function StartStop({ plan }: { plan: PlanInfo }) {
  const { plans } = useStores()
  const call = useCall()
  const announce = useAnnounce()
  const { name } = plan.settings
  const stops = plan.state === 'scheduled'
  const deed = useDeed(options => call(stops ? 'plan.stop' : 'plan.start', { name }, options))
  const press = async () => {
    const answer = await deed.run()
    if (answer?.ok) announce(stops ? `${name} is stopped.` : `${name} is started.`)
    await plans.refresh()
  }
  return (
    <>
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
      {deed.failure && (
        <span className="note" role="alert">
          {describeFailure(deed.failure).title}
        </span>
      )}
    </>
  )
}
