import { describe, expect, it } from 'vitest'
import { rowMove, tableItems } from '../../../renderer/ui/list/table-items.ts'
import { sparkScale, sparkShape } from '../../../renderer/ui/run/spark-shape.ts'

describe('the items of a table', () => {
  const rows = [
    { id: 'a', day: 'Thu' },
    { id: 'b', day: 'Thu' },
    { id: 'c', day: 'Wed' },
  ]
  it('have a heading where the group changes, and a detail after an unfolded row', () => {
    const items = tableItems(
      rows,
      ({ id }) => id,
      ({ day }) => ({ key: day, title: day }),
      new Set(['b']),
    )
    expect(items.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'group group:Thu:0',
      'row a',
      'row b',
      'detail detail:b',
      'group group:Wed:2',
      'row c',
    ])
  })
})

describe('keys in a list', () => {
  it.each([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 9, 9],
    ['ArrowUp', 0, 0],
    ['PageDown', 3, 9],
    ['PageUp', 3, 0],
    ['Home', 5, 0],
    ['End', 5, 9],
  ])('%s leads from row %i to row %i of ten', (key, from, to) => expect(rowMove(key, from, 10)).toBe(to))
  it('leave every other key alone', () => expect(rowMove('x', 3, 10)).toBeNull())
})

describe('the chart of a rate', () => {
  it('has a scale that holds the largest value', () => {
    for (const value of [1, 900, 1023, 1024, 3e6, 7.7e8]) {
      const top = sparkScale([{ at: 0, value }])
      expect(top).toBeGreaterThanOrEqual(value)
      expect(top).toBeLessThanOrEqual(value * 2.5)
    }
  })
  it('stays inside its field', () => {
    const points = [0, 1, 2, 3].map(at => ({ at, value: at * 100 }))
    const { line, stalls } = sparkShape(points, [{ from: -5, to: 1 }], 300, 340, 64)
    expect(line).toBe('0,64 113.3,42.7 226.7,21.3 340,0')
    expect(stalls).toEqual([{ x: 0, width: 113.3 }])
  })
  it('is empty with fewer than two points', () => {
    expect(sparkShape([{ at: 0, value: 1 }], [], 1, 340, 64).line).toBe('')
  })
})
