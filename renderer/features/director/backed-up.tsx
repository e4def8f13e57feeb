import { listed } from '../../app/parts/checks/check-words.ts'
import { Notice } from '../../ui/index.ts'

/** Said where a Director is chosen, and again where it is erased. @param plans those that back it up */
export function BackedUp({ plans }: { plans: readonly string[] }) {
  if (plans.length === 0) return null
  return (
    <Notice tone="warn">
      <b>
        This is the Director that {listed(plans)} {plans.length === 1 ? 'backs up' : 'back up'}.
      </b>{' '}
      A restore erases it: choose the folder of the other site, unless this one is to be rebuilt.
    </Notice>
  )
}
