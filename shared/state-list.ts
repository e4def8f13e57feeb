import type { Failure } from './failure.ts'

/** The lists that the operator makes, each one file of the state folder. A damaged one can be set aside. */
export const stateLists = ['servers', 'plans', 'systems'] as const
export type StateList = (typeof stateLists)[number]

export const isStateList = (name: string): name is StateList => stateLists.some(list => list === name)

export const stateListFile = (list: StateList): `${StateList}.json` => `${list}.json`

/** Detail of a `data.format` failure of such a file. */
export const damagedList = (list: string): string =>
  `it is damaged: the list of ${list} in ${list}.json cannot be read`

/** The list that a failure says is damaged; null when it is about something else. */
export function damagedListOf({ code, detail = '' }: Failure): StateList | null {
  if (code !== 'data.format') return null
  return stateLists.find(list => detail === damagedList(list)) ?? null
}
