import { memo } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useKnownNow, useLastKnown } from '../../app/app-context.tsx'
import {
  counted,
  formatBytes,
  formatClock,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../app/format.ts'
import { limitText } from '../../app/limit-text.ts'
import {
  arrivalRate,
  partDone,
  patienceWith,
  lateUnder,
  ratePoints,
  type RateSample,
  stallAfter,
  stallSpans,
  typicalRate,
} from '../../../shared/run-rates.ts'
import { isLive, waitsForOther } from '../../app/run-words.ts'
import { Notice, Sparkline, Transfer } from '../../ui/index.ts'
import { countsOf, countsWhen } from './run-model.ts'
import { useHistory } from './use-run.ts'

/** Acknowledged bytes, their rate, and what holds them up. */
export function RunTransfer({ run, stall }: { run: RunSnapshot; stall: number | null }) {
  const live = isLive(run)
  const { total, files } = run.progress
  // What was written of a file that turned out damaged does not count in the end.
  const bytes = countsOf(run)?.bytes ?? run.progress.bytes
  const over = run.state === 'succeeded'
  const part = partDone({ bytes, total }, over)
  const received = live ? (run.progress.received ?? 0) : 0
  const tone =
    run.state === 'failed'
      ? 'bad'
      : run.state === 'succeeded'
        ? run.problems > 0
          ? 'warn'
          : 'ok'
        : stall !== null
          ? 'warn'
          : 'run'
  return (
    <>
      <Transfer
        done={formatBytes(bytes)}
        of={
          total === null
            ? live
              ? 'acknowledged; how much there is, is not known yet'
              : 'acknowledged'
            : `of ${formatBytes(total)} acknowledged`
        }
        part={part}
        {...(part !== null && total && received > 0 && { flight: Math.min(1, (bytes + received) / total) })}
        tone={run.state === 'interrupted' || run.state === 'cancelled' ? 'idle' : tone}
        note={
          <>
            {part === null ? '' : `${formatPercent(part)}. `}
            {countsWhen[run.kind]}{' '}
            {received > 0 && `${formatBytes(received)} more received, not counted yet. `}
            {files > 0 && `${counted(files, 'file')}.`}
          </>
        }
      >
        <RunChart run={run} />
      </Transfer>
      {stall !== null ? (
        <StallNotice run={run} stall={stall} />
      ) : live && waitsForOther(run) ? (
        <Notice tone="run">
          <b>Waits for its turn:</b> {run.progress.stalled ?? 'another run of it goes on'}. It begins by
          itself when that one has ended, and does not repeat what that one has made.
        </Notice>
      ) : (
        <SlowByLimit run={run} />
      )}
    </>
  )
}

/** Under a low limit bytes count late, a part at a time: that is no stall. */
function SlowByLimit({ run: { state, limit } }: { run: RunSnapshot }) {
  if (state !== 'running' || limit === null || lateUnder(limit) <= stallAfter) return null
  return (
    <p className="note">
      Slow because of its limit of {limitText(limit)}: bytes count a part of some MiB at a time, and the next
      may take up to {formatDuration(lateUnder(limit))}.
    </p>
  )
}

function RunChart({ run }: { run: RunSnapshot }) {
  const { samples } = useHistory(run.id)
  return isLive(run) ? (
    <LiveChart samples={samples} limit={run.limit} patience={patienceWith(run)} />
  ) : (
    <Chart samples={samples} now={samples.at(-1)?.at ?? 0} over limit={null} patience={patienceWith(run)} />
  )
}

function LiveChart(live: Omit<ChartProps, 'now' | 'over' | 'heard'>) {
  return <Chart {...live} now={useKnownNow()} over={false} heard={useLastKnown() === null} />
}

type ChartProps = {
  samples: readonly RateSample[]
  now: number
  over: boolean
  /** Whether the engine is heard of: without, no rate is one of now. */
  heard?: boolean
  limit: number | null
  /** ms without a move that are no stall yet */
  patience: number
}

const noRates = (samples: readonly RateSample[]) =>
  samples.length > 0
    ? 'It was over too soon for a rate to be measured.'
    : 'No rates: this page was not open while it ran.'

const Chart = memo(function Chart({ samples, now, over, heard = true, limit, patience }: ChartProps) {
  const points = ratePoints(samples, now)
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.length < 2 || (over && points.every(({ value }) => value === 0)))
    return <p className="note">{over ? noRates(samples) : 'The rate is shown after some seconds.'}</p>
  const rate = arrivalRate(samples, now)
  const typical = typicalRate(samples)
  const words = [
    ...(over ? [] : [`${formatRate(rate ?? 0)} ${heard ? 'now' : 'last known'}`]),
    ...(typical === null ? [] : [`${formatRate(typical)} typical`]),
    ...(limit === null || over ? [] : [`limit ${limitText(limit)}`]),
  ].join(', ')
  const middle = (first.at + last.at) / 2
  const seconds = last.at - first.at < 180_000
  return (
    <Sparkline
      points={points}
      stalls={stallSpans(samples, now, patience)}
      label={`Rate over ${formatDuration(last.at - first.at)}: ${words}`}
      caption={words}
      format={formatRate}
      ticks={[first.at, middle, last.at].map(at => formatClock(at, seconds))}
    />
  )
})

/** Why nothing moves, what is safe, and what comes next. */
function StallNotice({ run, stall }: { run: RunSnapshot; stall: number }) {
  const { stalled } = run.progress
  return (
    <Notice tone="warn">
      <b>
        No progress for {formatDuration(stall)}
        {stalled === undefined ? '.' : `: ${stalled}${/[.!?]$/.test(stalled) ? '' : '.'}`}
      </b>{' '}
      Nothing is lost: what was acknowledged stays. Drydock goes on by itself as soon as data flows again.
    </Notice>
  )
}
