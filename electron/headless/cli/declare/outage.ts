import type { Declaring } from './declaring.ts'
import { example, invalid } from './declaring.ts'

export function declareOutage({ program, ctx, run }: Declaring): void {
  const outage = example(
    program.command('outage').description('an outage, and its recovery clock'),
    'drydock outage declare "data centre north is without power"',
    'drydock outage show',
    'drydock outage end',
  )
  const commands = () => import('../commands/outage.ts')
  example(
    outage.command('declare').description('start the recovery clock').argument('[note]', 'what has happened'),
    'drydock outage declare "flood in the basement"',
  ).action((note: string | undefined) => run(async () => (await commands()).outageDeclare(ctx, note)))
  example(outage.command('show').description('how long it lasts by now'), 'drydock outage show').action(() =>
    run(async () => (await commands()).outageShow(ctx)),
  )
  example(outage.command('end').description('stop the recovery clock'), 'drydock outage end').action(() =>
    run(async () => (await commands()).outageEnd(ctx)),
  )
  outage.action(() => {
    throw invalid('declare, show or end is missing')
  })
}
