import type { Declaring } from './declaring.ts'
import { invalid } from './declaring.ts'

/** Commands of the contract that are not there yet: they say so instead of looking like a spelling mistake. */
export function declareLater({ program }: Declaring): void {
  for (const name of ['plan', 'outage', 'console', 'daemon'])
    program
      .command(`${name} [rest...]`, { hidden: true })
      .description('comes later')
      .allowUnknownOption()
      .action(() => {
        throw invalid(`drydock ${name} comes later; drydock --help lists what works now`)
      })
}
