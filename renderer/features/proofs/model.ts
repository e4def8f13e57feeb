import type { ProofReport, ProofSummary } from '../../../shared/contract/proof.ts'
import { counted, formatBytes, formatCount, formatDuration, formatMinutes } from '../../app/format.ts'

type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'idle'

export const resultWord = {
  restored: 'Restored',
  'restored-with-problems': 'Restored with problems',
  failed: 'Failed',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
} as const satisfies Record<ProofReport['result'], string>

/** One measured figure, against its target. */
export type ProofFigure = {
  label: string
  value: string
  ratio: number | null
  tone: Tone
  sub: string
  meterLabel?: string
}
/** One part of the time; `idle`: nobody worked. */
type TimePart = { name: string; ms: number; time: string; idle?: boolean }

const minute = 60_000

type Measured = { ms: number; targetMs: number | null } | null
const isMet = (measured: Measured) =>
  measured === null || measured.targetMs === null ? null : measured.ms <= measured.targetMs

/** The one answer of a report. */
export function answerOf(report: ProofReport): { tone: Tone; answer: string } {
  const { result, measured, counts } = report
  if (result === 'failed') return { tone: 'bad', answer: 'Not restored: the restore failed.' }
  if (result === 'cancelled') return { tone: 'idle', answer: 'Not restored: it was cancelled.' }
  if (result === 'interrupted') return { tone: 'warn', answer: 'Not restored: it was interrupted.' }
  const met = [isMet(measured.recoveryTime), isMet(measured.dataLost)].filter(one => one !== null)
  const targets =
    met.length === 0
      ? ''
      : met.every(Boolean)
        ? met.length === 2
          ? ', inside both targets'
          : ', inside its target'
        : met.some(Boolean)
          ? ', past one of its targets'
          : met.length === 2
            ? ', past both targets'
            : ', past its target'
  const missed = counts.left + counts.failed + counts.refused
  const without = withoutOf(report)
  if (result === 'restored-with-problems')
    return {
      tone: counts.damaged > 0 ? 'bad' : 'warn',
      answer: missed > 0 ? `Restored without ${without}${targets}.` : `Restored with problems${targets}.`,
    }
  if (missed > 0) return { tone: 'warn', answer: `Restored without ${without}${targets}.` }
  return { tone: met.every(Boolean) ? 'ok' : 'warn', answer: `Restored${targets}.` }
}

/** `1 of 418 files, 57.2 of 58.7 MiB`: what was asked for and does not stand there from the backup. */
function withoutOf({ missing, counts }: ProofReport): string {
  if (!missing || missing.files === 0)
    return counted(counts.left + counts.failed + counts.refused, 'entry', 'entries')
  const { files, bytes, ofFiles, ofBytes } = missing
  const [part, whole] = [formatBytes(bytes), formatBytes(ofBytes)]
  // Rounded they may look alike, and one would not see that something is there.
  const share =
    bytes === ofBytes ? `all ${whole}` : part === whole ? `nearly all ${whole}` : `${part} of ${whole}`
  return `${formatCount(files)} of ${counted(ofFiles, 'file')}, ${share}`
}

/** What came of a restore, for lists: one that left something out is not all there. */
export const resultOf = ({ result, missing }: Pick<ProofSummary, 'result' | 'missing'>) =>
  result === 'restored' && missing > 0 ? resultWord['restored-with-problems'] : resultWord[result]

/** The figures under the answer, each against its target. */
export function figuresOf(report: ProofReport): ProofFigure[] {
  const { measured, counts, outage, missing } = report
  const written = counts.created + counts.replaced
  const asked = written + counts.left + counts.refused + counts.failed
  return [
    measured.recoveryTime
      ? against(
          outage === null ? 'Recovery time, from start to end' : 'Recovery time, from outage to end',
          measured.recoveryTime,
        )
      : {
          label: 'Recovery time',
          value: 'None yet',
          ratio: null,
          tone: 'idle',
          sub: 'it was not restored',
        },
    against(
      outage === null ? 'Data lost, from backup to restore' : 'Data lost, from backup to outage',
      measured.dataLost,
    ),
    {
      label: 'Files',
      value: `${counts.files.toLocaleString('en-US')} restored`,
      ratio: shareOf(report, asked === 0 ? null : written / asked),
      tone: counts.failed + counts.refused > 0 ? 'bad' : counts.left > 0 ? 'warn' : 'ok',
      sub: `${formatBytes(counts.bytes)}; ${formatCount(counts.left)} left alone, ${formatCount(counts.refused + counts.failed)} failed`,
      meterLabel: missing
        ? `${formatBytes(missing.ofBytes - missing.bytes)} of ${formatBytes(missing.ofBytes)}`
        : `${written} of ${asked} entries`,
    },
  ]
}

/** By bytes where they are known: one big file may be nearly all. */
const shareOf = ({ missing }: ProofReport, byEntries: number | null) =>
  missing && missing.ofBytes > 0 ? 1 - missing.bytes / missing.ofBytes : byEntries

export function against(label: string, { ms, targetMs }: NonNullable<Measured>): ProofFigure {
  const value = formatDuration(ms)
  if (targetMs === null) return { label, value, ratio: null, tone: 'idle', sub: 'no target was set' }
  const target = formatMinutes(targetMs / minute)
  const spare = targetMs - ms
  return {
    label,
    value,
    ratio: ms / targetMs,
    tone: spare >= 0 ? 'ok' : 'warn',
    sub:
      spare >= 0
        ? `target ${target}: met, ${formatDuration(spare)} to spare`
        : `target ${target}: missed by ${formatDuration(-spare)}`,
    meterLabel: `${value} of ${target}`,
  }
}

const idle = ['not worked on', 'before the restore was started']
const phaseNames: Record<string, string> = {
  'before the restore was started': 'decide, prepare',
  'reading the entry list': 'list',
  planning: 'plan',
  restoring: 'fetch, check, write',
  'making it durable': 'sync to the disk',
}

/** Where the time went; phases of one name are one part, and what took no time to speak of joins its neighbour. */
export function timeParts({ phases }: Pick<ProofReport, 'phases'>): TimePart[] {
  const times = new Map<string, number>()
  for (const { name, from, to } of phases)
    times.set(name, (times.get(name) ?? 0) + Math.max(0, Date.parse(to) - Date.parse(from)))
  const all = [...times].filter(([, ms]) => ms > 0)
  const whole = all.reduce((sum, [, ms]) => sum + ms, 0)
  const parts: TimePart[] = []
  let small: { names: string[]; ms: number } = { names: [], ms: 0 }
  for (const [name, ms] of all) {
    const called = phaseNames[name] ?? name
    if (ms < whole * 0.04 && !idle.includes(name)) {
      small = { names: [...small.names, called], ms: small.ms + ms }
      continue
    }
    const total = ms + small.ms
    parts.push({
      name: [...small.names, called].join(', '),
      ms: total,
      time: formatDuration(total),
      ...(idle.includes(name) && { idle: true }),
    })
    small = { names: [], ms: 0 }
  }
  const last = parts.at(-1)
  if (small.names.length > 0 && last) {
    last.name = [last.name, ...small.names].join(', ')
    last.ms += small.ms
    last.time = formatDuration(last.ms)
  } else if (small.names.length > 0)
    parts.push({ name: small.names.join(', '), ms: small.ms, time: formatDuration(small.ms) })
  return parts
}

/** `drydock-proof-docs-20261120T101500Z-x7wt.json` */
export const fileName = ({ point, runId }: Pick<ProofReport, 'point' | 'runId'>) =>
  `drydock-proof-${point.replace(/[^A-Za-z0-9.-]+/g, '-')}-${runId.replace(/^.*-/, '')}.json`

/** The first clause is the title; what follows explains it. */
export function toLine(text: string): { title: string; detail?: string } {
  const at = text.search(/[:;]\s|\.\s/)
  if (at < 0 || at > 90) return { title: text }
  const rest = text.slice(at + 1).trim()
  // The name of a file keeps its letters.
  const detail = /^[a-z]+\.(?:sh|yml)\b/.test(rest) ? rest : `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
  return rest === '' ? { title: text } : { title: text.slice(0, at), detail }
}
