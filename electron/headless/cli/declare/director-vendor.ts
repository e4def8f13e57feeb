import type { DirectorAdoptOptions } from '../commands/director-adopt.ts'
import type { DirectorAdoptionsOptions } from '../commands/director-adoptions.ts'
import type { DirectorSnapshotsOptions } from '../commands/director-snapshots.ts'
import type { Declaring } from './declaring.ts'
import { example, withSecrets } from './declaring.ts'

/** What the vendor's own tool has left on a server: its files are adopted, its analytics snapshots looked at. */
export function declareDirectorVendor({ program: director, ctx, run }: Declaring): void {
  const adopt = director
    .command('adopt')
    .description('read back and hash files of the vendor’s own tool, and keep their hashes on another server')
    .argument('<server>', 'where the files are; nothing is written there')
    .argument('<stamp>', 'the run they are of, YYYYMMDDThhmmss or vendor@YYYYMMDDThhmmss')
    .requiredOption(
      '--on <server>',
      'where their hashes are kept: not where the vendor keeps its repositories',
    )
  example(
    withSecrets(adopt),
    'drydock director adopt minio 20261118T070000 --on nas',
    'drydock director adopt minio vendor@20261118T070000 --on usb --json',
  ).action((server: string, stamp: string, options: DirectorAdoptOptions) =>
    run(async () =>
      (await import('../commands/director-adopt.ts')).directorAdopt(ctx, server, stamp, options),
    ),
  )

  const adoptions = director
    .command('adoptions')
    .description('the runs of the vendor’s own tool that were adopted, as this machine and the servers know')
    .argument('[server]', 'only of files on this server')
  example(
    withSecrets(adoptions),
    'drydock director adoptions',
    'drydock director adoptions minio --json',
  ).action((server: string | undefined, options: DirectorAdoptionsOptions) =>
    run(async () =>
      (await import('../commands/director-adoptions.ts')).directorAdoptions(ctx, server, options),
    ),
  )

  const snapshots = director
    .command('snapshots')
    .description('the analytics snapshots in dcrepository/ and drrepository/; read only, on your own request')
    .argument('<server>', 'the bucket of the Director’s continuous backup')
    .addHelpText(
      'after',
      '\nThe vendor asks not even to view these files. Drydock lists names and reads index.latest and index-N; it opens\nnothing else, and writes and removes nothing there.',
    )
  example(
    withSecrets(snapshots),
    'drydock director snapshots minio',
    'drydock director snapshots minio --json',
  ).action((server: string, options: DirectorSnapshotsOptions) =>
    run(async () =>
      (await import('../commands/director-snapshots.ts')).directorSnapshots(ctx, server, options),
    ),
  )
}
