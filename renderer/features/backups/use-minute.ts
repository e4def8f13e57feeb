import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'

/** The time, changed once a minute: for lists that tell ages, and would draw themselves each second otherwise. */
export function useMinute(): number {
  return useStore(useStores().clock, ({ now }) => Math.floor(now / 60_000) * 60_000)
}
