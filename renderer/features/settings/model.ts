import type { Settings } from '../../../shared/contract/app.ts'
import { parseBytes } from '../../../shared/units.ts'
import { limitText } from '../../app/limit-text.ts'

/** The settings that are typed, as texts. */
export type Typed = { limit: string; trashDays: string; runDays: string }

export const typedOf = ({ limit, trashDays, runDays }: Settings): Typed => ({
  limit: limitText(limit),
  trashDays: String(trashDays),
  runDays: String(runDays),
})

export type Wrong = Partial<Record<keyof Typed, string>>

const wholeDays = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : 0)

/** What is wrong with what is typed, each with the fix. */
export function wrongIn({ limit, trashDays, runDays }: Typed): Wrong {
  const wrong: Wrong = {}
  const bytes = limit.trim() === '' ? null : (parseBytes(limit) ?? Number.NaN)
  if (Number.isNaN(bytes)) wrong.limit = 'As in 20 MB/s; empty for no limit.'
  else if (bytes === 0) wrong.limit = '0 would never finish. Give more, or leave it empty.'
  const inTrash = wholeDays(trashDays)
  if (inTrash < 1 || inTrash > 3650) wrong.trashDays = 'Whole days, from 1 to 3650.'
  const kept = wholeDays(runDays)
  if (kept < 30 || kept > 36_500) wrong.runDays = 'Whole days, from 30 to 36500.'
  return wrong
}

/** The settings with what was typed worked in. Only without wrong fields. */
export function withTyped(settings: Settings, { limit, trashDays, runDays }: Typed): Settings {
  return {
    ...settings,
    limit: limit.trim() === '' ? null : parseBytes(limit),
    trashDays: Number(trashDays),
    runDays: Number(runDays),
  }
}

export const isChanged = (settings: Settings, typed: Typed): boolean => {
  const kept = typedOf(settings)
  return (
    kept.limit !== typed.limit.trim() ||
    kept.trashDays !== typed.trashDays.trim() ||
    kept.runDays !== typed.runDays.trim()
  )
}
