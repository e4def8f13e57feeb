import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hook } from '../../../shared/plan.ts'
import { shellFor } from '../source/command-source.ts'

/** What a hook is told, in its environment. Never a secret. */
export type HookFacts = {
  plan: string
  /** `NAME@STAMP`; empty when there is none. */
  point?: string
  outcome?: 'succeeded' | 'problems' | 'failed' | 'cancelled' | 'overdue'
  run?: string
  /** Why it failed or is overdue, in words. */
  reason?: string
}

export type HookEnd = { ok: true } | { ok: false; detail: string }

/** How long a command may take to end once it was asked to, ms. */
const patienceMs = 5_000
/** How long what a hook has left in the background may hold its output open, ms. */
const drainMs = 1_000
/** How much of a hook's output is kept, bytes: a hook that chatters must not push the run's own lines out. */
const maxOutput = 64 * 1024

/**
 * Runs a hook through the platform's shell and waits for it. When its time is over, or `signal` fires, the whole group
 * of processes it has started is ended. What it leaves running in the background at a normal end is left alone: hooks
 * start services.
 * @param say gets its output, line by line
 */
export async function runHook(
  hook: Hook,
  facts: HookFacts,
  options: { say: (line: string) => void; env: NodeJS.ProcessEnv; signal?: AbortSignal; timeoutMs?: number },
): Promise<HookEnd> {
  const timeoutMs = options.timeoutMs ?? hook.timeout * 1000
  const own = process.platform !== 'win32'
  const child = spawn(...shellFor(hook.command), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: own,
    windowsHide: true,
    env: { ...options.env, ...environmentOf(facts) },
  })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const budget = { left: maxOutput }
  const outputs = [child.stdout, child.stderr].map(stream => tell(stream, budget, options.say))
  const over = Promise.withResolvers<'timeout' | 'stopped'>()
  const timer = setTimeout(() => over.resolve('timeout'), timeoutMs)
  const stop = () => over.resolve('stopped')
  options.signal?.addEventListener('abort', stop, { once: true })
  if (options.signal?.aborted) stop()
  try {
    const ended = await Promise.race([exited, over.promise])
    if (typeof ended !== 'string') return endOf(...ended)
    await endGroup(child.pid, exited)
    return {
      ok: false,
      detail:
        ended === 'timeout'
          ? `took longer than ${Math.round(timeoutMs / 1000)} s and was stopped`
          : 'was stopped',
    }
  } catch (err) {
    return {
      ok: false,
      detail: `could not be started: ${(err as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
    }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
    await Promise.race([Promise.all(outputs), sleep(drainMs, undefined, { ref: false })])
    child.stdout.destroy()
    child.stderr.destroy()
    await Promise.all(outputs)
  }
}

function endOf(code: number | null, killedBy: NodeJS.Signals | null): HookEnd {
  if (code === 0) return { ok: true }
  return {
    ok: false,
    detail: killedBy ? `was ended by ${killedBy}` : `ended with status ${code ?? 'unknown'}`,
  }
}

const environmentOf = (facts: HookFacts): Record<string, string> => ({
  DRYDOCK_PLAN: facts.plan,
  DRYDOCK_POINT: facts.point ?? '',
  DRYDOCK_OUTCOME: facts.outcome ?? '',
  DRYDOCK_RUN: facts.run ?? '',
  DRYDOCK_REASON: (facts.reason ?? '').replaceAll('\0', ''),
})

/** Asks the group to end, insists after a while, and resolves when the shell itself is gone. */
async function endGroup(pid: number | undefined, exited: Promise<unknown>): Promise<void> {
  if (pid === undefined) return
  const gone = exited.then(
    () => true,
    () => true,
  )
  if (process.platform === 'win32') {
    // A console process has no signal that asks: the tree is ended.
    await new Promise<void>(resolve =>
      execFile('taskkill', ['/pid', String(pid), '/t', '/f'], () => resolve()),
    )
    await gone
    return
  }
  send(pid, 'SIGTERM')
  await Promise.race([gone, sleep(patienceMs, undefined, { ref: false })])
  // Also when the shell is gone: those it has started may still be there.
  send(pid, 'SIGKILL')
  await gone
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // Nobody of it is left.
  }
}

async function tell(
  stream: AsyncIterable<Buffer>,
  budget: { left: number },
  say: (line: string) => void,
): Promise<void> {
  let line = ''
  const put = (text: string) => {
    if (budget.left <= 0) return
    say(text.slice(0, 1000))
    budget.left -= Math.min(text.length, 1000) + 1
    if (budget.left <= 0) say('… more output is left out')
  }
  try {
    for await (const piece of stream) {
      const lines = (line + piece.toString('utf8')).split('\n')
      line = (lines.pop() ?? '').slice(-8192)
      for (const each of lines) put(each)
    }
  } catch {
    // The pipe went with the process; what it said is what there is.
  }
  if (line !== '') put(line)
}
