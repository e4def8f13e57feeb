import type { OpenDialogOptions } from 'electron'
import { z } from 'zod'
import type { Choice } from '../../shared/contract/bridge.ts'

/** What pages may ask of the platform's dialogs: checked like every call, because a page may be anything's. */

const choice = z.object({
  kind: z.enum(['folder', 'file']),
  title: z.string().max(200),
  from: z.string().max(4096).nullable(),
})

export const isChoice = (what: unknown): what is Choice => choice.safeParse(what).success

/** A report is saved under a bare file name; where, the operator says. */
export const isSaving = (suggested: unknown, text: unknown): boolean =>
  typeof suggested === 'string' &&
  /^[A-Za-z0-9][A-Za-z0-9._@-]{0,120}$/.test(suggested) &&
  typeof text === 'string' &&
  text.length <= 64 * 1024 * 1024

export function chooseOptions({ kind, title, from }: Choice): OpenDialogOptions {
  return {
    title,
    ...(from === null ? {} : { defaultPath: from }),
    properties:
      kind === 'folder'
        ? ['openDirectory', 'createDirectory', 'showHiddenFiles']
        : ['openFile', 'showHiddenFiles'],
  }
}
