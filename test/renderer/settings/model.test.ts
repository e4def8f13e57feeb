import { describe, expect, it } from 'vitest'
import { limitText } from '../../../renderer/app/limit-text.ts'
import { isChanged, typedOf, withTyped, wrongIn } from '../../../renderer/features/settings/model.ts'
import { settings } from '../../../shared/contract/app.ts'
import { parseBytes } from '../../../shared/units.ts'

describe('a limit as text', () => {
  it.each([1, 999, 20_000_000, 1_048_576, 1_500_000, 1_234_567, 3_000_000_000])(
    'reads back %i bytes per second',
    rate => {
      expect(parseBytes(limitText(rate))).toBe(rate)
    },
  )
})

describe('the settings that are typed', () => {
  const kept = settings.parse({})

  it('come back as they are kept', () => {
    expect(withTyped(kept, typedOf(kept))).toEqual(kept)
    expect(isChanged(kept, typedOf(kept))).toBe(false)
    expect(withTyped(kept, { limit: '20 MB/s', trashDays: '30', runDays: ' 90' })).toMatchObject({
      limit: 20_000_000,
      trashDays: 30,
      runDays: 90,
    })
  })

  it('are refused with the fix', () => {
    const all = ['limit', 'trashDays', 'runDays']
    expect(Object.keys(wrongIn({ limit: 'fast', trashDays: '0', runDays: '29' }))).toEqual(all)
    expect(Object.keys(wrongIn({ limit: '0', trashDays: '3651', runDays: 'ever' }))).toEqual(all)
    expect(wrongIn({ limit: '', trashDays: '60', runDays: '400' })).toEqual({})
  })
})
