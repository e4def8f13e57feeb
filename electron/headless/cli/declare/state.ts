import type { Declaring } from './declaring.ts'
import { example, invalid } from './declaring.ts'

export function declareState({ program, ctx, run }: Declaring): void {
  const state = example(
    program.command('state').description('what Drydock keeps for itself on this machine'),
    'drydock state set-aside servers.json',
  )
  example(
    state
      .command('set-aside')
      .description('give a damaged list another name and begin with an empty one; nothing is removed')
      .argument('<file>', 'servers.json, plans.json or systems.json'),
    'drydock state set-aside servers.json',
  ).action((file: string) => run(async () => (await import('../commands/state.ts')).stateSetAside(ctx, file)))
  state.action(() => {
    throw invalid('set-aside is missing')
  })
}
