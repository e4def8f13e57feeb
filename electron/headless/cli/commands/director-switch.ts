import type { SwitchDirection, SwitchRecord, SwitchStep } from '../../../../shared/contract/switch.ts'
import type { DirectorMode } from '../../../../shared/director-files.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { table } from '../printable.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { keepLogins } from './director-deployment.ts'

export type SwitchBeginOptions = SecretOptions & {
  from: string
  to: string
  server: string
  dns?: string
  managementUrl?: string
  fromMode?: DirectorMode
  toMode?: DirectorMode
}

/** Writes down a switch-over: from the site that is active to the other. Nothing is started. */
export async function switchBegin(
  ctx: CliContext,
  direction: SwitchDirection,
  options: SwitchBeginOptions,
): Promise<Ending> {
  const { from, to, server, dns, managementUrl, fromMode, toMode } = options
  const address = addressOf(dns, managementUrl)
  return await withEngine(ctx, options, async session => {
    const { directors, servers } = session.engine
    await servers.get(server)
    for (const name of [from, to]) await directors.deployments.book.get(name)
    await keepLogins(session, [from, to])
    const first = fromMode ?? (await modeOf(ctx, session, from, '--from-mode'))
    const second = toMode ?? (to === from ? first : await modeOf(ctx, session, to, '--to-mode'))
    const record = await directors.switches.begin({
      ...{ direction, server, address },
      steps: [
        { deployment: from, mode: first },
        { deployment: to, mode: second },
      ],
    })
    await show(ctx, record)
    return done({ switch: record.id })
  })
}

function addressOf(dns: string | undefined, url: string | undefined): SwitchRecord['address'] {
  const value = (dns ?? url ?? '').trim()
  if ((dns === undefined) === (url === undefined) || value === '')
    throw invalid(
      'how clients find the Director afterwards: --dns NAME (its record is changed), or --management-url URL (of the provisioning server)',
    )
  return { how: dns === undefined ? 'management-url' : 'dns', value, done: null, note: '' }
}

async function modeOf(
  ctx: CliContext,
  { engine }: Session,
  name: string,
  option: string,
): Promise<DirectorMode> {
  const { mode } = await engine.directors.read(name, ctx.interrupts.signal)
  if (mode !== null) return mode
  throw invalid(
    `master.yml of ${name} does not tell whether it is one host or three: say ${option} standalone or cluster`,
  )
}

/** All that were begun here, newest first. */
export async function switchList(ctx: CliContext): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const { out } = ctx
    const { switches, unreadable } = await engine.directors.switches.list()
    for (const record of switches) await out.event('switch', { ...record })
    const rows = switches.map(({ id, direction, state, steps, begun }) => [
      ...[id, direction, state, ...steps.map(step => `${step.site} ${step.state}`)],
      `${begun.slice(0, 16).replace('T', ' ')} UTC`,
    ])
    for (const line of table(rows)) await out.line(line)
    if (switches.length === 0 && unreadable.length === 0) out.say('No switch-over was begun here yet.')
    for (const { id, detail } of unreadable) out.say(`${id}: ${detail}`)
    return unreadable.length > 0 ? withProblems() : done()
  })
}

export async function switchShow(ctx: CliContext, id: string | undefined): Promise<Ending> {
  return await withEngine(ctx, {}, async session => {
    const record = await switchMeant(session, id)
    await show(ctx, record)
    return done({ switch: record.id })
  })
}

/** The last step: the operator says that the address is changed. */
export async function switchDone(
  ctx: CliContext,
  id: string | undefined,
  { note = '' }: { note?: string },
): Promise<Ending> {
  if (note.length > 2000) throw invalid('--note: at most 2000 characters')
  return await withEngine(ctx, {}, async session => {
    const { id: meant } = await switchMeant(session, id)
    const record = await session.engine.directors.switches.address(meant, note)
    await show(ctx, record)
    return done({ switch: record.id })
  })
}

/** Closes one that will not be finished. No host hears of it. */
export async function switchGiveUp(ctx: CliContext, id: string): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const record = await engine.directors.switches.giveUp(id)
    await show(ctx, record)
    return done({ switch: record.id })
  })
}

/** The one that is named; without a name the only one that is open. */
export async function switchMeant({ engine }: Session, id: string | undefined): Promise<SwitchRecord> {
  const { switches } = engine.directors
  if (id !== undefined) return await switches.get(id)
  const open = (await switches.list()).switches.filter(({ state }) => state === 'open')
  const [only, second] = open
  if (only && !second) return only
  throw invalid(
    only
      ? `several switch-overs are open, so name one: ${open.map(one => one.id).join(', ')}`
      : 'no switch-over is open; drydock director switch begin begins one',
  )
}

async function show({ out }: CliContext, record: SwitchRecord): Promise<void> {
  await out.event('switch', { ...record })
  const { id, direction, server, steps, address, state, begun, by } = record
  await out.line(`Switch-over ${id}, ${direction}, ${state}; begun ${utc(begun)} by ${by}`)
  await out.line(`  Backups on ${server}: what step 1 makes, step 2 restores.`)
  for (const [n, step] of steps.entries()) await out.line(`  Step ${n + 1}: ${wordsOf(step)}`)
  const what = address.how === 'dns' ? `DNS record ${address.value}` : `management URL ${address.value}`
  const changed = address.done === null ? 'to be changed after step 2' : `changed ${utc(address.done)}`
  await out.line(
    `  Address: ${what}, ${changed}${address.note === '' ? '' : `; note: ${oneLine(address.note)}`}`,
  )
  for (const line of nextOf(record)) out.say(line)
}

function wordsOf({ site, deployment, mode, state, run, ended }: SwitchStep): string {
  const ran = run === null ? '' : `, run ${run}${ended === null ? '' : `, ended ${utc(ended)}`}`
  return `${site} (${deployment}, ${mode}): ${state}${ran}`
}

/** What the operator does now. */
export function nextOf({ id, state, steps, address }: SwitchRecord): string[] {
  if (state !== 'open') return []
  const due = steps.findIndex(step => step.state !== 'done')
  const step = steps[due]
  if (!step) {
    const what =
      address.how === 'dns'
        ? `Let the DNS record ${address.value} name the site that is active now`
        : `Set the management URL ${address.value} in the provisioning server`
    return [`Next: ${what}; then: drydock director switch done ${id}`]
  }
  if (step.state === 'running')
    return [`Next: drydock director attach ${step.run ?? ''} watches step ${due + 1}.`]
  return [`Next: drydock director switch step ${id}, which is step ${due + 1} against the ${step.site}.`]
}

const utc = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
