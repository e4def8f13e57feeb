import { stateListFile } from '../../../shared/state-list.ts'
import { setListAside } from '../state/list-file.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'

export function stateHandlers({ home, clock, state, log }: ServiceContext): HandlersOf<'state'> {
  return {
    'state.setAside': async ({ list }) => {
      const keptAs = await setListAside(home, list, clock.now())
      log('warn', 'a damaged list was set aside', { list, keptAs })
      await state.changed(stateListFile(list))
      return { keptAs }
    },
  }
}
