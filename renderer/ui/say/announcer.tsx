import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from 'react'

type Announce = (text: string, urgency?: 'polite' | 'assertive') => void
const AnnounceContext = createContext<Announce>(() => undefined)

/** Says something to screen readers only: phase changes, every 10 %, a stall (assertive). */
export const useAnnounce = () => use(AnnounceContext)

/** The two live regions; stands once around the application. */
export function LiveRegion({ children }: { children: ReactNode }) {
  const [polite, setPolite] = useState('')
  const [assertive, setAssertive] = useState('')
  const turn = useRef(false)
  const announce = useCallback<Announce>((text, urgency = 'polite') => {
    turn.current = !turn.current
    // A text equal to the last would not be read out again.
    const said = turn.current ? text : `${text}\u00a0`
    if (urgency === 'assertive') setAssertive(said)
    else setPolite(said)
  }, [])
  const value = useMemo(() => announce, [announce])
  return (
    <AnnounceContext value={value}>
      {children}
      <div className="visually-hidden" aria-live="polite" role="status">
        {polite}
      </div>
      <div className="visually-hidden" aria-live="assertive" role="alert">
        {assertive}
      </div>
    </AnnounceContext>
  )
}
