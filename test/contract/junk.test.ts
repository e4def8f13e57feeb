import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contract } from '../../shared/contract/index.ts'
import { openTestService } from '../service/support.ts'

const methods = Object.entries(contract).flatMap(([name, entry]) =>
  entry.is === 'method' ? [{ name, takesNothing: entry.input.safeParse(undefined).success }] : [],
)

/** The same numbers each time: mulberry32. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown

/** Texts as a socket would bring them: whatever they say, they are JSON. */
const fixed: unknown[] = [
  null,
  0,
  -1,
  1e308,
  '',
  'x',
  'x'.repeat(1_000_000),
  true,
  [],
  [null],
  deep(5000),
  JSON.parse('{"__proto__":{"polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  { toString: null, valueOf: null },
  { point: '../../etc/passwd', server: '..', name: '\u0000' },
]

const words = [
  ...['name', 'path', 'runId', 'point', 'server', 'record', 'settings', 'secrets', 'replaces', 'from', 'to'],
  ...['request', 'token', 'typed', 'limit', 'folder', 'text', 'schedule', 'zone', '__proto__', 'constructor'],
]

function junk(next: () => number, depth = 0): unknown {
  const pick = Math.floor(next() * (depth > 3 ? 6 : 8))
  if (pick === 0) return null
  if (pick === 1) return Math.floor(next() * 2 ** 54) - 2 ** 53
  if (pick === 2) return next() * 1e6
  if (pick === 3) return next() < 0.5
  if (pick === 4) return '\u0000../\ud800%s${x}'.repeat(Math.floor(next() * 40))
  if (pick === 5) return words[Math.floor(next() * words.length)]
  if (pick === 6) return Array.from({ length: Math.floor(next() * 5) }, () => junk(next, depth + 1))
  const object: Record<string, unknown> = {}
  for (let i = Math.floor(next() * 6); i > 0; i--)
    Object.defineProperty(object, words[Math.floor(next() * words.length)] ?? '', {
      value: junk(next, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return object
}

describe('the contract', () => {
  it.each(methods)('answers junk to $name with input.invalid and changes nothing', async ({ name }) => {
    const test = await openTestService()
    await mkdir(test.home, { recursive: true })
    await writeFile(join(test.home, 'settings.json'), '{"theme":"dark"}')
    const next = random(name.length * 7919 + name.charCodeAt(0))
    const all = [...fixed, ...Array.from({ length: 150 }, () => junk(next))]
    // What happens to be right for a call is no junk to it.
    const refused = all.filter(input => !acceptable(name, input))
    expect(refused.length).toBeGreaterThan(20)
    for (const input of refused) {
      const answer = await test.service.call(name, input, new AbortController().signal)
      expect(answer).toMatchObject({ ok: false, failure: { code: 'input.invalid', during: name } })
      expect(JSON.stringify(answer).length).toBeLessThan(10_000)
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(await test.call('settings.get')).toMatchObject({ theme: 'dark' })
    expect(await readdir(join(test.home, 'runs'))).toEqual([])
  })

  it('refuses names that are no calls, events and inherited names among them', async () => {
    const test = await openTestService()
    const names = ['', 'nope', 'toString', '__proto__', 'constructor', 'run.changed', 'x'.repeat(100_000)]
    for (const name of names) expect((await test.fails(name)).code, name.slice(0, 20)).toBe('input.invalid')
  })

  it('takes nothing for calls that ask for nothing, and refuses nothing for all others', async () => {
    const test = await openTestService()
    for (const { name, takesNothing } of methods)
      if (!takesNothing) expect((await test.fails(name)).code, name).toBe('input.invalid')
  })

  it('names the field that is wrong', async () => {
    const test = await openTestService()
    expect(await test.fails('run.limit', { runId: 'a', bytesPerSecond: 'fast' })).toMatchObject({
      subject: 'bytesPerSecond',
    })
    expect(
      await test.fails('plan.preview', { schedule: { kind: 'daily', at: '25:00' }, zone: 'UTC' }),
    ).toMatchObject({
      subject: 'schedule.at',
    })
  })
})

function acceptable(name: string, input: unknown): boolean {
  const entry = contract[name as keyof typeof contract]
  return entry.is === 'method' && entry.input.safeParse(input).success
}
