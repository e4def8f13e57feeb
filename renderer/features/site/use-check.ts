import { useRef, useState } from 'react'
import type { DirectorLine } from '../../../shared/contract/director.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import type { Deployment } from '../../../shared/director.ts'
import { useCall, useDeed, useEvent } from '../../app/app-context.tsx'
import { useAnnounce } from '../../ui/index.ts'
import { verdictOf } from './model.ts'

type Check = OutputOf<'site.check'>

/** Goes on while one looks at other tabs; leaving the page stops it. */
export function useCheck({ name: deployment, place, commands, analytics }: Deployment) {
  const call = useCall()
  const announce = useAnnounce()
  const [since, setSince] = useState<number | null>(null)
  const [lines, setLines] = useState<readonly DirectorLine[]>([])
  const [last, setLast] = useState<{ of: string; found: Check } | null>(null)
  // It is of these commands, at this place: of others it says nothing.
  const of = JSON.stringify([place, commands, analytics])
  const found = last?.of === of ? last.found : null
  const deed = useDeed(options => call('site.check', { deployment }, options))
  useEvent('site.checked', ({ deployment: of, line }) => {
    if (of === deployment && since !== null)
      setLines(known => [...known.filter(({ id }) => id !== line.id), line])
  })
  // Asked for while one goes on, as after a key was pinned: what that one finds is of before.
  const again = useRef(false)
  const run = async () => {
    if (deed.busy) {
      again.current = true
      return deed.stop()
    }
    let answer: Awaited<ReturnType<typeof deed.run>>
    do {
      again.current = false
      setSince(Date.now())
      setLines([])
      answer = await deed.run()
    } while (again.current)
    if (answer === null) return
    setSince(null)
    if (!answer.ok) return
    setLast({ of, found: answer.value })
    announce(`Can it be backed up? ${verdictOf(answer.value).answer}`, 'assertive')
  }
  const { busy, failure, stop } = deed
  return { since: busy ? since : null, lines, found, failure, stop, run: () => void run() }
}
export type Checking = ReturnType<typeof useCheck>
