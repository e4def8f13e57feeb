import { invalid } from './declare/declaring.ts'
import { ask } from './prompt.ts'
import type { Session } from './session.ts'

/**
 * The names of the hosts that setup.sh will change, given with the command or typed now; in the preflight's order.
 * @param words.given what came with the command
 * @param words.question said before each name is asked for
 */
export async function confirmedHosts(
  { mayAsk }: Pick<Session, 'mayAsk'>,
  names: readonly string[],
  { given, what, question }: { given: readonly string[]; what: string; question: (name: string) => string },
): Promise<string[]> {
  const wrong = given.find(name => !names.includes(name))
  if (wrong !== undefined)
    throw invalid(`--confirm: ${JSON.stringify(wrong.slice(0, 80))} is none of ${names.join(', ')}`)
  const typed: string[] = []
  for (const name of names) {
    if (!given.includes(name) && !mayAsk)
      throw invalid(`${what} is to be named: ${names.map(one => `--confirm ${one}`).join(' ')}`)
    const said = given.includes(name) ? name : (await ask(`${question(name)} Type its name to go on:`)).trim()
    if (said !== name) throw invalid(`it was not confirmed for ${name}; nothing was changed`)
    typed.push(said)
  }
  return typed
}
