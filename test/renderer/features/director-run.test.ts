import { describe, expect, it } from 'vitest'
import type { DirectorState } from '../../../shared/contract/director.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { isResumable, runStatus, runTitle } from '../../../renderer/app/run-words.ts'
import { patienceWith } from '../../../shared/run-rates.ts'
import {
  cancelOf,
  hostName,
  leadOf,
  nowOf,
  pageUrl,
  requestOf,
  retryIn,
  scriptOf,
  taskDetail,
  tasksOf,
  withCheck,
} from '../../../renderer/features/director/run/model.ts'
import { Pump } from '../../../renderer/features/director/run/pump.ts'
import { TerminalFeed } from '../../../renderer/features/director/run/terminal-feed.ts'
import { directorRequestMade, endedDirectorState } from '../../support/director-run-folder.ts'

const now = Date.parse('2026-03-26T14:10:00.000Z')
const live: DirectorState = {
  ...endedDirectorState,
  ...{ link: 'live', exit: null, recap: [], tasks: 19, task: 'restore postgres dump' },
  lastOutput: '2026-03-26T14:09:54.000Z',
}
const run: RunSnapshot = {
  ...{
    id: 'r1',
    kind: 'director-restore',
    state: 'running',
    about: 'Director 20260326T131502 from offsite → director-dr',
  },
  ...{ started: '2026-03-26T14:03:11.000Z', ended: null, problems: 0, firstProblems: [] },
  progress: { phase: 'vendor script', bytes: 0, total: null, files: 19 },
  ...{ failure: null, options: directorRequestMade, outcome: null, seq: 5, here: true },
  ...{ plan: null, limit: null },
}

describe('how a Director restore is told', () => {
  it('names the task that runs, a lost connection, and a question', () => {
    expect(nowOf(run, live)).toBe('Vendor script: restore postgres dump')
    expect(nowOf(run, { ...live, link: 'lost' })).toBe('Vendor script: connection lost')
    const asking = { id: 'q1', text: 'Continue?', hidden: false, since: live.lastOutput ?? '' }
    expect(nowOf(run, { ...live, asking })).toBe('Vendor script: asks you something')
    expect(nowOf({ ...run, progress: { ...run.progress, phase: 'writing' } }, live)).toBeNull()
    expect(nowOf(run, null)).toBeNull()
    expect(taskDetail(run, { ...live, failed: 2 })).toBe('task 19, 2 failed')
    const options = { switch: 's', step: 1, server: 'ftp', argv: ['./setup.sh', 'dc-to-dr'] }
    const step = { ...run, kind: 'director-switch' as const, state: 'succeeded' as const, options }
    expect(leadOf(step, live)).toBe('./setup.sh dc-to-dr, backups on ftp.')
  })

  it('says how the script stands, also when nobody watches it', () => {
    expect(scriptOf(run, null).is).toBe('waiting')
    expect(scriptOf(run, live)).toEqual({ is: 'live', word: 'Running', says: 'Live' })
    expect(scriptOf({ state: 'interrupted' }, live)).toMatchObject({ is: 'lost', says: 'Not watched now' })
    expect(scriptOf({ state: 'succeeded' }, endedDirectorState).says).toBe('Ended, exit status 0')
    expect(scriptOf({ state: 'failed' }, { ...endedDirectorState, exit: 2 })).toMatchObject({
      word: 'Failed',
      says: 'Ended, exit status 2',
    })
    const killed = { ...endedDirectorState, exit: null }
    expect(scriptOf({ state: 'cancelled' }, killed).word).toBe('Cancelled')
  })

  it('counts down to the next try only while the connection is lost and the time is known', () => {
    const lost = { link: 'lost' as const, nextTry: '2026-03-26T14:10:04.200Z' }
    expect(retryIn(lost, now)).toBe(5)
    expect(retryIn(lost, now + 60_000)).toBe(0)
    expect(retryIn({ link: 'lost' }, now)).toBeNull()
    expect(retryIn({ ...lost, link: 'live' }, now)).toBeNull()
  })

  it('says before a cancel what state the hosts are in, and what pressing it does', () => {
    const state = { ...live, hostState: 'server1: services are stopped.' }
    expect(cancelOf(run, state).now).toBe('server1: services are stopped.')
    expect(cancelOf(run, state).cancel).toMatch(/^Ctrl-C .*stays changed/)
    expect(cancelOf(run, { ...state, link: 'lost' }).cancel).toMatch(/as soon as its host answers again/)
    const early = { progress: { ...run.progress, phase: 'writing' } }
    expect(cancelOf(early, { ...state, link: 'not-started' }).cancel).toMatch(/^The script is not started/)
    expect(cancelOf(run, null).now).toMatch(/not known/)
  })

  it('tells the task, never how many there are, and when the script last spoke', () => {
    expect(tasksOf(live, now)).toEqual({
      task: 'Task 19',
      note: 'Play servers. How many there are, the script does not say. Last output 6 s ago.',
    })
    expect(tasksOf(endedDirectorState, now).task).toBe('41 tasks')
    expect(tasksOf({ ...live, tasks: 0, play: null, lastOutput: null }, now).note).toMatch(/Nothing was said/)
  })

  it('reads what was asked for from the record, or says nothing of it', () => {
    expect(requestOf(run)).toMatchObject({ deployment: 'dr-site', server: 'offsite', safetyCopy: null })
    expect(requestOf({ options: { server: 7 } })).toBeNull()
    expect(requestOf({ options: null })).toBeNull()
    expect(leadOf(run, live)).toBe(
      'The hosts are being changed. The script runs on 198.51.100.30 by itself, whatever happens here.',
    )
    expect(leadOf({ ...run, options: null, state: 'failed' }, null)).toBe(`${run.about}.`)
  })

  it('names hosts without their user and port, and opens web pages only', () => {
    expect(hostName('operator@deploy-01:22')).toBe('deploy-01')
    expect(hostName('op@[2001:db8::1]:22')).toBe('2001:db8::1')
    expect(hostName('this machine')).toBe('this machine')
    expect(pageUrl('https://director.example.com/')).toBe('https://director.example.com/')
    expect(pageUrl('javascript:alert(1)')).toBeNull()
    expect(pageUrl(undefined)).toBeNull()
  })

  it('keeps one check for each page, the director first', () => {
    const analytics = { id: 'analytics' as const, ok: true, note: '' }
    const director = { id: 'director' as const, ok: true, note: '' }
    const worse = { ...analytics, ok: false, note: 'empty' }
    expect(withCheck([analytics], director)).toEqual([director, analytics])
    expect(withCheck([director, analytics], worse)).toEqual([director, worse])
  })

  it('is resumed to attach again, never to start an ended script a second time', () => {
    const failure = (code: 'local.command' | 'network.unreachable' | 'auth.rejected') =>
      ({ code, during: 'director.restore', retry: 'now' }) as const
    expect(isResumable({ ...run, state: 'interrupted' })).toBe(true)
    expect(isResumable({ ...run, state: 'failed', failure: failure('auth.rejected') })).toBe(true)
    expect(isResumable({ ...run, state: 'failed', failure: failure('local.command') })).toBe(false)
    expect(isResumable({ ...run, state: 'cancelled' })).toBe(false)
    expect(isResumable({ ...run, kind: 'restore', state: 'cancelled' })).toBe(true)
    expect(runTitle(run)).toBe('Director restore to director-dr')
    expect(runTitle({ ...run, about: 'dr-site' })).toBe('Director restore of dr-site')
    expect(runStatus({ ...run, state: 'succeeded' })).toBe('Restored')
    // A task takes as long as it takes.
    expect(patienceWith(run)).toBe(Infinity)
    expect(patienceWith({ ...run, kind: 'director-switch' })).toBe(Infinity)
  })
})

/** A clock that moves only when it is told to. */
function handClock() {
  let at = 0
  const waiting = new Set<{ due: number; then: () => void }>()
  return {
    clock: {
      now: () => at,
      wait: (ms: number, then: () => void) => {
        const one = { due: at + ms, then }
        waiting.add(one)
        return () => void waiting.delete(one)
      },
    },
    pass: async (ms: number) => {
      at += ms
      for (const one of [...waiting])
        if (one.due <= at) {
          waiting.delete(one)
          one.then()
        }
      await settled()
    },
  }
}
/** Lets all promises that are due come to their end. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

describe('Pump', () => {
  it('never works twice at once, at most four times a second, and once more after the last time it was told', async () => {
    const { clock, pass } = handClock()
    const open: (() => void)[] = []
    let rounds = 0
    const pump = new Pump(() => {
      rounds += 1
      return new Promise<void>(resolve => open.push(resolve))
    }, clock)
    pump.poke()
    pump.poke()
    expect(rounds).toBe(1)
    await pass(1000)
    expect(rounds).toBe(1)
    open.pop()?.()
    await settled()
    // It was told again meanwhile.
    expect(rounds).toBe(2)
    open.pop()?.()
    await settled()
    pump.poke()
    await settled()
    expect(rounds).toBe(2)
    await pass(249)
    expect(rounds).toBe(2)
    await pass(1)
    expect(rounds).toBe(3)
    open.pop()?.()
    await pass(5000)
    expect(rounds).toBe(3)
  })

  it('does nothing more when it was stopped', async () => {
    const { clock, pass } = handClock()
    let rounds = 0
    const pump = new Pump(async () => void (rounds += 1), clock)
    pump.poke()
    await settled()
    pump.poke()
    pump.stop()
    await pass(5000)
    expect(rounds).toBe(1)
  })
})

describe('TerminalFeed', () => {
  const setup = (log: { text: string }, most = 4) => {
    const asked: number[] = []
    let shown = ''
    const failures: unknown[] = []
    let broken = false
    const feed = new TerminalFeed(
      async from => {
        asked.push(from)
        if (broken) return { ok: false, failure: { code: 'network.interrupted', during: 'x', retry: 'now' } }
        const text = log.text.slice(from, from + most)
        return { ok: true, value: { text, next: from + text.length, size: log.text.length } }
      },
      { write: async text => void (shown += text), clear: () => (shown = '') },
      why => failures.push(why?.code ?? null),
    )
    return {
      asked,
      feed,
      failures,
      shown: () => shown,
      breakIt: (now: boolean) => void (broken = now),
    }
  }
  const never = () => false

  it('shows all there is piece by piece, then only what is new', async () => {
    const log = { text: 'PLAY [servers]' }
    const { feed, shown, asked } = setup(log)
    await feed.catchUp(never)
    expect(shown()).toBe('PLAY [servers]')
    log.text += ' ok'
    await feed.catchUp(never)
    expect(shown()).toBe('PLAY [servers] ok')
    expect(asked).toEqual([0, 4, 8, 12, 14])
  })

  it('goes on where it was after a failure, and says that there was one', async () => {
    const log = { text: 'abcdefgh' }
    const { feed, shown, failures, breakIt } = setup(log, 100)
    await feed.catchUp(never)
    log.text += 'ij'
    breakIt(true)
    await feed.catchUp(never)
    expect(failures.at(-1)).toBe('network.interrupted')
    breakIt(false)
    await feed.catchUp(never)
    expect(shown()).toBe('abcdefghij')
    expect(failures.at(-1)).toBeNull()
  })

  it('begins anew when the output is another one, and stops when nobody looks', async () => {
    const log = { text: 'a long output' }
    const { feed, shown, asked } = setup(log, 100)
    await feed.catchUp(never)
    log.text = 'new'
    await feed.catchUp(never)
    expect(shown()).toBe('new')
    const before = asked.length
    await feed.catchUp(() => true)
    expect(asked).toHaveLength(before)
  })
})
