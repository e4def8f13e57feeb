import { Option } from 'commander'
import type { BackupCommandOptions } from '../commands/backup.ts'
import type { Declaring } from './declaring.ts'
import { collect, collectNames, example, integer, withLimit, withSecrets } from './declaring.ts'

export function declareBackup({ program, ctx, run }: Declaring): void {
  const backup = program
    .command('backup')
    .description('make a restore point of files and folders, or of the output of a command')
    .argument('[path...]', 'files and folders')
    .requiredOption(
      '--name <name>',
      'name of the restore points: lower-case letters, digits, dots and dashes',
    )
    .requiredOption('--to <servers>', 'servers, with commas between; one read feeds them all', collectNames)
    .option('--exclude <glob>', 'leave out what matches the whole entry path; may be repeated', collect)
    .addOption(
      new Option('--compress <how>', 'zstd for files and none for a command, unless chosen').choices([
        'zstd',
        'gzip',
        'none',
      ]),
    )
    .option('--level <n>', 'level of compression', integer('--level', -7, 22))
    .option('--encrypt <to>', 'passphrase, or public keys age1… (repeated, or with commas)', collectNames)
    .option('--command <command>', 'back up what this command writes to its standard output')
    .option('--as <file>', 'the name of that output, e.g. db.sql')
  example(
    withLimit(withSecrets(backup)),
    'drydock backup /srv/data /etc --name data --to nas,cloud --exclude "**/*.tmp"',
    'drydock backup --command "pg_dump shop" --as shop.sql --name shop --to nas --compress zstd',
    'drydock backup ~/papers --name papers --to cloud --encrypt passphrase',
  ).action((paths: string[], options: BackupCommandOptions) =>
    run(async () => (await import('../commands/backup.ts')).backup(ctx, paths, options)),
  )
}
