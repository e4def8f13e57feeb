import type { Finding, Measured } from '../bench.ts'
import { verdictOf } from '../bench.ts'

export const tableHead: readonly string[] = [
  '| benchmark | what | drydock | against | median (min–max) | target | verdict |',
  '| --- | --- | --- | --- | --- | --- | --- |',
]

export function tableRow(bench: string, finding: Finding): string {
  const { what, ours, peer, measured, target } = finding
  const aim = !target
    ? '–'
    : 'atLeast' in target
      ? `≥ ${withUnit(target.atLeast, measured)}`
      : `≤ ${withUnit(target.atMost, measured)}`
  const range =
    measured.min === measured.max
      ? ''
      : ` (${plain(measured.min, measured)}–${plain(measured.max, measured)})`
  const verdict = verdictOf(finding)
  const cells = [
    bench,
    what,
    ours,
    peer,
    `${withUnit(measured.median, measured)}${range}`,
    aim,
    verdict === 'missed' ? '**missed**' : verdict,
  ]
  return `| ${cells.join(' | ')} |`
}

const plain = (value: number, { unit }: Measured): string =>
  value.toFixed(unit === '×' ? 2 : unit === 'MiB' ? 0 : 1)
const withUnit = (value: number, measured: Measured): string => `${plain(value, measured)} ${measured.unit}`
