import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runHook } from '../../electron/engine/schedule/run-hook.ts'
import { tempFolder } from '../support/temp-folder.ts'

const env = process.env

describe.skipIf(process.platform === 'win32')('runHook', () => {
  it('tells the hook what it is about, and no more', async () => {
    const lines: string[] = []
    const facts = {
      plan: 'docs',
      point: 'docs@x',
      outcome: 'problems',
      run: 'r1',
      reason: "it's; $(late)",
    } as const
    const command =
      'printf "%s\\n" "$DRYDOCK_PLAN" "$DRYDOCK_POINT" "$DRYDOCK_OUTCOME" "$DRYDOCK_RUN" "$DRYDOCK_REASON"'
    const ended = await runHook({ command, timeout: 60, onError: 'fail' }, facts, {
      say: line => lines.push(line),
      env,
    })
    expect(ended).toEqual({ ok: true })
    expect(lines).toEqual(['docs', 'docs@x', 'problems', 'r1', "it's; $(late)"])
  })

  it('says how it ended when it failed', async () => {
    const say = () => {}
    const run = (command: string) =>
      runHook({ command, timeout: 60, onError: 'fail' }, { plan: 'docs' }, { say, env })
    expect(await run('exit 7')).toEqual({ ok: false, detail: 'ended with status 7' })
    expect(await run('kill -9 $$')).toEqual({ ok: false, detail: 'was ended by SIGKILL' })
  })

  it('ends everything that it has started when its time is over, also what ignores being asked', async () => {
    const file = join(await tempFolder(), 'pids')
    // A child that ignores SIGTERM, in a pipeline, with a grandchild.
    const command = `(trap '' TERM; sh -c 'echo $$ >> ${file}; trap "" TERM; while :; do sleep 0.1; done' & echo $BASHPID >> ${file}; wait) | cat`
    const ended = await runHook(
      { command, timeout: 1, onError: 'fail' },
      { plan: 'docs' },
      { say: () => {}, env },
    )
    expect(ended).toEqual({ ok: false, detail: 'took longer than 1 s and was stopped' })
    const pids = (await readFile(file, 'utf8')).trim().split('\n').map(Number)
    expect(pids).toHaveLength(2)
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
  }, 60_000)

  it('leaves a service alone that the hook has started', async () => {
    const file = join(await tempFolder(), 'pid')
    const command = `sleep 300 & echo $! > ${file}; echo started`
    const lines: string[] = []
    const ended = await runHook(
      { command, timeout: 60, onError: 'fail' },
      { plan: 'docs' },
      { say: line => lines.push(line), env },
    )
    const pid = Number(await readFile(file, 'utf8'))
    try {
      expect(ended).toEqual({ ok: true })
      expect(lines).toEqual(['started'])
      expect(await isAlive(pid)).toBe(true)
    } finally {
      process.kill(pid, 'SIGKILL')
    }
  })

  it('keeps a bounded part of what a hook says', async () => {
    let kept = 0
    const options = { say: (line: string) => (kept += line.length), env }
    await runHook(
      { command: 'yes 0123456789 | head -c 3000000', timeout: 60, onError: 'fail' },
      { plan: 'docs' },
      options,
    )
    expect(kept).toBeGreaterThan(10_000)
    expect(kept).toBeLessThan(70_000)
  })

  it('stops it when the run is cancelled', async () => {
    const stop = new AbortController()
    const say = (line: string) => void (line === 'here' && stop.abort())
    const hook = { command: 'echo here; sleep 300', timeout: 600, onError: 'fail' } as const
    expect(await runHook(hook, { plan: 'docs' }, { say, env, signal: stop.signal })).toEqual({
      ok: false,
      detail: 'was stopped',
    })
  })
})

/** A killed process that nobody has collected yet does nothing any more. */
async function stateOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3)
}
function isAlive(pid: number): boolean | Promise<boolean> {
  if (process.platform === 'linux') return stateOf(pid).then(state => state !== '' && state !== 'Z')
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
