import { Argument, Option } from 'commander'
import type { SwitchDirection } from '../../../../shared/contract/switch.ts'
import type { SwitchStepOptions } from '../commands/director-switch-step.ts'
import type { SwitchBeginOptions } from '../commands/director-switch.ts'
import type { Declaring } from './declaring.ts'
import { collect, example, invalid } from './declaring.ts'
import { withLogin } from './director-folder.ts'

/** The switch-over of a DC and DR pair. */
export function declareDirectorSwitch({ program: director, ctx, run }: Declaring): void {
  const parent = example(
    director.command('switch').description('hand over from DC to DR or back: two steps, then the address'),
    'drydock director switch begin dc-to-dr --from dc --to dr --server nas --dns director.example.com',
    'drydock director switch step',
  )
  const id = ['[id]', 'of the switch-over; may be left out while one is open'] as const
  const modes = ['standalone', 'cluster']

  const begin = parent
    .command('begin')
    .description('write down what is meant; nothing is started')
    .addArgument(new Argument('<direction>', 'who hands over to whom').choices(['dc-to-dr', 'dr-to-dc']))
    .requiredOption('--from <name>', 'the deployment of the site that is active, as it is kept')
    .requiredOption(
      '--to <name>',
      'that of the other site; the same one when master.yml is edited in between',
    )
    .requiredOption('--server <name>', 'what the first step backs up to and the second restores from')
    .option('--dns <name>', 'the DNS record that is changed afterwards')
    .option('--management-url <url>', 'the URL that is changed in the provisioning server instead')
    .addOption(new Option('--from-mode <mode>', 'unless master.yml tells it').choices(modes))
    .addOption(new Option('--to-mode <mode>', 'the same of the other site').choices(modes))
  example(
    withLogin(begin),
    'drydock director switch begin dc-to-dr --from dc --to dr --server nas --dns director.example.com',
  ).action((direction: SwitchDirection, options: SwitchBeginOptions) =>
    run(async () => (await import('../commands/director-switch.ts')).switchBegin(ctx, direction, options)),
  )

  const step = parent
    .command('step')
    .description(
      'preflight of the step that is due, then ./setup.sh, live; it runs on when this command ends',
    )
    .argument(...id)
    .option('--dry-run', 'only the preflight; nothing is changed anywhere')
    .option(
      '--set <path=value>',
      'a value of master.yml, as servers[0].ip=192.0.2.11; empty clears it',
      collect,
    )
    .option('--secret <path>', 'a secret of master.yml: asked for, or from "values" of the secrets', collect)
    .option('--confirm <name>', 'a host of master.yml that setup.sh works on; once for each', collect)
    .option(
      '--trust <ip:port=key>',
      'a host key of master.yml, SHA256:…; may be given several times',
      collect,
    )
  example(
    withLogin(step),
    'drydock director switch step --dry-run',
    'drydock director switch step --confirm server1',
  ).action((which: string | undefined, options: SwitchStepOptions) =>
    run(async () => (await import('../commands/director-switch-step.ts')).switchStep(ctx, which, options)),
  )

  const list = parent.command('list').description('the switch-overs that were begun here')
  example(list, 'drydock director switch list').action(() =>
    run(async () => (await import('../commands/director-switch.ts')).switchList(ctx)),
  )
  const show = parent
    .command('show')
    .description('how one stands, and what is next')
    .argument(...id)
  example(show, 'drydock director switch show').action((which: string | undefined) =>
    run(async () => (await import('../commands/director-switch.ts')).switchShow(ctx, which)),
  )
  const finish = parent
    .command('done')
    .description('say that the address is changed, after both steps')
    .argument(...id)
    .option('--note <text>', 'kept with it')
  example(finish, 'drydock director switch done --note "TTL was 300 s"').action(
    (which: string | undefined, options: { note?: string }) =>
      run(async () => (await import('../commands/director-switch.ts')).switchDone(ctx, which, options)),
  )
  const giveUp = parent
    .command('give-up')
    .description('close one that will not be finished; no host hears of it')
    .argument('<id>', 'of the switch-over')
  example(giveUp, 'drydock director switch give-up sw-20261120-3fa29c').action((which: string) =>
    run(async () => (await import('../commands/director-switch.ts')).switchGiveUp(ctx, which)),
  )

  parent.action(() => {
    throw invalid('a subcommand is missing; drydock director switch --help lists them')
  })
}
