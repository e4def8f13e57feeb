import { parseBytes } from '../../shared/units.ts'

/** A rate as it is typed and read back without loss: `20 MB/s`, `1 MiB/s`. */
export function limitText(bytesPerSecond: number | null): string {
  if (bytesPerSecond === null) return ''
  const units = [
    ['GB', 1e9],
    ['GiB', 2 ** 30],
    ['MB', 1e6],
    ['MiB', 2 ** 20],
    ['kB', 1e3],
    ['KiB', 2 ** 10],
  ] as const
  const fit = units.find(([, size]) => bytesPerSecond % size === 0)
  return fit ? `${bytesPerSecond / fit[1]} ${fit[0]}/s` : `${bytesPerSecond} B/s`
}

/** What was typed as a limit, bytes per second; null when it is none: no size, 0, or nothing at all. */
export function readLimit(text: string): number | null {
  const bytes = parseBytes(text)
  return bytes === null || bytes === 0 ? null : bytes
}
