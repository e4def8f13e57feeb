import type { DirectorState } from '../../../../shared/contract/director.ts'
import { Notice, visibleControls } from '../../../ui/index.ts'

/** In what state a restore that did not come to its end left the hosts. */
export function HostsLeft({ state: { hostState } }: { state: DirectorState }) {
  return (
    <Notice tone="warn">
      <b>The hosts now.</b> {visibleControls(hostState)}
    </Notice>
  )
}
