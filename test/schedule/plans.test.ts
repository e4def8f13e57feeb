import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PlanSettings } from '../../shared/plan.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { Plans } from '../../electron/engine/schedule/index.ts'
import type { TestEngine } from '../support/engine.ts'
import { openTestEngine } from '../support/engine.ts'
import { planOf } from './support/world.ts'

type Bench = TestEngine & {
  plans: Plans
  docs: string
  settings: (rest?: Partial<PlanSettings>) => PlanSettings
}

/** Plans on a real engine, with one local server `nas` and a folder of documents. */
async function bench(): Promise<Bench> {
  const test = await openTestEngine()
  await test.addServer('nas')
  const docs = join(test.root, 'docs')
  await mkdir(docs)
  await writeFile(join(docs, 'a.txt'), 'alpha')
  const plans = new Plans({ engine: test.engine, home: test.home, vault: test.vault })
  onTestFinished(() => plans.close())
  await plans.systems.save(
    { name: 'Documents', kind: 'folder', dataLossTarget: 1440, recoveryTarget: 240 },
    null,
  )
  const settings = (rest: Partial<PlanSettings> = {}) =>
    planOf('docs', { source: { kind: 'files', paths: [docs], excludes: [] }, ...rest })
  return { ...test, plans, docs, settings }
}

const hook = (command: string, rest: Partial<NonNullable<PlanSettings['after']>> = {}) => ({
  command,
  timeout: 60,
  onError: 'fail' as const,
  ...rest,
})
const tell = (file: string) => hook(`echo "$DRYDOCK_OUTCOME|$DRYDOCK_REASON" >> '${file}'`)

describe('Plans', () => {
  it('goes from created to scheduled to stopped, and has next runs only in between', async () => {
    const { plans, settings } = await bench()
    let changes = 0
    plans.subscribe(() => changes++)
    expect(await plans.save(settings(), null, null)).toMatchObject({
      state: 'created',
      next: [],
      words: 'At 02:30 AM',
    })
    expect((await plans.start('docs')).next).toHaveLength(3)
    expect(await plans.stop('docs')).toMatchObject({ state: 'stopped', next: [] })
    expect(changes).toBe(3)
  })

  it('refuses settings that cannot be, naming the field', async () => {
    const { plans, settings } = await bench()
    const refused: [Partial<PlanSettings>, string][] = [
      [{ schedule: { kind: 'cron', expression: '0 0 30 2 *' } }, 'schedule'],
      [{ system: 'Nothing' }, 'system'],
      [{ servers: ['gone'] }, 'servers'],
      [{ name: 'No Name' }, 'name'],
      [{ zone: 'Mars/Base' }, 'zone'],
      [{ source: { kind: 'files', paths: ['docs'], excludes: [] } }, 'source.paths.0'],
      [{ encryptTo: { recipients: ['ssh-rsa AAA'] } }, 'encryptTo.recipients.0'],
    ]
    for (const [rest, subject] of refused)
      await expect(plans.save(settings(rest), null, null), subject).rejects.toMatchObject({
        code: 'input.invalid',
        subject,
      })
    await expect(plans.save(settings({ encryptTo: 'passphrase' }), null, null)).rejects.toMatchObject({
      code: 'auth.secret-missing',
    })
    expect((await plans.list()).plans).toEqual([])
  })

  it('refuses a change that was made from settings that are no longer there', async () => {
    const { plans, settings } = await bench()
    const { revision } = await plans.save(settings(), null, null)
    expect((await plans.start('docs')).revision).toBe(revision)
    const kept = (daily: number) => settings({ keep: { last: 0, daily, weekly: 0, monthly: 0, yearly: 0 } })
    const first = await plans.save(kept(30), 'docs', null, revision)
    expect(first.revision).not.toBe(revision)
    await expect(plans.save(kept(9), 'docs', null, revision)).rejects.toMatchObject({
      code: 'run.conflict',
      subject: 'docs',
      during: 'plan.save',
    })
    expect((await plans.get('docs')).settings.keep.daily).toBe(30)
    expect((await plans.save(kept(9), 'docs', null, first.revision)).settings.keep.daily).toBe(9)
    // Who names none, as the command line, changes what stands there.
    expect((await plans.save(kept(8), 'docs', null)).settings.keep.daily).toBe(8)
  })

  it('shows the good plans beside a damaged one, and leaves that as it stands', async () => {
    const { plans, settings, home } = await bench()
    await plans.save(settings(), null, null)
    const file = join(home, 'plans.json')
    const book = JSON.parse(await readFile(file, 'utf8'))
    const broken = { settings: { name: 'broken', servers: ['nas'] }, of: 'a later version' }
    await writeFile(file, JSON.stringify({ ...book, plans: [broken, ...book.plans] }))
    const { plans: all, unreadable } = await plans.list()
    expect(all.map(plan => plan.settings.name)).toEqual(['docs'])
    expect(unreadable.map(({ name }) => name)).toEqual(['broken'])
    await plans.start('docs')
    expect(JSON.parse(await readFile(file, 'utf8')).plans).toContainEqual(broken)
    await expect(plans.save(settings({ name: 'broken' }), null, null)).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })

  it('makes a restore point under its name and tells the hooks', async () => {
    const { plans, settings, engine, root } = await bench()
    const said = join(root, 'said')
    await plans.save(settings({ before: hook(`echo begins >> '${said}'`), after: tell(said) }), null, null)
    const { run, settled } = await plans.run('docs')
    expect((await plans.get('docs')).running).toBe(run.id)
    await settled
    expect(await readFile(said, 'utf8')).toBe('begins\nsucceeded|\n')
    const { points } = await engine.points.list({ name: 'docs' })
    expect(points).toHaveLength(1)
    expect(await plans.get('docs')).toMatchObject({
      running: null,
      last: { runId: run.id, state: 'succeeded' },
    })
  })

  it('calls the hook after a run that failed, and counts a hook that fails as a problem', async () => {
    const { plans, settings, root } = await bench()
    const said = join(root, 'said')
    const source = { kind: 'command' as const, command: 'exit 4', as: 'db.sql' }
    await plans.save(settings({ source, compression: 'none', after: tell(said) }), null, null)
    await (
      await plans.run('docs')
    ).settled
    expect(await readFile(said, 'utf8')).toMatch(/^failed\|.*ended with status 4/)
    await plans.save(settings({ after: hook('exit 1') }), 'docs', null)
    const bad = await (await plans.run('docs')).run.done
    expect(bad).toMatchObject({ state: 'succeeded', problems: 1, firstProblems: [{ code: 'hook.failed' }] })
    await plans.save(settings({ after: hook('exit 1', { onError: 'note' }) }), 'docs', null)
    expect(await (await plans.run('docs')).run.done).toMatchObject({ state: 'succeeded', problems: 0 })
  })

  it('runs a plan once at a time, also when an earlier run is taken up again', async () => {
    const { plans, settings, engine, root } = await bench()
    const gate = join(root, 'gate')
    await plans.save(settings({ before: hook(`while [ ! -e '${gate}' ]; do sleep 0.05; done`) }), null, null)
    const first = await plans.run('docs')
    await expect(plans.run('docs')).rejects.toMatchObject({ code: 'run.conflict' })
    await expect(plans.remove('docs')).rejects.toMatchObject({ code: 'run.conflict' })
    await first.run.cancel()
    await first.settled
    const again = await engine.resume(first.run.id)
    await expect(plans.run('docs')).rejects.toMatchObject({ code: 'run.conflict' })
    expect((await plans.get('docs')).running).toBe(first.run.id)
    await writeFile(gate, '')
    expect((await again.done).state).toBe('succeeded')
    await (
      await plans.run('docs')
    ).settled
  })

  it('tells the hook that a run was cancelled', async () => {
    const { plans, settings, root } = await bench()
    const said = join(root, 'said')
    await plans.save(settings({ before: hook('sleep 300'), after: tell(said) }), null, null)
    const { run, settled } = await plans.run('docs')
    await run.cancel()
    await settled
    expect(await readFile(said, 'utf8')).toMatch(/^cancelled\|.*cancelled by the operator/)
  })

  it('keeps a name that restore points bear', async () => {
    const { plans, settings, vault } = await bench()
    await plans.save(settings({ name: 'papers', encryptTo: 'passphrase' }), null, 'secret')
    await plans.save(settings({ encryptTo: 'passphrase' }), 'papers', null)
    expect(await vault.get('plan:papers')).toBeNull()
    await (
      await plans.run('docs')
    ).settled
    await expect(plans.save(settings({ name: 'other' }), 'docs', null)).rejects.toMatchObject({
      code: 'input.invalid',
      subject: 'name',
    })
    await plans.remove('docs')
    expect(await vault.get('plan:docs')).toBeNull()
  })

  it('lets plans follow a new name of their system, and keeps a system that a plan belongs to', async () => {
    const { plans, settings } = await bench()
    await plans.save(settings(), null, null)
    await expect(plans.systems.remove('Documents')).rejects.toMatchObject({ code: 'run.conflict' })
    await plans.systems.save(
      { name: 'Papers', kind: 'folder', dataLossTarget: null, recoveryTarget: 60 },
      'Documents',
    )
    expect((await plans.get('docs')).settings.system).toBe('Papers')
    expect((await plans.outage.declare('flood')).recoveryTarget).toBe(60)
  })

  it('refuses to remove a server that a plan stores on', async () => {
    const { plans, settings, engine } = await bench()
    await plans.save(settings(), null, null)
    await expect(engine.servers.remove('nas')).rejects.toMatchObject({ code: 'run.conflict' })
    await plans.remove('docs')
    await engine.servers.remove('nas')
  })

  it('runs what is due in the process that holds the schedule, and tells what is overdue', async () => {
    const { plans, settings, home, root, vault } = await bench()
    const said = join(root, 'said')
    await plans.save(settings({ name: 'late', encryptTo: 'passphrase', after: tell(said) }), null, 'secret')
    await plans.save(settings(), null, null)
    for (const name of ['late', 'docs']) await plans.start(name)
    // As if two nights had passed since.
    const file = join(home, 'plans.json')
    const book = JSON.parse(await readFile(file, 'utf8'))
    for (const plan of book.plans) plan.account.handled -= 48 * 3_600_000
    await writeFile(file, JSON.stringify(book))
    expect((await plans.get('docs')).overdue).toMatchObject({ reason: 'nothing that runs plans is open' })
    vault.get = async () => {
      throw new EngineError('auth.vault-locked', 'vault.get')
    }
    await plans.hold('console')
    expect((await plans.holder()).who).toBe('here')
    await expect
      .poll(async () => (await plans.get('docs')).last?.state, { timeout: 30_000 })
      .toBe('succeeded')
    await expect
      .poll(() => readFile(said, 'utf8').catch(() => ''), { timeout: 30_000 })
      .toMatch(/^overdue\|.*the vault is locked/)
    expect(await plans.get('late')).toMatchObject({
      missed: 1,
      last: null,
      overdue: { reason: 'the vault is locked' },
    })
    expect((await readdir(join(home, 'runs'))).length).toBe(1)
    expect(await readFile(said, 'utf8')).toMatch(/^.*\n$/)
  }, 60_000)
})
