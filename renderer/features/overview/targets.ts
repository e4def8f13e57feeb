/** A target as it is typed: a whole number and a unit. Empty: there is none. */
export type TargetDraft = { amount: string; unit: Unit }
export const units = ['min', 'h', 'd'] as const
export type Unit = (typeof units)[number]
const minutesOf = { min: 1, h: 60, d: 1440 } as const
/** The contract's own bound. */
const most = 60 * 24 * 366

export const unitNames = { min: 'minutes', h: 'hours', d: 'days' } as const

export function draftOf(minutes: number | null): TargetDraft {
  if (minutes === null) return { amount: '', unit: 'h' }
  const unit = minutes % 1440 === 0 && minutes > 1440 ? 'd' : minutes % 60 === 0 ? 'h' : 'min'
  return { amount: String(minutes / minutesOf[unit]), unit }
}

/** Minutes, null for none, or what is wrong with it. */
export function minutesFrom({ amount, unit }: TargetDraft): number | null | { wrong: string } {
  const text = amount.trim()
  if (text === '') return null
  if (!/^\d{1,7}$/.test(text) || Number(text) === 0)
    return { wrong: `A whole number of ${unitNames[unit]}, or empty for no target.` }
  const minutes = Number(text) * minutesOf[unit]
  return minutes > most ? { wrong: 'At most 366 days.' } : minutes
}
