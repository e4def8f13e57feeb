import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react'

/** From this many items on only those in view are drawn. */
const drawAll = 200

/**
 * Draws only what is in view of the nearest `[data-scroll]` around `room`, when there is much.
 * @returns the items to draw, and the empty height before and after them, px
 */
export function useWindow(
  room: RefObject<HTMLElement | null>,
  count: number,
  estimate: (index: number) => number,
  keyOf: (index: number) => string,
) {
  const virtual = count > drawAll
  const [scroller, setScroller] = useState<Element | null>(null)
  const [margin, setMargin] = useState(0)
  useEffect(() => setScroller(room.current?.closest('[data-scroll]') ?? null), [room])
  useLayoutEffect(() => {
    if (!virtual || !scroller || !room.current) return
    const top = room.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top
    setMargin(Math.round(top + scroller.scrollTop))
  }, [virtual, scroller, room, count])
  const virtualizer = useVirtualizer({
    enabled: virtual && scroller !== null,
    count,
    getScrollElement: () => scroller,
    estimateSize: estimate,
    getItemKey: keyOf,
    indexAttribute: 'data-at',
    overscan: 12,
    scrollMargin: margin,
    scrollPaddingStart: 40,
  })
  if (!virtual)
    return {
      virtual,
      before: 0,
      after: 0,
      indices: null,
      measure: undefined,
      scrollTo: () => undefined,
    } as const
  const shown = virtualizer.getVirtualItems()
  const first = shown[0]
  const last = shown.at(-1)
  return {
    virtual,
    indices: shown.map(item => item.index),
    before: first ? first.start - margin : 0,
    after: last ? virtualizer.getTotalSize() - (last.end - margin) : 0,
    measure: virtualizer.measureElement,
    scrollTo: (index: number) => virtualizer.scrollToIndex(index),
  } as const
}
