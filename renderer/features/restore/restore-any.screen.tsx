import { useEffect, useRef } from 'react'
import type { RouteOf } from '../../app/router.ts'
import { DirectorRestore, directorOf } from '../director/index.ts'
import { FilesRestore } from './restore.screen.tsx'

/** What is wanted back decides the way: from the second step on, a Director has steps of its own. */
export function RestoreScreen({ route }: { route: RouteOf<'restore'> }) {
  const director = route.query?.['of'] === directorOf && route.step !== 'system'
  const last = useRef(director)
  // One wizard takes the place of the other: without this, the focus went with the button that was pressed.
  useEffect(() => {
    if (last.current === director) return
    last.current = director
    document.querySelector<HTMLElement>('[data-wizard-ask]')?.focus()
  }, [director])
  return director ? <DirectorRestore route={route} /> : <FilesRestore route={route} />
}
