import type { z } from 'zod'

/** A call, declared once: types, validation on both sides, handler and client follow from it. */
export const method = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ is: 'method', input, output }) as const

/** Something the engine tells without being asked. */
export const event = <P extends z.ZodType>(payload: P) => ({ is: 'event', payload }) as const

export type AnyContract = Record<string, ReturnType<typeof method> | ReturnType<typeof event>>

export type MethodName<C extends AnyContract> = {
  [K in keyof C]: C[K] extends { is: 'method' } ? K : never
}[keyof C] &
  string
export type EventName<C extends AnyContract> = {
  [K in keyof C]: C[K] extends { is: 'event' } ? K : never
}[keyof C] &
  string

/** What a caller hands in: before defaults are filled in. */
export type CallInput<C extends AnyContract, K extends MethodName<C>> = C[K] extends {
  input: infer I extends z.ZodType
}
  ? z.input<I>
  : never
/** What a handler gets. */
export type HandlerInput<C extends AnyContract, K extends MethodName<C>> = C[K] extends {
  input: infer I extends z.ZodType
}
  ? z.infer<I>
  : never
/** What a handler answers: before defaults are filled in. */
export type HandlerOutput<C extends AnyContract, K extends MethodName<C>> = C[K] extends {
  output: infer O extends z.ZodType
}
  ? z.input<O>
  : never
export type CallOutput<C extends AnyContract, K extends MethodName<C>> = C[K] extends {
  output: infer O extends z.ZodType
}
  ? z.infer<O>
  : never
export type EventPayload<C extends AnyContract, K extends EventName<C>> = C[K] extends {
  payload: infer P extends z.ZodType
}
  ? z.infer<P>
  : never
