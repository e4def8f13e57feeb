import { describe, expect, it } from 'vitest'
import { systemRecord } from '../../shared/plan.ts'

const named = (name: string) =>
  systemRecord.safeParse({
    name,
    kind: 'folder',
    dataLossTarget: null,
    recoveryTarget: null,
    added: '2026-03-26T13:15:02.000Z',
  }).success

describe('the name of a system', () => {
  it.each(['File server, building 4', 'Sys "q"', 'Bücher', 'שרת', '日本'])('may be %s', name =>
    expect(named(name)).toBe(true),
  )
  it.each(['evil\u202e', 'a\u2066b', 'a\u200fb', 'a\nb', 'a\u2028b', 'a\u001bb', ' a'])(
    'holds nothing that turns text round, controls or spaces at its ends: %j',
    name => expect(named(name)).toBe(false),
  )
})
