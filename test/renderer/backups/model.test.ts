import { describe, expect, it } from 'vitest'
import { globMatcher } from '../../../electron/engine/source/files/exclude.ts'
import { addFound, emptySearch, sortVersions } from '../../../renderer/features/backups/find-model.ts'
import { globsOf, pathOfGlob } from '../../../renderer/features/backups/glob-of.ts'
import {
  isFiltered,
  matches,
  mergePoints,
  othersOn,
  readFilter,
  stampTime,
  trashed,
  whyNot,
  writeFilter,
} from '../../../renderer/features/backups/model.ts'
import { copyOf } from './copies.ts'

const a = 'docs@20260101T000000Z'
const b = 'docs@20260102T000000Z'
const trash = { since: '2026-01-03T00:00:00Z', until: '2026-03-03T00:00:00Z', by: 'x' }
const noSystems = new Map<string, string>()

describe('merging what servers say', () => {
  it('makes one row of each point, newest first, good copies before others', () => {
    const rows = mergePoints(
      [
        [copyOf(a, 'nas', { damaged: true }), copyOf(b, 'nas')],
        [copyOf(a, 'usb', { verified: '2026-01-05T00:00:00Z' })],
      ],
      new Map([['docs', 'Branches']]),
    )
    expect(rows.map(({ point }) => point)).toEqual([b, a])
    expect(rows[1]).toMatchObject({ system: 'Branches', state: 'damaged', verified: '2026-01-05T00:00:00Z' })
    expect(rows[1]!.copies.map(({ server }) => server)).toEqual(['usb', 'nas'])
  })

  it('leaves out what is in a trash, and lists it there', () => {
    const listings = [[copyOf(a, 'nas', { trash })], [copyOf(a, 'usb'), copyOf(b, 'usb', { trash })]]
    expect(mergePoints(listings, noSystems).map(({ copies }) => copies.map(({ server }) => server))).toEqual([
      ['usb'],
    ])
    expect(trashed(listings).map(({ point, server }) => `${point} ${server}`)).toEqual([
      `${a} nas`,
      `${b} usb`,
    ])
  })

  it('tells the best state of its copies unless one is damaged', () => {
    const stateOf = (...rest: Parameters<typeof copyOf>[2][]) =>
      mergePoints([rest.map((one, index) => copyOf(a, `s${index}`, one))], noSystems)[0]!.state
    expect(stateOf({}, { verified: '2026-01-05T00:00:00Z' })).toBe('verified')
    expect(stateOf({ state: 'incomplete' }, {})).toBe('unverified')
    expect(stateOf({ state: 'incomplete' })).toBe('incomplete')
    expect(stateOf({ damaged: true }, { verified: '2026-01-05T00:00:00Z' })).toBe('damaged')
  })
})

describe('filtering', () => {
  it('keeps a filter in the address and reads what makes no sense as none', () => {
    const filter = { of: 'name:docs', state: 'damaged', period: '7' } as const
    expect(readFilter(writeFilter(filter))).toEqual(filter)
    expect(isFiltered(readFilter({ state: 'odd', period: '8' }))).toBe(false)
  })

  it('goes by system, plan, state and age', () => {
    const [row] = mergePoints([[copyOf(a, 'nas')]], new Map([['docs', 'Branches']]))
    const at = stampTime('20260101T000000Z')
    const fits = (of: string, state: '' | 'damaged' = '', days = 0) =>
      matches(row!, { of, state, period: '1' }, at + days * 86_400_000)
    expect([fits('system:Branches'), fits('name:docs'), fits('')]).toEqual([true, true, true])
    expect([fits('system:docs'), fits('name:x'), fits('', 'damaged'), fits('', '', 2)]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

describe('what a copy allows', () => {
  it('says why not', () => {
    expect(whyNot(copyOf(a, 'nas', { kept: true }), 'remove')).toMatch(/protected/)
    expect(whyNot(copyOf(a, 'nas', { state: 'no-manifest' }), 'remove')).toMatch(/vendor/)
    expect(whyNot(copyOf(a, 'nas', { state: 'incomplete' }), 'copy')).toMatch(/incomplete/)
    expect(whyNot(copyOf(a, 'nas', { state: 'incomplete' }), 'remove')).toBeNull()
  })

  it('knows the other good ones of its name on its server', () => {
    const there = [copyOf(a, 'nas'), copyOf(b, 'nas', { damaged: true }), copyOf('x@20260101T000000Z', 'nas')]
    expect(othersOn(there, copyOf(b, 'nas')).map(({ point }) => point)).toEqual([a])
    expect(othersOn(there, copyOf(a, 'nas'))).toEqual([])
  })
})

describe('choosing entries', () => {
  const odd = [
    'a*b',
    'a?b',
    'a[1].txt',
    'a{1,2}',
    '(x)',
    '!x',
    '+(a)',
    '@x',
    'a|b',
    'a\\b',
    'x"y',
    '$a^',
    'é ü',
    "it's",
    'a b',
    '#x',
    '**',
    '.dot',
  ]

  it('makes patterns that fit exactly one path, whatever it holds', () => {
    for (const path of odd) {
      const full = `dir/${path}`
      const fits = globMatcher(globsOf({ path: full, kind: 'file' }), 'test')
      const raw = (text: string) => Buffer.from(text).toString('latin1')
      expect(fits(raw(full)), path).toBe(true)
      expect(fits(raw(`${full}x`)) || fits(raw('dir/ab')) || fits(raw('dir/a1b')), path).toBe(false)
      expect(pathOfGlob(globsOf({ path: full, kind: 'file' })[0]!), path).toBe(full)
    }
  })

  it('takes a folder with all that is in it', () => {
    const fits = globMatcher(globsOf({ path: 'a/[b]', kind: 'directory' }), 'test')
    expect([fits('a/[b]'), fits('a/[b]/c/.d'), fits('a/b/c')]).toEqual([true, true, false])
  })

  it('knows a pattern from a path', () => {
    expect(pathOfGlob('etc/*.conf')).toBeNull()
    expect(pathOfGlob('etc/a\\*.conf')).toBe('etc/a*.conf')
  })
})

describe('finding a file in many points', () => {
  it('counts the same version in several points once', () => {
    const rows = mergePoints([[copyOf(a, 'nas'), copyOf(b, 'nas')]], noSystems)
    const entry = {
      path: 'x/y',
      kind: 'file' as const,
      size: 1,
      mtime: '2026-01-01T00:00:00.000Z',
      mode: '0644',
    }
    let search = addFound(emptySearch, rows[1]!, [entry], false)
    search = addFound(
      search,
      rows[0]!,
      [entry, { ...entry, size: 2, mtime: '2025-01-01T00:00:00.000Z' }],
      true,
    )
    const versions = sortVersions(search)
    expect(versions.map(({ points }) => points.map(({ point }) => point))).toEqual([[b, a], [b]])
    expect(search).toMatchObject({ done: 2, cut: 1 })
  })
})
