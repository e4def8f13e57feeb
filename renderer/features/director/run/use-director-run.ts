import { useCallback, useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { DirectorState } from '../../../../shared/contract/director.ts'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import type { Failure } from '../../../../shared/failure.ts'
import { useApp, useCall, useEvent, useStores } from '../../../app/app-context.tsx'
import { isLive } from '../../../app/run-words.ts'
import type { TerminalSink } from '../../../ui/index.ts'
import { Pump } from './pump.ts'
import { TerminalFeed } from './terminal-feed.ts'

/** A run that says nothing for so long is asked all the same, ms. */
const every = 3000

export type DirectorRun = {
  /** What is known beside the run's record; null until it is known, or when nothing was noted. */
  state: DirectorState | null
  failure: Failure | null
  again: () => void
}

/** Calls `poke` when the run changes, when the connection is back, and now and then while it goes on. */
function usePoked(run: Pick<RunSnapshot, 'id' | 'state' | 'seq'>, poke: () => void): void {
  const { connection } = useStores()
  const open = useStore(connection, ({ state }) => state.is === 'open')
  const live = isLive(run)
  useEvent('run.changed', changed => {
    if (changed.id === run.id) poke()
  })
  useEffect(() => {
    if (open) poke()
  }, [open, poke, run.seq])
  useEffect(() => {
    if (!live) return
    const timer = setInterval(poke, every)
    return () => clearInterval(timer)
  }, [live, poke])
}

/** The state of a Director restore, kept up to date. */
export function useDirectorRun(run: RunSnapshot): DirectorRun {
  const call = useCall()
  const { id } = run
  const [known, setKnown] = useState<{ state: DirectorState | null; failure: Failure | null }>(nothing)
  const pump = useRef<Pump | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const mine = new Pump(async () => {
      const answer = await call('director.state', { runId: id }, { signal })
      if (signal.aborted) return
      // What was known stays while it cannot be asked.
      if (answer.ok) setKnown({ state: answer.value, failure: null })
      else setKnown(last => ({ ...last, failure: answer.failure }))
    })
    pump.current = mine
    mine.poke()
    return () => {
      stop.abort()
      mine.stop()
    }
  }, [call, id])
  const again = useCallback(() => pump.current?.poke(), [])
  usePoked(run, again)
  return { ...known, again }
}
const nothing = { state: null, failure: null }

/** Feeds a terminal with the output of a run: all that there was, then as it comes. */
export function useTerminalSource(run: RunSnapshot): {
  source: (sink: TerminalSink) => () => void
  failure: Failure | null
} {
  const { call } = useApp()
  const { id } = run
  const [failure, setFailure] = useState<Failure | null>(null)
  const pump = useRef<Pump | null>(null)
  const source = useCallback(
    (sink: TerminalSink) => {
      const stop = new AbortController()
      const { signal } = stop
      const ask = (from: number) => call('director.terminal', { runId: id, from }, { signal })
      const feed = new TerminalFeed(ask, sink, setFailure)
      const mine = new Pump(() => feed.catchUp(() => signal.aborted))
      pump.current = mine
      mine.poke()
      return () => {
        stop.abort()
        mine.stop()
      }
    },
    [call, id],
  )
  const poke = useCallback(() => pump.current?.poke(), [])
  usePoked(run, poke)
  return { source, failure }
}
