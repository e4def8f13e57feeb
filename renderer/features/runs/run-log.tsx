import { useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import { useCall } from '../../app/app-context.tsx'
import { formatBytes } from '../../app/format.ts'
import { Button, Trouble, visibleControls } from '../../ui/index.ts'
import css from './runs.module.css'

/** How much is shown at first, and how much more each time, bytes. */
const page = 32 * 1024
/** So many lines at most stand on the page; a log has up to 64 MiB. */
const mostLines = 2000
/** How often a live run is asked for more, ms. */
const every = 2000

type Tail = { from: number; next: number; text: string; size: number }

/** The end of a run's log, growing while it goes on; earlier pages on demand. */
export function RunLog({ id, live }: { id: string; live: boolean }) {
  const call = useCall()
  const [tail, setTail] = useState<Tail | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const [busy, setBusy] = useState(false)
  const follows = useRef(true)

  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const read = (from: number) => call('run.log', { runId: id, from }, { signal })
    let next = -1
    const look = async () => {
      if (next < 0) {
        const end = await read(Number.MAX_SAFE_INTEGER)
        if (signal.aborted) return
        if (!end.ok) return setFailure(end.failure)
        const start = Math.max(0, end.value.size - page)
        const first = await read(start)
        if (signal.aborted) return
        if (!first.ok) return setFailure(first.failure)
        // The middle of a line is no line.
        const cut = start === 0 ? 0 : first.value.text.indexOf('\n') + 1
        const text = first.value.text.slice(cut)
        next = first.value.next
        setTail({ from: next - byteLength(text), next, text, size: first.value.size })
      } else {
        const more = await read(next)
        if (signal.aborted) return
        if (!more.ok) return setFailure(more.failure)
        if (more.value.next === next) return
        next = more.value.next
        setTail(last => last && { ...last, next, size: more.value.size, text: last.text + more.value.text })
      }
      setFailure(null)
    }
    void look()
    // Once more after the end: the last lines come with it.
    const timer = setInterval(() => void look(), live ? every : every * 2)
    const last = live ? undefined : setTimeout(() => clearInterval(timer), every * 3)
    return () => {
      stop.abort()
      clearInterval(timer)
      clearTimeout(last)
    }
  }, [call, id, live])

  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [tail])

  const earlier = async () => {
    if (!tail || tail.from === 0) return
    setBusy(true)
    const start = Math.max(0, tail.from - page * 4)
    const answer = await call('run.log', { runId: id, from: start })
    setBusy(false)
    if (!answer.ok) return setFailure(answer.failure)
    const text = cutBytes(answer.value.text, tail.from - start)
    const cut = start === 0 ? 0 : text.indexOf('\n') + 1
    follows.current = false
    setTail(
      last =>
        last && { ...last, from: last.from - byteLength(text.slice(cut)), text: text.slice(cut) + last.text },
    )
  }

  const lines = tail?.text.split('\n') ?? []
  if (lines.at(-1) === '') lines.pop()
  const shown = lines.slice(-mostLines)
  const hidden = lines.length - shown.length
  return (
    <>
      {failure && <Trouble failure={failure} title="The log cannot be read" />}
      {tail && (tail.from > 0 || hidden > 0) && (
        <p className={css.logHead}>
          <span className="note">
            {hidden > 0
              ? `The last ${mostLines} lines of those read.`
              : `The last ${formatBytes(tail.next - tail.from)} of ${formatBytes(tail.size)}.`}
          </span>
          {hidden === 0 && (
            <Button size="small" busy={busy} onClick={() => void earlier()}>
              Show earlier lines
            </Button>
          )}
        </p>
      )}
      {tail && shown.length === 0 && <p className="muted">The log is empty so far.</p>}
      {shown.length > 0 && (
        <div
          ref={box}
          className={css.log}
          role="log"
          aria-live="off"
          aria-label="Log"
          tabIndex={0}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            follows.current = scrollHeight - scrollTop - clientHeight < 24
          }}
        >
          {shown.map((line, index) => (
            <LogLine key={lines.length - shown.length + index} text={line} />
          ))}
        </div>
      )}
    </>
  )
}

/** `2026-11-20T14:40:23.123Z restore point docs@…`: the time first, in the reader's own clock. */
function LogLine({ text }: { text: string }) {
  const [, at, rest] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/.exec(text) ?? []
  return (
    <div className={css.logLine}>
      <span className={css.logTime} title={at}>
        {at ? clock(at) : ''}
      </span>
      <span>{visibleControls(rest ?? text)}</span>
    </div>
  )
}

const clock = (at: string) => new Date(at).toTimeString().slice(0, 8)
const byteLength = (text: string) => new TextEncoder().encode(text).length
const cutBytes = (text: string, bytes: number) =>
  new TextDecoder().decode(new TextEncoder().encode(text).slice(0, bytes))
