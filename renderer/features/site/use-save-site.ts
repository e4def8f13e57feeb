import type { Deployment } from '../../../shared/director.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'

/** Saves what is known of a Director; what opens its host stays as it is. */
export function useSaveSite(name: string) {
  const call = useCall()
  return useDeed((options, record: Deployment) =>
    call('director.save', { record, secrets: null, replaces: name }, options),
  )
}
