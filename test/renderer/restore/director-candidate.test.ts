import { describe, expect, it, vi } from 'vitest'
import { mergePoints } from '../../../renderer/features/backups/model.ts'
import { candidatesOf } from '../../../renderer/features/restore/candidates.ts'
import { queryOf, whyNoRestore, withDirector } from '../../../renderer/features/restore/director-candidate.ts'
import { readAnswers } from '../../../renderer/features/restore/model.ts'
import { copyOf } from '../backups/copies.ts'

// The features' doors lead to components too, and those to the address of a page.
vi.hoisted(() => {
  const heard = { addEventListener: () => undefined }
  Object.assign(globalThis, { location: { hash: '' }, document: heard, window: heard, ...heard })
})

const none = new Map<string, string>()
const rowsOf = (...files: number[]) =>
  mergePoints(
    [files.map((count, index) => copyOf(`vendor@2026010${index + 1}T000000Z`, 'nas', { files: count }))],
    none,
  )

describe('a Director among what can be wanted back', () => {
  it('is always there, last, and can be chosen before any server was seen to hold one', () => {
    const rows = mergePoints([[copyOf('docs@20260101T000000Z', 'nas')]], none)
    const found = withDirector(candidatesOf(rows, [], none), rows)
    expect(found.map(({ of }) => of)).toEqual(['name:docs', 'director'])
    expect(found[1]).toMatchObject({ newest: null, rows: [] })
    expect(whyNoRestore(found[1]!, false)).toBeNull()
  })

  it('comes first, with its newest run of five files, where a server holds one', () => {
    const rows = rowsOf(5, 4)
    const [first] = withDirector(candidatesOf(rows, [], none), rows)
    expect(first).toMatchObject({ of: 'director', newest: { stamp: '20260101T000000Z' } })
    expect(first?.rows).toHaveLength(1)
  })

  it('keeps the answers of its own steps in the address, and takes over none of another kind', () => {
    const own = { of: 'director', server: 'nas', stamp: '20260101T000000' }
    expect(queryOf(readAnswers(own), own)).toEqual(own)
    expect(queryOf(readAnswers({ of: 'director' }), { of: 'name:docs', server: 'usb' })).toEqual({
      of: 'director',
    })
    expect(queryOf(readAnswers({ of: 'name:docs' }), own)).toMatchObject({ of: 'name:docs', server: '' })
  })
})
