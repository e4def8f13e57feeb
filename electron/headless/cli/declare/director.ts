import type { Command } from 'commander'
import { Option } from 'commander'
import type { DirectorBackupCommandOptions } from '../commands/director-backup.ts'
import type { DirectorCheckOptions } from '../commands/director-check.ts'
import type { DirectorAttachOptions } from '../commands/director-attach.ts'
import type { DirectorEditOptions } from '../commands/director-edit.ts'
import type { DirectorPortalOptions } from '../commands/director-portal.ts'
import type { DirectorPreflightOptions } from '../commands/director-preflight.ts'
import type { DirectorRestoreOptions } from '../commands/director-restore.ts'
import type { Declaring } from './declaring.ts'
import { withFolder, withLogin } from './director-folder.ts'
import { declareDirectorSite } from './director-site.ts'
import { declareDirectorSwitch } from './director-switch.ts'
import { declareDirectorVendor } from './director-vendor.ts'
import { collect, collectNames, example, invalid, withLimit } from './declaring.ts'

export function declareDirector({ program, ctx, run }: Declaring): void {
  const director = example(
    program.command('director').description('the deployment folder of a Director, and restoring it'),
    'drydock director check deployment/setup --server nas',
    'drydock director edit operator@192.0.2.30:deployment/setup --stamp 20261115T020003',
  )
  const folder = 'holds restore.yml, master.yml and setup.sh: DIR, or USER@HOST:DIR'

  const check = director
    .command('check')
    .description('check restore.yml and master.yml; nothing is written')
    .argument('<folder>', `${folder}; or the name it is kept under`)
    .option('--server <name>', 'also look whether the files they name are on this server, and whole')
  example(
    withFolder(withMode(check)).addOption(
      new Option('--site <site>', 'which site is to be restored: director_site is held against it').choices([
        'DC',
        'DR',
      ]),
    ),
    'drydock director check deployment/setup --mode standalone',
    'drydock director check operator@192.0.2.30:/opt/deployment/setup --server nas --json',
  ).action((where: string, options: DirectorCheckOptions) =>
    run(async () => (await import('../commands/director-check.ts')).directorCheck(ctx, where, options)),
  )

  const edit = director
    .command('edit')
    .description('change single values of restore.yml and master.yml; the old files stay beside the new ones')
    .argument('<folder>', folder)
    .option('--stamp <stamp>', 'the five names of this run, YYYYMMDDThhmmss or latest')
    .option('--name <component=file>', 'the file of one component; may be given several times', collect)
    .option(
      '--set <path=value>',
      'a value of master.yml, as servers[0].ip=192.0.2.11; empty clears it',
      collect,
    )
    .option('--secret <path>', 'a secret of master.yml: asked for, or from "values" of the secrets', collect)
    .option('--dry-run', 'show the difference, write nothing')
  example(
    withFolder(withMode(edit)),
    'drydock director edit deployment/setup --stamp 20261115T020003 --dry-run',
    "drydock director edit deployment/setup --set director_site=DR --set 'servers[0].ip=192.0.2.11'",
    "drydock director edit deployment/setup --secret 'servers[0].password'",
  ).action((where: string, options: DirectorEditOptions) =>
    run(async () => (await import('../commands/director-edit.ts')).directorEdit(ctx, where, options)),
  )

  declareDirectorSite({ program: director, ctx, run })
  declareDirectorVendor({ program: director, ctx, run })
  declareRestoring({ program: director, ctx, run })
  declareDirectorSwitch({ program: director, ctx, run })

  director.action(() => {
    throw invalid('a subcommand is missing; drydock director --help lists them')
  })
}

function declareRestoring({ program: director, ctx, run }: Declaring): void {
  const where = 'the folder with setup.sh: DIR, USER@HOST:DIR, or the name it is kept under'

  const preflight = director
    .command('preflight')
    .description('check all that a restore needs; nothing is changed anywhere')
    .argument('<folder>', where)
  example(
    withRequest(preflight),
    'drydock director preflight operator@192.0.2.30:deployment/setup --server nas --stamp 20261115T020003',
    'drydock director preflight dr-site --server usb --stamp latest --served --json',
  ).action((folder: string, options: DirectorPreflightOptions) =>
    run(async () =>
      (await import('../commands/director-preflight.ts')).directorPreflight(ctx, folder, options),
    ),
  )

  const restore = director
    .command('restore')
    .description('preflight, then ./setup.sh restore, live; it runs on when this command ends')
    .argument('<folder>', where)
    .option('--confirm <name>', 'a host of master.yml that is erased; once for each of them', collect)
  example(
    withRequest(restore),
    'drydock director restore dr-site --server nas --stamp latest --confirm server1',
  ).action((folder: string, options: DirectorRestoreOptions) =>
    run(async () => (await import('../commands/director-restore.ts')).directorRestore(ctx, folder, options)),
  )

  const backup = director
    .command('backup')
    .description('back up its five components to servers, under the names that setup.sh restores')
    .argument('<folder>', where)
    .option(
      '--to <servers>',
      'servers, with commas between; each component is read once for all. Without it --set-command is only kept',
      collectNames,
    )
    .option('--name <plan>', 'what its restore points begin with; the name of the deployment if not given')
    .option('--no-latest', 'leave the latest copies as they are')
    .option(
      '--set-command <component=command>',
      'how a component (or analytics, for plans) is backed up there, kept from now on; may be given several times',
      collect,
    )
    .option('--as <name>', 'the name a new folder is kept under')
    .option(
      '--trust <ip:port=key>',
      'a host key of master.yml, SHA256:…; may be given several times',
      collect,
    )
    .option('--dry-run', 'show what would be backed up and how; nothing is run, kept or written')
  example(
    withLimit(withFolder(backup)),
    'drydock director backup dc-site --to nas,cloud',
    "drydock director backup dc-site --to nas --set-command 'elk=tar -C /opt/invented -czf - .'",
    "drydock director backup dc-site --set-command 'analytics=/opt/invented/dump $DRYDOCK_DAY'",
  ).action((folder: string, options: DirectorBackupCommandOptions) =>
    run(async () => (await import('../commands/director-backup.ts')).directorBackup(ctx, folder, options)),
  )

  const attach = director
    .command('attach')
    .description('watch a restore or a switch-over step, with what was missed, and answer its questions')
    .argument('<run>', 'its id; drydock runs list tells it')
    .option('--all', 'show its output from the beginning')
  const access = (command: Command) =>
    withLogin(
      command.option('--host-key <fingerprint>', 'the key its host has now, SHA256:…, kept from now on'),
    )
  example(access(attach), 'drydock director attach 20261120T095728Z-7f3a').action(
    (id: string, options: DirectorAttachOptions) =>
      run(async () => (await import('../commands/director-attach.ts')).directorAttach(ctx, id, options)),
  )
  const stop = director
    .command('stop')
    .description('press Ctrl-C in the script of a restore or switch-over, also of one that nobody watches')
    .argument('<run>', 'its id; drydock runs list tells it')
  example(access(stop), 'drydock director stop 20261120T095728Z-7f3a').action(
    (id: string, options: DirectorAttachOptions) =>
      run(async () => (await import('../commands/director-stop.ts')).directorStop(ctx, id, options)),
  )

  const schedules = director
    .command('schedules')
    .description('its schedules and those of its other site, and what a configuration restore does to them')
    .argument('<name>', 'the name it is kept under')
  example(schedules, 'drydock director schedules dc-site').action((name: string) =>
    run(async () => (await import('../commands/director-schedules.ts')).directorSchedules(ctx, name)),
  )
  const portal = director
    .command('portal')
    .description(
      'note what the portal shows (DB Backup), for comparing: no interface of the Director tells it',
    )
    .argument('<name>', 'the name it is kept under')
    .option(
      '--configuration <cron>',
      'the five fields of the configuration job, in UTC; none: there is no job',
    )
    .option('--analytics <cron>', 'those of the analytics job')
    .addOption(new Option('--type <type>', 'of its server').choices(['s3', 'azure', 'sftp', 'ftp']))
    .option('--at <host>', 'host or URL of its server; of Azure the account')
    .option('--place <place>', 'bucket, container or path')
    .option('--other <name>', 'the deployment of the other site of its DC and DR; "" for none')
    .option('--none', 'forget what was noted')
  example(
    portal,
    'drydock director portal dc-site --configuration "30 2 * * *" --analytics none --other dr-site',
    'drydock director portal dc-site --type s3 --at https://192.0.2.60:7081 --place director-backup',
    'drydock director portal dc-site            shows what is noted',
  ).action((name: string, options: DirectorPortalOptions) =>
    run(async () => (await import('../commands/director-portal.ts')).directorPortal(ctx, name, options)),
  )

  const list = director.command('list').description('the deployment folders that are kept')
  example(list, 'drydock director list').action(() =>
    run(async () => (await import('../commands/director-list.ts')).directorList(ctx)),
  )
  const remove = director
    .command('remove')
    .description('forget a deployment folder and what opens its host; nothing there is touched')
    .argument('<name>', 'the name it is kept under')
  example(remove, 'drydock director remove dr-site').action((name: string) =>
    run(async () => (await import('../commands/director-list.ts')).directorRemove(ctx, name)),
  )
}

const withRequest = (command: Command): Command =>
  withFolder(
    withMode(
      command
        .requiredOption('--server <name>', 'where the five files are')
        .requiredOption(
          '--stamp <stamp>',
          'the run they are of, YYYYMMDDThhmmss, or latest: the newest whole one',
        )
        .option('--served', 'copy the files to the host of the folder and serve them there')
        .option('--serve-on <address>', 'the address of that host that the others reach')
        .option('--safety-copy <server>', 'first copy the present configuration to this server')
        .option('--as <name>', 'the name a new folder is kept under')
        .option(
          '--trust <ip:port=key>',
          'a host key of master.yml, SHA256:…; may be given several times',
          collect,
        ),
    ),
  )

const withMode = (command: Command): Command =>
  command.addOption(
    new Option('--mode <mode>', 'unless it is to be told from master.yml').choices(['standalone', 'cluster']),
  )
