import type { AnswerOf, AskedOf, DrydockMethod } from '../../../shared/contract/index.ts'

/** One function per call of the contract. They get checked input; they throw, and the service flattens what they throw. */
export type Handlers = {
  [K in DrydockMethod]: (input: AskedOf<K>, signal: AbortSignal) => Promise<AnswerOf<K>>
}

/** The calls of some areas: `HandlersOf<'settings' | 'vault'>`. A call that is left out does not compile. */
export type HandlersOf<A extends string> = Pick<Handlers, Extract<DrydockMethod, `${A}.${string}`>>
