import type { Failure } from '../../../shared/failure.ts'
import { useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { useApp } from '../../app/app-context.tsx'

/** What opens an encrypted restore point. Held by this page only, and gone with it: never in the address. */
export type Secret = { passphrase?: string; identity?: string }

/** Whether a failure says that a secret is needed, or that the one given is wrong. */
export const isLocked = (failure: Failure | null): boolean =>
  failure?.code === 'auth.secret-missing' || failure?.code === 'auth.passphrase'

type Secrets = StoreApi<{ byPoint: ReadonlyMap<string, Secret> }>
const stores = new WeakMap<object, Secrets>()

/** All that was given on this page, by point. */
export const useSecrets = (): ReadonlyMap<string, Secret> =>
  useStore(useSecretStore(), ({ byPoint }) => byPoint)

function useSecretStore(): Secrets {
  const { stores: app } = useApp()
  return useMemo(() => {
    const made: Secrets = stores.get(app) ?? createStore(() => ({ byPoint: new Map<string, Secret>() }))
    stores.set(app, made)
    return made
  }, [app])
}

/** The secret that was given for a point on this page, and how to give one. */
export function useSecret(point: string | null): {
  secret: Secret | undefined
  give: (secret: Secret | null) => void
} {
  const store = useSecretStore()
  const secret = useStore(store, ({ byPoint }) => (point === null ? undefined : byPoint.get(point)))
  return useMemo(
    () => ({
      secret,
      give: (next: Secret | null) => {
        if (point === null) return
        const byPoint = new Map(store.getState().byPoint)
        if (next === null) byPoint.delete(point)
        else byPoint.set(point, next)
        store.setState({ byPoint })
      },
    }),
    [store, secret, point],
  )
}
