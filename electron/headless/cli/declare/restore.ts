import { Option } from 'commander'
import type { RestoreCommandOptions } from '../commands/restore.ts'
import type { Declaring } from './declaring.ts'
import { collect, example, withLimit, withSecrets, withServer } from './declaring.ts'

export function declareRestore({ program, ctx, run }: Declaring): void {
  const restore = program
    .command('restore')
    .description('restore all or some of a restore point; every byte is checked before a file gets its name')
    .argument('<point>', 'NAME@STAMP or NAME@latest')
    .option('--into <dir>', 'the folder to restore into')
    .option('--in-place', 'to where it came from')
    .option('--only <glob>', 'only entries whose whole path matches; may be repeated', collect)
    .addOption(
      new Option('--overwrite <policy>', 'what to do about what stands there already')
        .choices(['never', 'older', 'different', 'always'])
        .default('never'),
    )
    .option('--full-paths', 'with the folders that led to the sources')
    .option('--numeric-ids', 'owners by number instead of by name')
    .option('--special', 'setuid bits and device nodes too; needs root')
    .option('--dry-run', 'only list what would be done; nothing is written')
  example(
    withLimit(withSecrets(withServer(restore))),
    'drydock restore docs@latest --into /tmp/restored --dry-run',
    'drydock restore etc@20261120T095728Z --in-place --only "etc/nginx/**" --overwrite different',
  ).action((point: string, options: RestoreCommandOptions) =>
    run(async () => (await import('../commands/restore.ts')).restore(ctx, point, options)),
  )
}
