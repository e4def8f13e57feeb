export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

const factors: Record<string, number> = {
  '': 1,
  B: 1,
  K: 1e3,
  KB: 1e3,
  M: 1e6,
  MB: 1e6,
  G: 1e9,
  GB: 1e9,
  T: 1e12,
  TB: 1e12,
  KIB: KiB,
  MIB: MiB,
  GIB: GiB,
  TIB: 1024 * GiB,
}

/**
 * Reads `8MB` (10⁶ bytes), `2MiB` (2²⁰ bytes), `500k`, `1.5GB`; a `/s` at the end is allowed.
 * @returns whole bytes, or null when the text is not a size.
 */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)(?:\/s)?\s*$/i.exec(text)
  if (!match) return null
  const factor = factors[(match[2] ?? '').toUpperCase()]
  if (factor === undefined) return null
  const bytes = Math.round(Number(match[1]) * factor)
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** `1536` → `1.5 KiB`. For people; machines get plain bytes. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let step = 0
  while (value >= 1024 && step < names.length - 1) {
    value /= 1024
    step++
  }
  return step === 0 ? `${value} B` : `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${names[step]}`
}

/** `75` s → `1 min 15 s`. For people. */
export function formatSeconds(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

/** A range of seconds, rounded outwards: `40–50 s`, `19–27 min`, `1–2 h`; one bound that is nothing reads `under 10 s`. */
export function formatRange({ low, high }: { low: number; high: number }): string {
  const [step, unit, size] =
    high < 60
      ? [5, 's', 1]
      : high < 3600
        ? [60, 'min', 60]
        : high < 36_000
          ? [600, 'min', 60]
          : [3600, 'h', 3600]
  const from = (Math.floor(low / step) * step) / size
  const to = Math.max(step / size, (Math.ceil(high / step) * step) / size)
  if (unit === 'min' && to >= 120) {
    const hours = (minutes: number) => Math.round((minutes / 60) * 10) / 10
    return `${Math.floor(hours(from))}–${Math.ceil(hours(to))} h`
  }
  if (from <= 0) return `under ${to} ${unit}`
  return from === to ? `${to} ${unit}` : `${from}–${to} ${unit}`
}
