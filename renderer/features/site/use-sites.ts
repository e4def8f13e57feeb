import type { DeploymentInfo } from '../../../shared/contract/director.ts'
import type { Site } from '../../../shared/contract/site.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useAsk, useEvent } from '../../app/app-context.tsx'

export type KnownSite = { info: DeploymentInfo; site: Site | null }
export type Sites = {
  /** Null: not known yet. */
  list: readonly KnownSite[] | null
  unreadable: readonly { name: string; detail: string }[]
  failure: Failure | null
  /** Why nothing is known of checks and plans. */
  siteFailure: Failure | null
  again: () => void
}

const none: readonly never[] = []

/** The deployment folders, each as the site of a Director. */
export function useSites(): Sites {
  const folders = useAsk('director.list', undefined)
  const sites = useAsk('site.list', undefined)
  useEvent('director.changed', folders.again)
  useEvent('director.changed', sites.again)
  useEvent('site.changed', sites.again)
  useEvent('plan.changed', sites.again)
  return {
    list:
      folders.value?.deployments.map(info => ({
        info,
        site: sites.value?.sites.find(({ deployment }) => deployment === info.record.name) ?? null,
      })) ?? null,
    unreadable: folders.value?.unreadable ?? none,
    failure: folders.failure,
    siteFailure: sites.failure,
    again: () => {
      folders.again()
      sites.again()
    },
  }
}
