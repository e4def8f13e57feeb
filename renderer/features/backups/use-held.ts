import { useState } from 'react'

/**
 * Whether something is locked, held while the next try goes on: the form in which the secret is typed stays.
 * @param locked what the last answer says; null while there is none
 */
export function useHeld(locked: boolean | null): boolean {
  const [held, setHeld] = useState(false)
  if (locked !== null && locked !== held) setHeld(locked)
  return locked ?? held
}
