import { type RestoreStep, restoreSteps } from '../router.ts'

/** The six steps of every restore. */
export const stepNames = {
  system: 'System',
  source: 'Source',
  point: 'Restore point',
  target: 'Target',
  preflight: 'Preflight',
  confirm: 'Confirm',
} as const satisfies Record<RestoreStep, string>

/** The words of *Next* name what comes. */
export const nextWords = {
  system: 'Next: source',
  source: 'Next: restore point',
  point: 'Next: target',
  target: 'Next: preflight',
  preflight: 'Next: confirm',
  confirm: '',
} as const satisfies Record<RestoreStep, string>

export const stepAfter = (step: RestoreStep): RestoreStep =>
  restoreSteps[restoreSteps.indexOf(step) + 1] ?? step
export const stepBefore = (step: RestoreStep): RestoreStep =>
  restoreSteps[restoreSteps.indexOf(step) - 1] ?? step

export type StepSight = {
  key: RestoreStep
  name: string
  state: 'done' | 'now' | 'later' | 'stale'
  answer?: string
}

/** The steps with what was answered in each. `stale`: there is a preflight, and it is of other answers. */
export function stepsAt(
  step: RestoreStep,
  said: Readonly<Record<RestoreStep, string | null | undefined>>,
  stale: boolean,
): StepSight[] {
  const at = restoreSteps.indexOf(step)
  return restoreSteps.map((key, index) => {
    const answer = index === at && key !== 'preflight' ? undefined : said[key]
    const old = key === 'preflight' && stale && index > at
    return {
      key,
      name: stepNames[key],
      state: index < at ? 'done' : index === at ? 'now' : old ? 'stale' : 'later',
      ...(answer && { answer }),
    }
  })
}
