import type { CopyOptions } from '../commands/copy.ts'
import type { PointOptions } from '../commands/opened-point.ts'
import type { PointsOptions } from '../commands/points.ts'
import type { VerifyOptions } from '../commands/verify.ts'
import type { Declaring } from './declaring.ts'
import { example, withLimit, withSecrets, withServer } from './declaring.ts'
import { declarePointChanges } from './point-changes.ts'

export function declarePoints({ program, ctx, run }: Declaring): void {
  const points = withSecrets(
    withServer(
      program.command('points').description('the restore points that are there, newest first'),
      'only on this server, instead of all of them',
    ),
  )
    .option('--name <name>', 'only those of this name')
    .option('--all', 'incomplete ones too')
    .option('--trash', 'those in the trash, and nothing else')
  example(
    points,
    'drydock points --name docs',
    'drydock points --trash                     what was removed and can still be put back',
    'drydock points keep docs@latest',
  ).action((options: PointsOptions) =>
    run(async () => (await import('../commands/points.ts')).points(ctx, options)),
  )
  declarePointChanges(points, { program, ctx, run })

  example(
    withSecrets(
      withServer(
        program
          .command('ls')
          .description('what a restore point holds')
          .argument('<point>', 'NAME@STAMP or NAME@latest'),
      ),
    ).argument('[path]', 'only this entry and what is under it'),
    'drydock ls docs@latest doc/README',
  ).action((point: string, path: string | undefined, options: PointOptions) =>
    run(async () => (await import('../commands/ls.ts')).ls(ctx, point, path, options)),
  )

  example(
    withSecrets(
      withServer(
        program
          .command('find')
          .description('entries of a restore point whose whole path matches')
          .argument('<point>', 'NAME@STAMP or NAME@latest'),
      ),
    ).argument('<glob>', '* stops at /, ** does not'),
    'drydock find docs@latest "**/*.pdf"',
  ).action((point: string, glob: string, options: PointOptions) =>
    run(async () => (await import('../commands/ls.ts')).find(ctx, point, glob, options)),
  )

  example(
    withLimit(
      withSecrets(
        withServer(
          program
            .command('verify')
            .description('check that a restore point is whole')
            .argument('<point>', 'NAME@STAMP or NAME@latest'),
        ),
      ),
    ).option(
      '--deep',
      'read back and hash every byte; given what opens an encrypted one, prove that all of it decrypts',
    ),
    'drydock verify docs@latest --deep',
    'drydock verify papers@latest --deep --secrets-file papers.json      {"passphrase":"…"} or {"identity":"…"}',
  ).action((point: string, options: VerifyOptions) =>
    run(async () => (await import('../commands/verify.ts')).verify(ctx, point, options)),
  )

  example(
    withLimit(
      withSecrets(
        program
          .command('copy')
          .description('copy a restore point to another server, every part proven on the way')
          .argument('<point>', 'NAME@STAMP or NAME@latest'),
      ),
    )
      .requiredOption('--from <server>', 'the server that has it')
      .requiredOption('--to <server>', 'the server that is to have it'),
    'drydock copy docs@latest --from nas --to cloud',
  ).action((point: string, options: CopyOptions) =>
    run(async () => (await import('../commands/copy.ts')).copy(ctx, point, options)),
  )
}
