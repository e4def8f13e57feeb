import type { SecretOptions } from '../secrets.ts'
import type { Declaring } from './declaring.ts'
import { example, invalid, rate, withSecrets } from './declaring.ts'

export function declareRuns({ program, ctx, run }: Declaring): void {
  const runs = example(
    program.command('runs').description('what is under way and what was done'),
    'drydock runs list',
  )
  const commands = () => import('../commands/runs.ts')
  const one = (name: string, words: string) =>
    runs
      .command(name)
      .description(words)
      .argument('<id>', 'a run, or the beginning of its id that only it has')

  example(runs.command('list').description('all runs, oldest first'), 'drydock runs list').action(() =>
    run(async () => (await commands()).runsList(ctx)),
  )
  example(
    one('show', 'one run: its progress, problems and outcome'),
    'drydock runs show 20261120T095728Z',
  ).action((id: string) => run(async () => (await commands()).runsShow(ctx, id)))
  example(
    one('watch', 'follow a run of any process to its end, and end as it does'),
    'drydock runs watch 20261120T095728Z-15k3f7',
  ).action((id: string) => run(async () => (await commands()).runsWatch(ctx, id)))
  for (const [name, words] of [
    ['pause', 'hold a run; resume goes on'],
    ['cancel', 'stop a run for good order'],
  ] as const)
    example(one(name, words), `drydock runs ${name} k3f7`).action((id: string) =>
      run(async () => (await commands()).runsControl(ctx, name, id)),
    )
  example(
    withSecrets(one('resume', 'go on with a paused run, or take up one that broke off')),
    'drydock runs resume k3f7',
  ).action((id: string, options: SecretOptions) =>
    run(async () => (await import('../commands/runs-resume.ts')).runsResume(ctx, id, options)),
  )
  example(
    one('limit', 'change how fast a run under way may be').argument(
      '<rate>',
      'per second, e.g. 8MB; none lifts the limit',
    ),
    'drydock runs limit k3f7 8MB',
  ).action((id: string, text: string) => {
    const limit = text === 'none' ? null : rate(text)
    return run(async () => (await commands()).runsLimit(ctx, id, limit))
  })
  // A mistyped one gets a list instead of silence.
  runs.action(() => {
    throw invalid('list, show, watch, pause, cancel, resume or limit is missing')
  })
}
