import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { DeploymentInfo, DeploymentView } from '../../../shared/contract/director.ts'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useAsk, useEvent, useStores } from '../../app/app-context.tsx'

export type Deployments = {
  /** Null: not known yet. */
  list: readonly DeploymentInfo[] | null
  unreadable: readonly { name: string; detail: string }[]
  failure: Failure | null
  /** The one that is chosen; null without one. */
  chosen: DeploymentInfo | null
  /** What its folder holds; null until it answered. */
  view: DeploymentView | null
  viewFailure: Failure | null
  /** Since when its folder is being read, ms; null while it is not. */
  reading: number | null
  /** The plans that back a deployment's Director up, by its name; null: not known yet. */
  plansOf: ReadonlyMap<string, readonly string[]> | null
  /** Asks for all of it again. */
  again: () => void
  /** Rises when something was saved or written: what was previewed before is of another file. */
  turn: number
}

const none: readonly never[] = []

/** The deployment folders that are known, and what lies in the chosen one. */
export function useDeployments(name: string | undefined): Deployments {
  const asked = useAsk('director.list', undefined)
  const chosen = asked.value?.deployments.find(({ record }) => record.name === name) ?? null
  const read = useAsk('director.read', chosen ? { deployment: chosen.record.name } : null)
  const plans = useStore(useStores().plans, ({ value }) => value?.plans ?? null)
  const plansOf = useMemo(() => (plans === null ? null : byDeployment(plans)), [plans])
  const [turn, setTurn] = useState(0)
  const again = () => {
    asked.again()
    read.again()
    setTurn(last => last + 1)
  }
  useEvent('director.changed', again)
  return {
    list: asked.value?.deployments ?? null,
    unreadable: asked.value?.unreadable ?? none,
    failure: asked.failure,
    chosen,
    view: read.value,
    viewFailure: read.failure,
    reading: read.asking,
    plansOf,
    again,
    turn,
  }
}

function byDeployment(plans: readonly PlanInfo[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const { settings } of plans)
    if (settings.source.kind === 'director')
      names.set(settings.source.deployment, [...(names.get(settings.source.deployment) ?? []), settings.name])
  return names
}
