import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useKnownNow, useLastKnown, useNow, useStores } from '../../app/app-context.tsx'
import { formatClock, formatDuration, formatMinutes, formatRange } from '../../app/format.ts'
import { drivesScript } from '../../../shared/run.ts'
import { timeLeft } from '../../../shared/run-rates.ts'
import { asksYou, isLive, runStatus } from '../../app/run-words.ts'
import { type Figure, RunHeader } from '../../ui/index.ts'
import { failedComponents, problemCount } from './run-failed.ts'
import { leftOfPhases, phaseNow, phasesOf, stepOf } from './run-model.ts'
import { useExpected, useHistory } from './use-run.ts'

type TopProps = {
  run: RunSnapshot
  stall: number | null
  /** Better words for what goes on than the phase alone has. */
  doing?: string | null
}

/** What a run does now and its figures; or how it ended. */
export function RunTop(props: TopProps) {
  return isLive(props.run) ? <LiveTop {...props} /> : <EndedTop run={props.run} />
}

function LiveTop({ run, stall, doing = null }: TopProps) {
  const now = useNow()
  const knownNow = useKnownNow()
  const lastKnown = useLastKnown()
  const phases = phasesOf(run, knownNow, stall !== null, none)
  const { samples } = useHistory(run.id)
  const { outage } = useStores()
  const declared = useStore(outage, ({ value }) => value)
  const expected = useExpected(run)
  const byBytes = !drivesScript(run.kind)
  const left =
    run.state === 'running' && lastKnown === null
      ? byBytes
        ? timeLeft(samples, run.progress.total, now)
        : leftOfPhases(run, now, expected)
      : null
  const started = Date.parse(run.started)
  const figures: Figure[] = [
    left
      ? {
          label: 'Ends between',
          value: endsBetween(now, left),
          sub: `${formatRange(left)} left${byBytes ? (stall === null ? '' : ' once data flows') : ', as earlier ones took'}`,
        }
      : {
          label: 'Ends',
          value: 'Not known yet',
          sub:
            lastKnown !== null
              ? 'the engine does not answer'
              : run.state === 'running'
                ? byBytes
                  ? whyUnknown(run)
                  : 'no earlier one to tell it from'
                : 'nothing moves now',
        },
    ...(declared
      ? [
          {
            label: 'Recovery clock',
            value: formatDuration(Math.max(1000, now - Date.parse(declared.declared))),
            sub:
              declared.recoveryTarget === null
                ? `since ${formatClock(declared.declared, true)}`
                : `target ${formatMinutes(declared.recoveryTarget)}, until ${formatClock(Date.parse(declared.declared) + declared.recoveryTarget * 60_000, true)}`,
          },
        ]
      : []),
    {
      label: 'Running for',
      value: formatDuration(Math.max(1000, knownNow - started)),
      sub: `since ${formatClock(started, true)}${run.origin ? `, ${run.origin.user}` : ''}`,
    },
  ]
  const words = doing ?? nowWords(run, stall)
  return (
    <RunHeader
      step={stepOf(phases)}
      now={lastKnown === null ? words : `Last known ${formatClock(lastKnown, true)}: ${words}`}
      figures={figures}
    />
  )
}
const none: Parameters<typeof phasesOf>[3] = new Map()

/** With seconds while they tell the ends apart. */
function endsBetween(now: number, { low, high }: { low: number; high: number }): string {
  const seconds = high < 600
  return `${formatClock(now + low * 1000, seconds)} – ${formatClock(now + high * 1000, seconds)}`
}

const whyUnknown = ({ progress }: RunSnapshot) =>
  progress.total === null ? 'how much there is, is not known' : 'shown after 10 s of progress'

function nowWords(run: RunSnapshot, stall: number | null): string {
  const doing = phaseNow(run.progress.phase)
  if (run.state === 'paused') return `Paused: ${lower(doing)}`
  if (run.state === 'cancelling') return 'Cancelling'
  if (stall === null) return doing
  if (asksYou(run)) return `${doing}: asks you something`
  return run.progress.stalled === undefined ? `${doing}: no progress` : `${doing}: waiting`
}

function EndedTop({ run }: { run: RunSnapshot }) {
  const now = useNow()
  const phases = phasesOf(run, now, false, none)
  const started = Date.parse(run.started)
  const ended = run.ended === null ? null : Date.parse(run.ended)
  const figures: Figure[] = [
    ended === null
      ? { label: 'Took', value: 'Not known', sub: 'its process is gone' }
      : {
          label: 'Took',
          value: formatDuration(ended - started),
          sub: `${formatClock(started, true)} to ${formatClock(ended, true)}`,
        },
    {
      label: 'Problems',
      value: String(problemCount(run)),
      sub:
        run.problems > 0
          ? 'listed at the left'
          : problemCount(run) > 0
            ? 'it ended the run'
            : run.state === 'failed'
              ? 'what ended it is not noted'
              : 'none was met',
    },
    {
      label: 'By',
      value: run.origin?.user ?? 'Not noted',
      sub: run.origin ? `on ${run.origin.host}, Drydock ${run.origin.version}` : 'an earlier version',
    },
  ]
  return <RunHeader step={endedIn(run, phases.length)} now={runStatus(run)} figures={figures} />
}

/** Which phases it went through; of one that did not get to its end, what it ended in. */
function endedIn(run: RunSnapshot, phases: number): string {
  if (run.state === 'succeeded') return phases === 1 ? 'Its one phase' : `All ${phases} phases`
  const failed = failedComponents(run)
  if (run.state === 'failed' && failed.length > 0)
    return `${failed.join(', ')} ${failed.length === 1 ? 'was' : 'were'} not backed up`
  return `In ${lower(phaseNow(run.progress.phase))}`
}

const lower = (text: string) => `${text.charAt(0).toLowerCase()}${text.slice(1)}`
