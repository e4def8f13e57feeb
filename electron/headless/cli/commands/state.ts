import { EngineError } from '../../../engine/engine-error.ts'
import { setListAside } from '../../../engine/state/list-file.ts'
import { isStateList, stateListFile, stateLists } from '../../../../shared/state-list.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'

/** Renames a damaged list of the state folder, so that the next command begins with an empty one. */
export async function stateSetAside(ctx: CliContext, file: string): Promise<Ending> {
  const list = file.replace(/\.json$/, '')
  if (!isStateList(list))
    throw new EngineError('input.invalid', 'state.set-aside', {
      detail: `the files that can be set aside are ${stateLists.map(stateListFile).join(', ')}`,
    })
  const keptAs = await setListAside(ctx.home, list, Date.now())
  await ctx.out.event('set-aside', { file: stateListFile(list), keptAs })
  await ctx.out.line(`Set ${stateListFile(list)} aside as ${keptAs} in ${ctx.home}; nothing was removed.`)
  ctx.out.say(`The list of ${list} is empty now. What the old file says can be read in any editor.`)
  return done({ file: stateListFile(list), keptAs })
}
