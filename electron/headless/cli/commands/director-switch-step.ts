import type { DirectorLine } from '../../../../shared/contract/director.ts'
import type { SwitchPreflight, SwitchRecord } from '../../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../../shared/director.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import { parsePath } from '../../../engine/system/director/deployment/index.ts'
import { confirmedHosts } from '../confirm-hosts.ts'
import type { CliContext } from '../context.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import { done, noGo } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { deploymentFor, keepHostKeys, keepLogins } from './director-deployment.ts'
import { secretsFor, setting, showDiff } from './director-edit.ts'
import { showLine, verdicts } from './director-preflight.ts'
import { nextOf, switchMeant } from './director-switch.ts'

export type SwitchStepOptions = SecretOptions & {
  dryRun?: boolean
  set?: string[]
  secret?: string[]
  confirm?: string[]
  trust?: string[]
}

/**
 * The step that is due: its preflight, the names of the hosts it changes, and the vendor's script, live. Nothing on a
 * host changes before the names are there. The script runs on when this command ends.
 */
export async function switchStep(
  ctx: CliContext,
  id: string | undefined,
  options: SwitchStepOptions,
): Promise<Ending> {
  const set = (options.set ?? []).map(setting)
  const paths = (options.secret ?? []).map(parsePath)
  return await withEngine(ctx, options, async session => {
    const { switches } = session.engine.directors
    const record = await switchMeant(session, id)
    const step = dueStep(record)
    const { deployment } = record.steps[step - 1]!
    ctx.around.server = record.server
    await deploymentFor(ctx, session, deployment, options)
    await keepLogins(session, [...new Set(record.steps.map(one => one.deployment))])
    const request = { id: record.id, step, edits: [...set, ...(await drafts(ctx, session, paths))] }
    const preflight = await check(ctx, session, { record, request, deployment })
    const said = fieldsOf(record, step, preflight)
    if (preflight.verdict === 'NO-GO') return noGo(said)
    if (options.dryRun) {
      await ctx.out.line('Nothing was started.')
      return done(said)
    }
    const { site } = record.steps[step - 1]!
    const typed = await confirmedHosts(session, preflight.confirm, {
      given: options.confirm ?? [],
      what: 'every host that setup.sh works on',
      question: name =>
        step === 1
          ? `The Director on ${name}, of the ${site}, is backed up and made passive.`
          : `The Director on ${name}, of the ${site}, is stopped, gets the backup and becomes active.`,
    })
    const { token } = preflight
    const run = await switches.start({ ...request, token, typed }, ctx.interrupts.signal)
    ctx.out.say(`Run ${run.id}: ${run.record.about}`)
    const ending = await followDirector(ctx, session, { run, own: run })
    if (ending.exit === 0) for (const line of nextOf(await switches.get(record.id))) ctx.out.say(line)
    return { ...ending, extra: { ...ending.extra, switch: record.id, step } }
  })
}

function dueStep({ id, state, steps }: SwitchRecord): 1 | 2 {
  const refuse = (detail: string) => new EngineError('run.conflict', 'switch.start', { subject: id, detail })
  if (state !== 'open') throw refuse(`it is ${state} already`)
  const due = steps.findIndex(step => step.state !== 'done')
  const step = steps[due]
  if (!step)
    throw refuse(`both steps are done; what is left is its address: drydock director switch done ${id}`)
  if (step.state === 'running')
    throw refuse(`step ${due + 1} runs, or may run: drydock director attach ${step.run ?? ''} watches it`)
  return due === 0 ? 1 : 2
}

/** Typed secrets as edits: the vault keeps them until they are written. */
async function drafts(
  ctx: CliContext,
  session: Session,
  paths: readonly (string | number)[][],
): Promise<MasterEdit[]> {
  const secrets = [...(await secretsFor(ctx, session, paths)).values()]
  const edits: MasterEdit[] = []
  for (const [n, secret] of secrets.entries())
    edits.push({
      op: 'secret',
      path: paths[n]!,
      draft: await session.engine.directors.drafts.keep(secret),
    })
  return edits
}

async function check(
  ctx: CliContext,
  session: Session,
  asked: {
    record: SwitchRecord
    request: { id: string; step: 1 | 2; edits: MasterEdit[] }
    deployment: string
  },
): Promise<SwitchPreflight> {
  const { out } = ctx
  const { record, request, deployment } = asked
  const { site } = record.steps[request.step - 1]!
  await out.line(
    `Preflight: ${record.direction}, step ${request.step} of 2, against the ${site} (${deployment})`,
  )
  let last = Promise.resolve()
  const told = (line: DirectorLine) => {
    last = last.then(() => showLine(ctx, line))
  }
  try {
    const preflight = await session.engine.directors.switches.preflight(
      request,
      { told },
      ctx.interrupts.signal,
    )
    await last
    const { diffs, hosts, backup, command, verdict } = preflight
    for (const diff of diffs) if (diff.changed > 0) await showDiff(ctx, diff)
    if (backup)
      await out.line(`  Newest backup on ${record.server}: ${backup.stamp}, ${formatBytes(backup.bytes)}`)
    for (const { name, ip } of hosts) await out.line(`  ${name} (${ip}): setup.sh works on it`)
    await out.line(`  Command: ${command}`)
    await out.line(verdict === 'NO-GO' ? 'NO-GO: see what is to be done above.' : `${verdict}.`)
    return preflight
  } finally {
    await keepHostKeys(session, deployment)
  }
}

const fieldsOf = (
  { id }: SwitchRecord,
  step: 1 | 2,
  { verdict, command, hosts, confirm, backup }: SwitchPreflight,
): Record<string, unknown> => ({
  ...{ switch: id, step, verdict: verdicts[verdict] },
  ...{ command, hosts, confirm, backup },
})
