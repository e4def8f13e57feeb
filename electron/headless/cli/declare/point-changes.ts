import type { Command } from 'commander'
import { Help } from 'commander'
import type { ChangeOptions } from '../commands/point-changes.ts'
import type { Declaring } from './declaring.ts'
import { example, invalid } from './declaring.ts'

type Given = ChangeOptions & { name?: string; all?: boolean; trash?: boolean; yes?: boolean; off?: boolean }

/**
 * What becomes of points. `--server` and the secrets are options of `points` itself, which takes them also when they
 * stand behind the command: they are read from both.
 */
export function declarePointChanges(points: Command, { ctx, run }: Declaring): void {
  const change =
    (what: 'remove' | 'putBack' | 'purge' | 'keep') => (point: string, _options: unknown, command: Command) =>
      run(async () => {
        const options = command.optsWithGlobals<Given>()
        refuseListing(options)
        return await (await import('../commands/point-changes.ts'))[what](ctx, point, options)
      })
  const one = (name: string, words: string, point: string) =>
    points
      .command(name)
      .description(words)
      .argument('<point>', point)
      .configureHelp({ showGlobalOptions: true, visibleGlobalOptions })

  example(
    one(
      'remove',
      'move a restore point to the trash, on one server or wherever it is; put-back undoes it',
      'NAME@STAMP',
    ).option('--force', 'also the last good one of its name, or one that a lost run may be writing'),
    'drydock points remove docs@20261120T095728Z',
    'drydock points remove docs@20261120T095728Z --server nas',
  ).action(change('remove'))
  example(
    one('put-back', 'take a restore point out of the trash again', 'NAME@STAMP'),
    'drydock points --trash                                  what is in it, and until when',
    'drydock points put-back docs@20261120T095728Z',
  ).action(change('putBack'))
  example(
    one(
      'purge',
      'remove a restore point in the trash, or one that was never completed, for good',
      'NAME@STAMP',
    )
      .option('--yes', 'without asking')
      .option('--force', 'also one that a lost run may be writing'),
    'drydock points purge docs@20261120T095728Z --server nas',
    'drydock points purge docs@20261120T095728Z --yes        in a script: nobody is asked',
  ).action(change('purge'))
  example(
    one('keep', 'protect a restore point from retention and removal', 'NAME@STAMP or NAME@latest').option(
      '--off',
      'lift the protection',
    ),
    'drydock points keep docs@latest',
    'drydock points keep docs@20261120T095728Z --off',
  ).action(change('keep'))
}

/** Options of the listing that its commands inherit and have no use for. */
const listing = ['--name', '--all', '--trash']

function visibleGlobalOptions(command: Command) {
  return Object.assign(new Help(), { showGlobalOptions: true })
    .visibleGlobalOptions(command)
    .filter(option => !listing.includes(option.long ?? ''))
}

/** Who says `--name` with one of them means another command: silence would change more than was meant. */
function refuseListing(options: Given): void {
  const given = listing.find(option => options[option.slice(2) as 'name' | 'all' | 'trash'] !== undefined)
  if (given !== undefined) throw invalid(`${given} is for the list of points; say which one: NAME@STAMP`)
}
