import { useEffect } from 'react'

/** When a view of a page was last left, ms. */
let leftAt = -Infinity
/** A view that comes later than this after another does not take the focus, ms. */
const patience = 5000

/**
 * For views of one page that replace each other, a list and the one thing opened from it: what had the focus goes with
 * the view that is left, so the title of the new one gets it. The first view of a page leaves it where it is.
 */
export function useArrival(): void {
  useEffect(() => {
    if (performance.now() - leftAt < patience && document.activeElement === document.body)
      document.querySelector<HTMLElement>('[data-page-title]')?.focus()
    return () => {
      leftAt = performance.now()
    }
  }, [])
}
