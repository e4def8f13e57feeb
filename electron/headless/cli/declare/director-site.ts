import type { DirectorStatusOptions } from '../commands/director-status.ts'
import type { Declaring } from './declaring.ts'
import { collect, example } from './declaring.ts'
import { withFolder } from './director-folder.ts'

/** A Director as a system: what is done with it beside restoring and backing up. */
export function declareDirectorSite({ program: director, ctx, run }: Declaring): void {
  const status = director
    .command('status')
    .description('look at a Director: its folder, its hosts, whether it can be backed up; nothing is changed')
    .argument('<folder>', 'the folder with setup.sh: DIR, USER@HOST:DIR, or the name it is kept under')
    .option('--as <name>', 'the name a new folder is kept under')
    .option(
      '--trust <ip:port=key>',
      'a host key of master.yml, SHA256:…; may be given several times',
      collect,
    )
  example(
    withFolder(status),
    'drydock director status dc-site',
    'drydock director status operator@192.0.2.30:deployment/setup --json',
  ).action((folder: string, options: DirectorStatusOptions) =>
    run(async () => (await import('../commands/director-status.ts')).directorStatus(ctx, folder, options)),
  )
}
