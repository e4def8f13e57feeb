import type { PlanInfo } from '../../../../shared/contract/plan.ts'
import type { Plans } from '../../../engine/schedule/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { followRun } from '../follow-run.ts'
import { table } from '../printable.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { reportBackup } from './backup.ts'
import { reportDirectorBackup } from './director-backup.ts'
import { keepWords, planFields, sourceWords, stateWords } from './plan-words.ts'

/** Plans for the length of one command. */
export async function withPlans(
  ctx: CliContext,
  options: SecretOptions,
  work: (plans: Plans, session: Session) => Promise<Ending>,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { Plans } = await import('../../../engine/schedule/index.ts')
    const { SettingsBook } = await import('../../../engine/service/settings-book.ts')
    const { engine, vault, log } = session
    const { home } = ctx
    const settings = () => new SettingsBook(home).read()
    return await work(new Plans({ engine, vault, home, log, settings }), session)
  })
}

export async function planList(ctx: CliContext): Promise<Ending> {
  const { out } = ctx
  return await withPlans(ctx, {}, async plans => {
    const { plans: all, unreadable, holder } = await plans.list()
    for (const plan of all) await out.event('plan', planFields(plan))
    if (all.length > 0) {
      const rows = all.map(plan => {
        const { settings, words, next } = plan
        return [
          settings.name,
          settings.system,
          stateWords(plan),
          next[0]?.local ?? '-',
          `${words}, ${settings.zone}`,
        ]
      })
      for (const line of table([['PLAN', 'SYSTEM', 'STATE', 'NEXT RUN', 'WHEN'], ...rows]))
        await out.line(line)
      for (const { settings, overdue } of all)
        if (overdue) out.say(`${settings.name} should have run at ${overdue.since}: ${overdue.reason}`)
      if (holder.who === 'nobody' && all.some(({ state }) => state === 'scheduled'))
        out.say('Nothing runs these plans now: open the desktop app, drydock console or drydock daemon.')
    } else if (unreadable.length === 0)
      out.say(
        'No plans yet. Add one: drydock plan add docs /srv/docs --system Documents --to nas --daily 02:30',
      )
    for (const { name, detail } of unreadable) out.say(`${name || 'a plan'}: cannot be read: ${detail}`)
    return unreadable.length > 0 ? withProblems() : done()
  })
}

export async function planShow(ctx: CliContext, name: string): Promise<Ending> {
  const { out } = ctx
  return await withPlans(ctx, {}, async plans => {
    const plan = await plans.get(name)
    const { settings, words, next, last, missed, overdue } = plan
    await out.event('plan', { ...planFields(plan), settings })
    const rows: string[][] = [
      ['plan', name],
      ['system', settings.system],
      ['state', stateWords(plan)],
      ['what', sourceWords(settings)],
      ['when', `${words}, ${settings.zone}`],
      ...next.map(({ local, at, note }, i) => [
        i === 0 ? 'next runs' : '',
        `${local}, ${at.slice(0, 16)}Z${note === undefined ? '' : `. ${note}`}`,
      ]),
      ['to', settings.servers.join(', ')],
      ['keeps', keepWords(settings.keep)],
      ['if missed', settings.missed === 'skip' ? 'left out, with an alarm' : 'the newest is made up'],
      ['encryption', encryptionWords(plan)],
      ...(settings.before ? [['before', settings.before.command]] : []),
      ...(settings.after ? [['after', settings.after.command]] : []),
      ['last run', last ? `${last.runId}, ${last.state}` : 'none'],
      ...(missed > 0 ? [['missed', String(missed)]] : []),
      ...(overdue ? [['should have run', `${overdue.since}: ${overdue.reason}`]] : []),
    ]
    for (const line of table(rows)) await out.line(line)
    if (settings.source.kind === 'director') {
      const { notes } = await plans.preview({ ...settings, plan: name })
      for (const { tone, text } of notes) await out.line(tone === 'tell' ? text : `! ${text}`)
    }
    return done({ plan: name })
  })
}

const encryptionWords = ({ settings: { encryptTo } }: PlanInfo): string => {
  if (encryptTo === null) return 'none'
  return encryptTo === 'passphrase' ? 'with its passphrase' : `to ${encryptTo.recipients.length} public keys`
}

export async function planStart(ctx: CliContext, name: string): Promise<Ending> {
  return await withPlans(ctx, {}, async plans => {
    const plan = await plans.start(name)
    await ctx.out.event('plan', planFields(plan))
    await ctx.out.line(`${name} is scheduled; the next run is at ${plan.next[0]?.local ?? 'no time'}`)
    if ((await plans.holder()).who === 'nobody')
      ctx.out.say('Nothing runs plans now: open the desktop app, drydock console or drydock daemon.')
    return done({ plan: name })
  })
}

export async function planStop(ctx: CliContext, name: string): Promise<Ending> {
  return await withPlans(ctx, {}, async plans => {
    const plan = await plans.stop(name)
    await ctx.out.event('plan', planFields(plan))
    await ctx.out.line(`${name} is stopped; no run of it begins any more`)
    if (plan.running !== null)
      ctx.out.say(`Run ${plan.running} goes on; drydock runs cancel ${plan.running} stops it.`)
    return done({ plan: name })
  })
}

export async function planRemove(ctx: CliContext, name: string): Promise<Ending> {
  return await withPlans(ctx, {}, async plans => {
    await plans.remove(name)
    await ctx.out.line(`Removed the plan ${name}. Its restore points stay: drydock points --name ${name}`)
    return done({ plan: name })
  })
}

/** Runs it now and follows it, as `backup` does; then what belongs to it: retention, and the verification. */
export async function planRun(ctx: CliContext, name: string, options: SecretOptions): Promise<Ending> {
  return await withPlans(ctx, options, async plans => {
    const { run, settled } = await plans.run(name)
    const record = await followRun(ctx, run)
    await ctx.interrupts.during(
      reason => void plans.close(reason),
      () => settled,
    )
    return await (record.kind === 'director-backup' ? reportDirectorBackup : reportBackup)(ctx, record)
  })
}
