import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../../../renderer/ui/base/tokens.css', import.meta.url), 'utf8').replace(
  /\/\*[\s\S]*?\*\//g,
  '',
)
const declared = new Map(
  [...css.slice(0, css.indexOf('@media')).matchAll(/(--[\w-]+)\s*:\s*([^;]+);/g)].map(
    ([, name = '', value = '']) => [name, value.trim()],
  ),
)
type Theme = 'light' | 'dark'

/** A token as six hex digits in one theme. */
function colour(value: string, theme: Theme): string {
  const pick = /^light-dark\(\s*(.+),\s*(.+?)\s*\)$/s.exec(value)
  if (pick) return colour((theme === 'light' ? pick[1] : pick[2])?.trim() ?? '', theme)
  const [, name] = /^var\((--[\w-]+)\)$/.exec(value) ?? []
  if (name !== undefined) return colour(declared.get(name) ?? `${name} is not declared`, theme)
  if (!/^#[0-9a-f]{6}$/i.test(value)) throw new Error(`not a plain colour: ${value}`)
  return value
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function ratio(ink: string, ground: string, theme: Theme): number {
  const [high = 0, low = 0] = [ink, ground]
    .map(name => luminance(colour(`var(--${name})`, theme)))
    .sort((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['', '-frame', '-sunken', '-raised', '-hover', '-selected'].map(end => `surface${end}`)
const tones = ['ok', 'warn', 'bad', 'run']
const every = [...tones, 'idle']
type Pair = readonly [ink: string, ground: string, least: number]
const pairs: Pair[] = [
  ...grounds.flatMap(ground =>
    ['text', 'text-muted', 'text-disabled', 'accent', ...every.map(tone => `${tone}-text`)].map(
      (ink): Pair => [ink, ground, 4.5],
    ),
  ),
  ...tones.flatMap(tone =>
    ['text', 'text-muted', `${tone}-text`].map((ink): Pair => [ink, `${tone}-surface`, 4.5]),
  ),
  ['accent', 'accent-surface', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['on-danger', 'danger-fill', 4.5],
  ['on-danger', 'danger-fill-hover', 4.5],
  ...grounds.flatMap(ground =>
    ['line-control', 'focus-color', ...every.map(tone => `${tone}-shape`)].map((mark): Pair => [
      mark,
      ground,
      3,
    ]),
  ),
  ...tones.map((tone): Pair => [`${tone}-shape`, `${tone}-surface`, 3]),
  ...tones.map((tone): Pair => ['on-status', `${tone}-shape`, 3]),
  ...tones.map((tone): Pair => [`${tone}-shape`, 'meter-track', 1.5]),
  ['meter-mark', 'meter-track', 3],
]

describe('the colours', () => {
  it.each(['light', 'dark'] as const)('hold their contrast in the %s theme', theme => {
    const low = pairs
      .map(([ink, ground, least]) => ({ ink, ground, least, got: ratio(ink, ground, theme) }))
      .filter(({ got, least }) => got < least)
    expect(low).toEqual([])
  })
})
