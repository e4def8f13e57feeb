import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const root = new URL('../../../', import.meta.url)
const journeys = {
  'restore journey': 'journeys/console/director',
  'plan journey': 'journeys/console/director-plan',
}

/** The rows of the table of the vendor's lines: the lines, and the tests that are named for them. */
async function rows(): Promise<{ lines: string[]; tests: string[] }[]> {
  const text = await readFile(new URL('electron/engine/system/director/README.md', root), 'utf8')
  return text.split('\n').flatMap(row => {
    const [, lines = '', , , tests = ''] =
      row.split(' | ').length === 4 ? ['', ...row.slice(2).split(' | ')] : []
    if (!lines.startsWith('S2.')) return []
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    const spoken = Object.entries(journeys).flatMap(([words, path]) => (tests.includes(words) ? [path] : []))
    return [{ lines: lines.split(' '), tests: [...named, ...spoken] }]
  })
}

describe('the vendor’s lines', () => {
  it('are answered each once, from the first to the last', async () => {
    const answered = (await rows()).flatMap(({ lines }) => lines)
    expect(answered.toSorted()).toEqual(Array.from({ length: 41 }, (_, n) => `S2.${n + 1}`).toSorted())
  })

  it('name tests that are there', async () => {
    for (const { lines, tests } of await rows()) {
      if (!lines.includes('S2.41')) expect(tests, lines.join(' ')).not.toEqual([])
      for (const test of tests) expect(existsSync(new URL(`test/${test}.test.ts`, root)), test).toBe(true)
    }
  })
})
