import { type RefObject, useEffect, useRef } from 'react'

/**
 * Keeps the focus near when what had it is gone, as a button that mended its line. Goes onto an element that takes the
 * focus by program (`tabIndex={-1}`).
 * @param of changes whenever what is shown does
 */
export function useKeptFocus(of: unknown): RefObject<HTMLDivElement | null> {
  const room = useRef<HTMLDivElement>(null)
  const inside = useRef(false)
  useEffect(() => {
    const note = () => {
      inside.current = room.current?.contains(document.activeElement) ?? false
    }
    document.addEventListener('focusin', note)
    return () => document.removeEventListener('focusin', note)
  }, [])
  useEffect(() => {
    if (inside.current && document.activeElement === document.body)
      room.current?.focus({ preventScroll: true })
  }, [of])
  return room
}
