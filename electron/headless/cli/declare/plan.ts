import type { Command } from 'commander'
import { Option } from 'commander'
import type { PlanSaveOptions } from '../commands/plan-save.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Declaring } from './declaring.ts'
import { collect, collectNames, example, integer, invalid, withLimit, withSecrets } from './declaring.ts'

export function declarePlan({ program, ctx, run }: Declaring): void {
  const plan = example(
    program.command('plan').description('what is backed up, when, where to, and kept how long'),
    'drydock plan add docs /srv/docs --system Documents --to nas,cloud --daily 02:30 --keep-daily 7 --keep-weekly 5',
  )
  const named = (name: string, words: string) =>
    plan
      .command(name)
      .description(words)
      .argument('<name>', 'the plan, whose restore points begin with its name')

  const add = withSettings(
    named('add', 'add a plan; it does not run before it is started').argument(
      '[path...]',
      'files and folders',
    ),
  )
  example(
    add,
    'drydock plan add docs /srv/docs --system Documents --to nas --every 4h:15 --zone Europe/Zurich --keep-last 12',
    'drydock plan add shop --command "pg_dump shop" --as shop.sql --system Shop --to nas --cron "0 6 * * 1-5"',
    'drydock plan add dc-config --director dc-site --system Director --to nas,cloud --every 6h --keep-last 28',
    'drydock plan add dc-data --director dc-site --analytics --system Director --to nas --daily 02:30 --compress zstd',
  ).action((name: string, paths: string[], options: PlanSaveOptions) =>
    run(async () => (await import('../commands/plan-save.ts')).planAdd(ctx, name, paths, options)),
  )
  const edit = withSettings(
    named('edit', 'change what is given').argument('[path...]', 'files and folders, instead of all before'),
  )
    .option('--name <name>', 'another name, as long as no run has used the old one')
    .option('--no-before', 'no command before a run')
    .option('--no-after', 'no command after a run')
    .option('--no-verify', 'do not read back after each run')
  example(
    edit,
    'drydock plan edit docs --daily 03:15',
    'drydock plan edit docs --to nas,cloud --keep-daily 7 --keep-weekly 5 --keep-monthly 12',
    'drydock plan edit docs --after "notify-ops $DRYDOCK_OUTCOME"',
  ).action((name: string, paths: string[], options: PlanSaveOptions, command: Command) => {
    // A negatable option is true when it was not given.
    const { before, after, verify, ...rest } = options
    const given = (key: string) => command.getOptionValueSource(key) === 'cli'
    const asked: PlanSaveOptions = {
      ...rest,
      ...(given('before') && before !== undefined ? { before } : {}),
      ...(given('after') && after !== undefined ? { after } : {}),
      ...(given('verify') && verify !== undefined ? { verify } : {}),
    }
    return run(async () => (await import('../commands/plan-save.ts')).planEdit(ctx, name, paths, asked))
  })

  const commands = () => import('../commands/plans.ts')
  example(plan.command('list').description('all plans, with their next run'), 'drydock plan list').action(
    () => run(async () => (await commands()).planList(ctx)),
  )
  example(named('show', 'one plan, and its next three runs'), 'drydock plan show docs').action(
    (name: string) => run(async () => (await commands()).planShow(ctx, name)),
  )
  example(
    named('start', 'from now on it runs when it is due'),
    'drydock plan start docs',
    'drydock daemon            runs it, as the console and the desktop app do',
  ).action((name: string) => run(async () => (await commands()).planStart(ctx, name)))
  example(named('stop', 'no run of it begins any more'), 'drydock plan stop docs').action((name: string) =>
    run(async () => (await commands()).planStop(ctx, name)),
  )
  example(withSecrets(named('run', 'run it now, and follow the run')), 'drydock plan run docs').action(
    (name: string, options: SecretOptions) => run(async () => (await commands()).planRun(ctx, name, options)),
  )
  example(named('remove', 'forget it; its restore points stay'), 'drydock plan remove docs').action(
    (name: string) => run(async () => (await commands()).planRemove(ctx, name)),
  )
  plan.action(() => {
    throw invalid('add, list, show, edit, start, stop, run or remove is missing')
  })
}

/** What `add` and `edit` have in common. */
function withSettings(command: Command): Command {
  const kept = (kind: string) => integer(`--keep-${kind}`, 0, 10_000)
  return withLimit(withSecrets(command))
    .option('--system <name>', 'what is protected; added when there is none of that name')
    .option('--to <servers>', 'servers, with commas between; one read feeds them all', collectNames)
    .option('--exclude <glob>', 'leave out what matches the whole entry path; may be repeated', collect)
    .option('--director <deployment>', 'back up the Director of this deployment, as drydock director does')
    .option('--analytics', 'of that Director the analytics data of the day before; daily only')
    .option('--command <command>', 'back up what this command writes to its standard output')
    .option('--as <file>', 'the name of that output, e.g. db.sql')
    .option('--every <hours>', 'every 1h, 2h, 3h, 4h, 6h, 8h or 12h; 4h:15 is at a quarter past')
    .option('--daily <time>', 'every day at this time, e.g. 02:30')
    .option('--cron <pattern>', 'minute, hour, day of month, month, weekday')
    .option('--zone <zone>', 'time zone of the schedule, e.g. Europe/Zurich; of this machine when left out')
    .option('--keep-last <n>', 'keep the newest n', kept('last'))
    .option('--keep-daily <n>', 'and the newest of each of n days', kept('daily'))
    .option('--keep-weekly <n>', 'of n weeks', kept('weekly'))
    .option('--keep-monthly <n>', 'of n months', kept('monthly'))
    .option('--keep-yearly <n>', 'of n years; without any of these, everything stays', kept('yearly'))
    .addOption(
      new Option('--compress <how>', 'zstd for files and none for a command, unless chosen').choices([
        'zstd',
        'gzip',
        'none',
      ]),
    )
    .option('--level <n>', 'level of compression', integer('--level', -7, 22))
    .option('--encrypt <to>', 'passphrase, which the vault keeps, or public keys age1…', collectNames)
    .option('--before <command>', 'run this before each run')
    .option(
      '--after <command>',
      'and this after it, also when it failed or is overdue; DRYDOCK_OUTCOME says how it went',
    )
    .option(
      '--hook-timeout <seconds>',
      'then such a command is stopped; an hour when left out',
      integer('--hook-timeout', 1, 86_400),
    )
    .addOption(
      new Option(
        '--hook-error <policy>',
        'what its failure means: the run fails (before) or has problems (after), or a note',
      ).choices(['fail', 'note']),
    )
    .addOption(
      new Option('--missed <policy>', 'what becomes of runs missed while nothing could run them').choices([
        'skip',
        'latest',
      ]),
    )
    .option('--verify', 'read back every byte after each run')
    .option('--data-lost <time>', 'target of the system: how much may be lost, e.g. 24h')
    .option('--recovery-time <time>', 'target of the system: how long a recovery may take, e.g. 4h')
}
