import type { Command } from 'commander'
import { Help } from 'commander'
import type { ChangeOptions } from '../commands/point-changes.ts'
import type { Declaring } from './declaring.ts'
import { example, invalid } from './declaring.ts'

/**
 * What becomes of points. `--server` and the secrets are options of `points` itself, which takes them also when they
 * stand behind the command: they are read from both.
 */
export function declarePointChanges(points: Command, { ctx, run }: Declaring): void {
  const change = (what: 'remove' | 'putBack') => (point: string, _options: unknown, command: Command) =>
    run(async () =>
      (await import('../commands/point-changes.ts'))[what](
        ctx,
        point,
        command.optsWithGlobals<ChangeOptions>(),
      ),
    )
  example(
    points
      .command('remove')
      .description('move a restore point to the trash: on one server with --server, else wherever it is')
      .argument('<point>', 'NAME@STAMP')
      .option('--force', 'also the last good one of its name, or one that a lost run may be writing'),
    'drydock points remove docs@20261120T095728Z --server nas',
  ).action(change('remove'))
  example(
    points
      .command('put-back')
      .description('take a restore point out of the trash again')
      .argument('<point>', 'NAME@STAMP'),
    'drydock points put-back docs@20261120T095728Z',
  ).action(change('putBack'))
  example(
    points
      .command('purge')
      .description('remove a restore point in the trash, or one that was never completed, for good')
      .argument('<point>', 'NAME@STAMP')
      .option('--yes', 'without asking')
      .option('--force', 'also one that a lost run may be writing'),
    'drydock points purge docs@20261120T095728Z --server nas --yes',
  ).action((point: string, _options: unknown, command: Command) =>
    run(async () =>
      (await import('../commands/point-changes.ts')).purge(
        ctx,
        point,
        command.optsWithGlobals<ChangeOptions & { yes?: boolean }>(),
      ),
    ),
  )
  example(
    points
      .command('keep')
      .description('protect a restore point from retention and removal')
      .argument('<point>', 'NAME@STAMP or NAME@latest')
      .option('--off', 'lift the protection'),
    'drydock points keep docs@latest',
  ).action((point: string, _options: unknown, command: Command) =>
    run(async () =>
      (await import('../commands/point-changes.ts')).keep(
        ctx,
        point,
        command.optsWithGlobals<ChangeOptions & { off?: boolean }>(),
      ),
    ),
  )
}
