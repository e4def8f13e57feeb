import { directorComponents, directorFiles } from '../../../../../shared/director-files.ts'
import { commandsOf, notSetIn } from '../../../../../shared/director-commands.ts'
import type { Board } from './board.ts'
import { inTime, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps, Request } from './deps.ts'

const id = 'safety'
const title = 'Safety copy'

/** Whether the copy that was asked for can be taken, as far as that is known without writing anything. */
export async function safetyLine(
  deps: DirectorPreflightDeps,
  { safetyCopy: server }: Request,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  if (server === null) return
  const since = performance.now()
  const add = (line: Parameters<Board['add']>[1]) => board.add(since, line)
  const notSet = notSetIn(commandsOf(deps.deployment.commands))
  const left = notSet.map(one => directorFiles[one].title).join(', ')
  try {
    const store = await inTime(deps.servers.open(server), signal)
    const folder = (await inTime(Promise.resolve(store.vendorFolder?.({ signal })), signal)) ?? null
    // A server that cannot be listed takes no copy either, and says why.
    await inTime(store.stat('drydock-safety-copy', { signal }), signal)
    if (folder !== null)
      add(
        stop(
          id,
          title,
          `${server} holds ${folder}/, which belongs to the vendor’s continuous backup: nothing is written there.`,
          'Choose another server for the safety copy, or go without one.',
        ),
      )
    else if (notSet.length === directorComponents.length)
      add(stop(id, title, 'No component has a command, so nothing can be copied.', setThem))
    else if (notSet.length > 0)
      add(warn(id, title, `${server} answers. Not copied, because no command is set: ${left}.`, setThem))
    else add(pass(id, title, `All five components go to ${server} before anything is changed.`))
  } catch (err) {
    add(
      stop(
        id,
        title,
        `${server}: ${wordsOf(err)}`,
        'Test that server on its own page, choose another one for the copy, or go without.',
      ),
    )
  }
}

const setThem = 'Set the commands of the deployment, or go without a copy of these.'
