import { useEffect, useState } from 'react'
import { useCall } from '../../app/app-context.tsx'
import { pathsOf, type PlanDraft } from './draft.ts'

/** Nobody is asked about every letter, ms. */
const settleMs = 400
const none: readonly string[] = []

/** Which paths of a draft are not there now: a plan may be for a disk that is plugged in later, so it is only told. */
export function useMissingPaths(draft: PlanDraft): {
  missing: readonly string[]
  /** Whether somebody who wanted to save was told. */
  warned: boolean
  /** Looks now. @returns whether to save: all are there, or it was told before that these are not */
  confirm: () => Promise<boolean>
} {
  const call = useCall()
  const [found, setFound] = useState<{ of: string; missing: readonly string[] }>({ of: '', missing: none })
  const [told, setTold] = useState('')
  const of = JSON.stringify(pathsOf(draft))
  useEffect(() => {
    const control = new AbortController()
    const look = async () => {
      const answer = await call('plan.missing', { paths: JSON.parse(of) as string[] }, control)
      if (answer.ok && !control.signal.aborted) setFound({ of, missing: answer.value.missing })
    }
    const timer = of === '[]' ? undefined : setTimeout(() => void look(), settleMs)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
  }, [call, of])
  // An answer about paths that were typed over since is none.
  const missing = found.of === of ? found.missing : none
  const said = JSON.stringify(missing)
  return {
    missing,
    warned: missing.length > 0 && told === said,
    confirm: async () => {
      if (of === '[]') return true
      const answer = await call('plan.missing', { paths: JSON.parse(of) as string[] })
      // What cannot be asked stops nobody.
      if (!answer.ok || answer.value.missing.length === 0) return true
      setFound({ of, missing: answer.value.missing })
      const now = JSON.stringify(answer.value.missing)
      setTold(now)
      return told === now
    },
  }
}
