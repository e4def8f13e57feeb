import { useCallback, useState } from 'react'
import { AlertDialog } from '../../ui/index.ts'
import { useLeaveGuard } from '../navigation.ts'

export type LeaveGuardProps = {
  /** Whether something typed would be lost. */
  dirty: boolean
  /** What is not saved: `the new server`. */
  what: string
}

/** Asks before a page with something unsaved is left. Stands anywhere on that page. */
export function LeaveGuard({ dirty, what }: LeaveGuardProps) {
  const [leave, setLeave] = useState<(() => void) | null>(null)
  const ask = useCallback((go: () => void) => setLeave(() => go), [])
  useLeaveGuard(dirty, ask)
  return (
    <AlertDialog
      open={leave !== null}
      escape="harmless"
      title={`Leave without saving ${what}?`}
      keep="Stay here"
      onKeep={() => setLeave(null)}
      deed={{
        text: 'Leave without saving',
        onPick: () => {
          setLeave(null)
          leave?.()
        },
      }}
    >
      <p>What was typed here is lost then. What was saved before stays as it is.</p>
    </AlertDialog>
  )
}
