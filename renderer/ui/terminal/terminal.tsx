import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from '../action/button.tsx'
import css from './terminal.module.css'
import type { TerminalView } from './xterm-view.ts'

/** Takes output for a terminal. */
export type TerminalSink = Pick<TerminalView, 'write' | 'clear'>

export type TerminalProps = {
  /** `setup.sh on deploy-01` */
  title: string
  /** A `Status`: live, lost, ended. */
  status?: ReactNode
  note?: ReactNode
  /** Begins to feed it once it stands, from the start; returns how to stop. Keep it stable: a new one begins anew. */
  source: (sink: TerminalSink) => () => void
}

/** A program's output as a terminal shows it; read only. What draws it is loaded when the first one is shown. */
export function Terminal({ title, status, note, source }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<TerminalView | null>(null)
  const [follows, setFollows] = useState(true)
  const [state, setState] = useState<'loading' | 'there' | 'failed'>('loading')
  const [copied, setCopied] = useState<'no' | 'yes' | 'not'>('no')
  useEffect(() => {
    const { current } = box
    if (!current) return
    let stop = () => {}
    let gone = false
    void (async () => {
      try {
        const { openTerminal } = await import('./xterm-view.ts')
        const opened = await openTerminal(current, `${title}, output`, setFollows)
        if (gone) return opened.dispose()
        view.current = opened
        setState('there')
        const end = source(opened)
        stop = () => {
          end()
          view.current = null
          opened.dispose()
        }
      } catch {
        setState('failed')
      }
    })()
    return () => {
      gone = true
      stop()
    }
  }, [source, title])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(view.current?.text() ?? '')
      setCopied('yes')
    } catch {
      setCopied('not')
    }
  }
  return (
    <section className={css.terminal} aria-label={title}>
      <div className={css.head}>
        <b className="truncate">{title}</b>
        {status}
        {note !== undefined && <span className="note truncate">{note}</span>}
        <span className={css.deeds}>
          <Button size="small" icon="copy" onClick={() => void copy()}>
            {copied === 'yes' ? 'Copied' : copied === 'not' ? 'Copying was refused' : 'Copy'}
          </Button>
          <Button
            size="small"
            icon="arrow-down-to-line"
            aria-pressed={follows}
            onClick={() => view.current?.follow()}
          >
            Follow
          </Button>
        </span>
      </div>
      <div className={css.screen}>
        {state === 'failed' && <p className={css.said}>The terminal could not be loaded. Reload the page.</p>}
        <div ref={box} className={css.box} />
      </div>
    </section>
  )
}
