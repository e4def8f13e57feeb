import { z } from 'zod'
import { stateLists } from '../state-list.ts'
import { method } from './method.ts'

export const stateContract = {
  /**
   * Renames a damaged list of the state folder, so that Drydock begins with an empty one; nothing is removed. Refused
   * with `run.conflict` when it can be read.
   */
  'state.setAside': method(
    z.object({ list: z.enum(stateLists) }),
    /** The name it has now, in the state folder. */
    z.object({ keptAs: z.string() }),
  ),
}
