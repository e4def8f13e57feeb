import { describe, expect, it, vi } from 'vitest'
import { mergePoints } from '../../../renderer/features/backups/model.ts'
import {
  bestServer,
  candidatesOf,
  holdingOf,
  rowsOf,
  whyOff,
} from '../../../renderer/features/restore/candidates.ts'
import { copyOf } from '../backups/copies.ts'

// The features' doors lead to components too, and those to the address of a page.
vi.hoisted(() => {
  const heard = { addEventListener: () => undefined }
  Object.assign(globalThis, { location: { hash: '' }, document: heard, ...heard })
})

const system = {
  name: 'Branches',
  kind: 'folder' as const,
  dataLossTarget: null,
  recoveryTarget: null,
  added: '2026-01-01T00:00:00Z',
}
const rows = mergePoints(
  [
    [copyOf('docs@20260101T000000Z', 'nas'), copyOf('docs@20260102T000000Z', 'nas', { damaged: true })],
    [copyOf('docs@20260102T000000Z', 'usb'), copyOf('strange@20260103T000000Z', 'usb')],
  ],
  new Map([['docs', 'Branches']]),
)

describe('what can be wanted back', () => {
  it('is systems, and whatever servers hold that no plan here knows', () => {
    const found = candidatesOf(rows, [system], new Map())
    expect(found.map(({ of }) => of)).toEqual(['system:Branches', 'name:strange'])
    expect(found[1]).toMatchObject({ detail: 'no plan here · on usb' })
    expect(candidatesOf(rows, [], new Map()).map(({ of }) => of)).toEqual(['name:strange'])
  })

  it('says why a system cannot be restored', () => {
    const [empty] = candidatesOf([], [system], new Map())
    expect(whyOff(empty!, true)).toMatch(/no server has answered/)
    expect(whyOff(empty!, false)).toMatch(/holds a restore point/)
  })

  it('begins with the server of the newest good copy', () => {
    const docs = rowsOf(rows, 'system:Branches')
    const holdings = ['nas', 'usb'].map(server => holdingOf(docs, server))
    expect(holdings.map(({ newest }) => newest?.point)).toEqual([
      'docs@20260101T000000Z',
      'docs@20260102T000000Z',
    ])
    expect(bestServer(holdings)).toBe('usb')
  })
})
