import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { Plans } from '../../engine/schedule/index.ts'
import type { CliContext } from '../cli/context.ts'
import { planFields } from '../cli/commands/plan-words.ts'
import type { Ending } from '../cli/ending.ts'
import { done } from '../cli/ending.ts'

/**
 * Holds the schedule, or waits for it, until the process is asked to end. Then runs are stopped so that they can be
 * resumed, and their after-hooks are called.
 */
export async function runDaemon(ctx: CliContext, plans: Plans): Promise<Ending> {
  const { out } = ctx
  const over = Promise.withResolvers<void>()
  const told = new Map<string, string>()
  let telling = Promise.resolve()
  const tell = () => {
    telling = telling.then(() => tellChanges(ctx, plans, told)).catch(() => {})
  }
  const unsubscribe = plans.subscribe(tell)
  const stop = () => {
    out.say('Stopping; runs that go on can be resumed. Ctrl-C again leaves at once.')
    over.resolve()
  }
  await ctx.interrupts.during(stop, async () => {
    await plans.hold('daemon', () => {
      void out.event('ready', { holds: true })
      void out.line('Holding the schedule; plans run until this process ends.')
    })
    const holder = await plans.holder()
    if (holder.who !== 'here')
      out.say(`The schedule is held by ${holder.about}. It is taken over when that is gone.`)
    await over.promise
    unsubscribe()
    await telling
    await plans.close('shutdown')
  })
  return done()
}

/** A line whenever a plan begins or ends a run, or is overdue. */
async function tellChanges({ out }: CliContext, plans: Plans, told: Map<string, string>): Promise<void> {
  for (const plan of (await plans.list()).plans) {
    const { name } = plan.settings
    const words = wordsOf(plan)
    if (told.get(name) === words) continue
    const first = !told.has(name)
    told.set(name, words)
    await out.event('plan', planFields(plan))
    if (!first || plan.running !== null || plan.overdue) await out.line(`${name}: ${words}`)
  }
}

function wordsOf({ state, running, last, overdue }: PlanInfo): string {
  if (running !== null) return `run ${running} goes on`
  if (overdue) return `should have run at ${overdue.since}: ${overdue.reason}`
  if (last) return `run ${last.runId} ${last.state}${last.problems > 0 ? ', with problems' : ''}`
  return state
}
