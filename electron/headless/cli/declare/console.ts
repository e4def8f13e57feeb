import type { ConsoleOptions } from '../commands/console.ts'
import type { Declaring } from './declaring.ts'
import { example, integer } from './declaring.ts'

export function declareConsole({ program, ctx, run }: Declaring): void {
  example(
    program
      .command('console')
      .description('open the console in a browser: the pages, served on this machine only')
      .option('--port <port>', 'where to listen; 0 takes a free one', integer('--port', 0, 65535))
      .option('--listen <address>', '127.0.0.1 (unless chosen otherwise) or ::1')
      .option('--no-open', 'print the URL only'),
    'drydock console',
    'drydock console --port 8377 --no-open      from elsewhere: ssh -L 8377:127.0.0.1:8377 user@this-host',
  ).action((options: ConsoleOptions) =>
    run(async () => (await import('../commands/console.ts')).openConsole(ctx, options)),
  )
}
