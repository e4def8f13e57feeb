import { useEffect, useSyncExternalStore } from 'react'
import { href, parseRoute, type Route } from './router.ts'

let route = parseRoute(location.hash)
/** The address that `route` was read from. */
let shown = location.hash
const listeners = new Set<() => void>()
const guards = new Set<(leave: () => void) => void>()

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const follow = () => {
  shown = location.hash
  route = parseRoute(shown)
  for (const listener of listeners) listener()
}

addEventListener('hashchange', () => {
  const target = location.hash
  if (guards.size === 0 || target === shown) return follow()
  // The browser's Back, or an address typed in: it has gone there already, so the page is put back before asking.
  history.pushState(null, '', shown || '#/')
  guarded(() => (location.hash = target))
})
// A link is followed by the browser itself: whoever guards unsaved work is asked before.
document.addEventListener('click', event => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#/"]') : null
  const target = link?.getAttribute('href')
  if (!target || guards.size === 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  guarded(() => (location.hash = target))
})

/** Where the page is now. */
export const useRoute = (): Route => useSyncExternalStore(subscribe, () => route)

/** Goes there. `replace`: without an entry in the history, for filters and selections. */
export function go(to: Route, { replace = false }: { replace?: boolean } = {}): void {
  const target = href(to)
  if (target === location.hash) return
  guarded(() => {
    if (!replace) location.hash = target
    else {
      history.replaceState(null, '', target)
      follow()
    }
  })
}

function guarded(leave: () => void): void {
  const [guard] = guards
  if (guard) guard(leave)
  else leave()
}

/**
 * Holds whoever wants to leave the page while `dirty`: `ask` gets what would go on, and decides. Closing the window
 * asks as browsers do. After saving, set `dirty` to false before going on.
 */
export function useLeaveGuard(dirty: boolean, ask: (leave: () => void) => void): void {
  useEffect(() => {
    if (!dirty) return
    const guard = (leave: () => void) =>
      ask(() => {
        guards.delete(guard)
        leave()
      })
    const unload = (event: BeforeUnloadEvent) => event.preventDefault()
    guards.add(guard)
    addEventListener('beforeunload', unload)
    return () => {
      guards.delete(guard)
      removeEventListener('beforeunload', unload)
    }
  }, [dirty, ask])
}
