import { lstat } from 'node:fs/promises'
import type { PlanNote } from '../../../../shared/contract/plan.ts'
import type { PlanSettings } from '../../../../shared/plan.ts'
import { systemKindOf } from '../../../../shared/plan-source.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { Plans } from '../../../engine/schedule/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { passphraseFor } from './backup.ts'
import type { PlanOptions } from './plan-settings.ts'
import { changedPlan, minutesOf, newPlan } from './plan-settings.ts'
import { keepWords, planFields } from './plan-words.ts'
import { withPlans } from './plans.ts'

export type PlanSaveOptions = PlanOptions & SecretOptions & { name?: string }

/** Adds a plan, and its system when there is none of that name. Nothing runs before `plan start`. */
export async function planAdd(
  ctx: CliContext,
  name: string,
  paths: string[],
  options: PlanSaveOptions,
): Promise<Ending> {
  const settings = newPlan(name, paths, options, ctx.folder)
  const targets = targetsOf(options)
  return await withPlans(ctx, options, async (plans, session) => {
    if ((await plans.list()).plans.some(plan => plan.settings.name === name))
      throw new EngineError('input.invalid', 'plan.add', {
        subject: name,
        detail: 'a plan of this name exists; plan edit changes it',
      })
    const preview = await plans.preview(settings)
    for (const server of settings.servers) await session.engine.servers.get(server)
    if (settings.source.kind === 'director')
      await session.engine.directors.deployments.book.get(settings.source.deployment)
    const passphrase = settings.encryptTo === 'passphrase' ? await passphraseToKeep(session) : null
    ctx.masker.learn(passphrase)
    await saveSystem(ctx, plans, settings, targets)
    const plan = await plans.save(settings, null, passphrase)
    await ctx.out.event('plan', planFields(plan))
    await ctx.out.line(`Added ${name}: ${plan.words}, ${settings.zone}; keeps ${keepWords(settings.keep)}.`)
    for (const { local, note } of preview.next)
      ctx.out.say(`  ${local}${note === undefined ? '' : `  ${note}`}`)
    sayNotes(ctx, preview.notes)
    await warnOfMissing(ctx, settings)
    ctx.out.say(`It does not run before it is started: drydock plan start ${name}`)
    return done({ plan: name })
  })
}

/** Changes what is given and leaves the rest. */
export async function planEdit(
  ctx: CliContext,
  name: string,
  paths: string[],
  options: PlanSaveOptions,
): Promise<Ending> {
  const targets = targetsOf(options)
  return await withPlans(ctx, options, async (plans, session) => {
    const known = await plans.get(name)
    const settings = changedPlan(known.settings, options.name, paths, options, ctx.folder)
    const given = session.given.decryptWith.passphrase !== undefined
    const unchanged = JSON.stringify(settings) === JSON.stringify(known.settings)
    if (unchanged && !given && Object.keys(targets).length === 0)
      throw new EngineError('input.invalid', 'plan.edit', {
        subject: name,
        detail: 'nothing to change was given',
      })
    const fresh = settings.encryptTo === 'passphrase' && (given || known.settings.encryptTo !== 'passphrase')
    const passphrase = fresh ? await passphraseToKeep(session) : null
    ctx.masker.learn(passphrase)
    await saveSystem(ctx, plans, settings, targets)
    const plan = await plans.save(settings, name, passphrase)
    await ctx.out.event('plan', planFields(plan))
    await ctx.out.line(
      `Changed ${settings.name}: ${plan.words}, ${settings.zone}; keeps ${keepWords(settings.keep)}.`,
    )
    sayNotes(ctx, (await plans.preview({ ...settings, plan: settings.name })).notes)
    await warnOfMissing(ctx, settings)
    return done({ plan: settings.name })
  })
}

/** What holds for a plan of a Director; what deserves a look is marked. */
function sayNotes({ out }: CliContext, notes: readonly PlanNote[]): void {
  for (const { tone, text } of notes) out.say(tone === 'tell' ? text : `! ${text}`)
}

/** A plan may be for a disk that is plugged in later: what is not there is told, and stops nobody. */
async function warnOfMissing({ out }: CliContext, { source }: PlanSettings): Promise<void> {
  if (source.kind !== 'files') return
  for (const path of source.paths)
    if (!(await isThere(path))) out.say(`Not there now: ${path}. Runs fail until it is there.`)
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

type Targets = { dataLossTarget?: number; recoveryTarget?: number }

function targetsOf({ dataLost, recoveryTime }: PlanOptions): Targets {
  const lost = minutesOf('--data-lost', dataLost)
  const recovery = minutesOf('--recovery-time', recoveryTime)
  return {
    ...(lost === undefined ? {} : { dataLossTarget: lost }),
    ...(recovery === undefined ? {} : { recoveryTarget: recovery }),
  }
}

async function saveSystem(
  ctx: CliContext,
  plans: Plans,
  { system, source }: PlanSettings,
  targets: Targets,
): Promise<void> {
  const known = await plans.systems.find(system)
  if (known && Object.keys(targets).length === 0) return
  const kind = systemKindOf[source.kind]
  const { added: _, ...before } = known ?? {
    added: '',
    name: system,
    kind,
    dataLossTarget: null,
    recoveryTarget: null,
  }
  await plans.systems.save({ ...before, ...targets }, known ? system : null)
  if (!known) ctx.out.say(`Added the system ${system}.`)
}

/** One that would be gone with this command is no passphrase of a plan: its next run would have none. */
async function passphraseToKeep(session: Session): Promise<string> {
  const passphrase = await passphraseFor(session)
  if (!session.vault.persistent)
    throw new EngineError('auth.vault-unavailable', 'plan.save', {
      detail: 'the passphrase of a plan has to be kept, and this vault is in memory only',
    })
  return passphrase
}
