import { useEffect, useRef, useState } from 'react'
import { useLastKnown } from '../app-context.tsx'
import { useRoute } from '../navigation.ts'
import { ConnectionNotice } from './connection-notice.tsx'
import { KeyList } from './key-list.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { Rail } from './rail.tsx'
import { Screen } from './screen.tsx'
import { StatusBar } from './status-bar.tsx'
import { useKeys } from './use-keys.ts'
import css from './app-frame.module.css'

/** Rail, page, status bar. @param tokenRefused the address held a token that is used up */
export function AppFrame({ tokenRefused }: { tokenRefused: boolean }) {
  const route = useRoute()
  const lastKnown = useLastKnown()
  const [keysShown, setKeysShown] = useState(false)
  useKeys(() => setKeysShown(true))
  useFocusOnArrival(`${route.page}/${'mode' in route && route.mode === 'new' ? 'new' : ''}`)
  return (
    <div className={css.frame} {...(lastKnown !== null && { 'data-stale': '' })}>
      <a
        className={css.skip}
        href="#main"
        onClick={event => {
          event.preventDefault()
          document.querySelector<HTMLElement>('[data-region="body"]')?.focus()
        }}
      >
        Skip to the page
      </a>
      <Rail current={route.page} />
      <main className={css.page} id="main">
        <ConnectionNotice tokenRefused={tokenRefused} />
        <PageBoundary key={route.page}>
          <Screen route={route} />
        </PageBoundary>
      </main>
      <StatusBar />
      <KeyList open={keysShown} onClose={() => setKeysShown(false)} />
    </div>
  )
}

/** The title of a page gets the focus when one comes to it from another; the first page leaves it where it is. */
function useFocusOnArrival(place: string): void {
  const last = useRef(place)
  useEffect(() => {
    if (last.current === place) return
    last.current = place
    // A page may have put the focus into a field of its own already.
    if (
      document.activeElement instanceof HTMLElement &&
      document.activeElement.matches('input, textarea, select')
    )
      return
    document.querySelector<HTMLElement>('[data-page-title]')?.focus()
  }, [place])
}
