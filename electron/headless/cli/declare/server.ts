import type { Command } from 'commander'
import { Option } from 'commander'
import type { ServerSite } from '../../../../shared/server.ts'
import type { ServerAddOptions } from '../commands/server-add.ts'
import type { ServerEditOptions } from '../commands/server-edit.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Declaring } from './declaring.ts'
import { example, integer, withSecrets } from './declaring.ts'

export function declareServer({ program, ctx, run }: Declaring): void {
  const server = example(
    program.command('server').description('places where backups are stored'),
    'drydock server add nas --type sftp --host 192.0.2.7 --user backup --path /srv/backups',
  )

  const add = server
    .command('add')
    .description('add a server and try it out')
    .argument('<name>', 'letters, digits, dots and dashes')
  add.addOption(
    new Option('--type <type>', 'the kind of server')
      .choices(['s3', 'azure', 'sftp', 'ftp', 'local'])
      .makeOptionMandatory(),
  )
  example(
    withTest(withSecrets(withSettings(add))),
    'drydock server add disk --type local --path /mnt/backups',
    'drydock server add nas --type sftp --host 192.0.2.7 --user backup --path /srv/backups --host-key SHA256:…',
    'drydock server add cloud --type s3 --endpoint https://s3.example.com --bucket backups --secrets-file s3.json',
    'drydock server add blob --type azure --account backups --container drydock --secrets-file azure.json',
    'drydock server add box --type ftp --host ftp.example.com --user backup --path /backups --ca ca.pem',
  ).action((name: string, options: ServerAddOptions) =>
    run(async () => (await import('../commands/server-add.ts')).serverAdd(ctx, name, options)),
  )

  const edit = server
    .command('edit')
    .description('change the settings given, and try it out again')
    .argument('<name>')
  example(
    withTest(withSecrets(withSettings(edit))),
    'drydock server edit nas --port 2222',
    'drydock server edit nas --secrets-file new-password.json',
  ).action((name: string, options: ServerEditOptions) =>
    run(async () => (await import('../commands/server-edit.ts')).serverEdit(ctx, name, options)),
  )

  example(
    server.command('list').description('all servers, in the order in which they were added'),
    'drydock server list',
  ).action(() => run(async () => (await import('../commands/server-list.ts')).serverList(ctx)))
  example(
    server
      .command('show')
      .description('all that is known about a server, without secrets')
      .argument('<name>'),
    'drydock server show nas',
  ).action((name: string) =>
    run(async () => (await import('../commands/server-list.ts')).serverShow(ctx, name)),
  )
  example(
    withSecrets(server.command('test').description('try out what a server can do').argument('<name>')),
    'drydock server test nas',
  ).action((name: string, options: SecretOptions) =>
    run(async () => (await import('../commands/server-test.ts')).serverTest(ctx, name, options)),
  )
  example(
    server
      .command('remove')
      .description('forget a server and its secrets; what is stored there stays')
      .argument('<name>'),
    'drydock server remove nas',
  ).action((name: string) =>
    run(async () => (await import('../commands/server-list.ts')).serverRemove(ctx, name)),
  )
}

/** Told here again, because help loads neither the engine nor zod. */
const sites: Record<ServerSite, true> = { 'on-site': true, 'off-site': true, 'air-gap': true }

const withTest = (command: Command): Command => command.option('--no-test', 'save it without trying it out')

function withSettings(command: Command): Command {
  const port = integer('--port', 1, 65535)
  return command
    .option('--path <path>', 'sftp, ftp, local: the folder for backups')
    .option('--host <host>', 'sftp, ftp: name or address')
    .option('--port <port>', 'sftp, ftp: when it is not the usual one', port)
    .option('--user <user>', 'sftp, ftp: who logs in')
    .option('--host-key <fingerprint>', 'sftp: trust this key, SHA256:… as ssh-keygen -l prints it')
    .option('--jump <user@host[:port]>', 'sftp: the host to go through')
    .option('--jump-host-key <fingerprint>', 'sftp: trust this key of the host to go through')
    .addOption(
      new Option('--tls <mode>', 'ftp: explicit unless chosen otherwise').choices([
        'explicit',
        'implicit',
        'none',
      ]),
    )
    .option('--ca <file>', 's3, azure, ftp: PEM of a certificate authority to trust')
    .option('--endpoint <url>', 's3, azure: where it is, when it is not the public service')
    .option('--bucket <bucket>', 's3')
    .option('--region <region>', 's3')
    .option('--prefix <prefix>', 's3, azure: what all names begin with')
    .option('--path-style', 's3: the bucket in the path instead of the host name')
    .option('--no-path-style', 's3: the bucket in the host name')
    .option('--profile <profile>', 's3: credentials of this profile of the AWS configuration files')
    .option('--account <account>', 'azure')
    .option('--container <container>', 'azure')
    .addOption(
      new Option(
        '--site <site>',
        'where it stands, for the overview of what a fire here would leave',
      ).choices(Object.keys(sites)),
    )
}
