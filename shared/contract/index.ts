import { appContract } from './app.ts'
import { directorContract } from './director.ts'
import type {
  CallInput,
  CallOutput,
  EventName,
  EventPayload,
  HandlerInput,
  HandlerOutput,
  MethodName,
} from './method.ts'
import { overviewContract } from './overview.ts'
import { planContract } from './plan.ts'
import { pointContract } from './point.ts'
import { proofContract } from './proof.ts'
import { restoreContract } from './restore.ts'
import { runContract } from './run.ts'
import { serverContract } from './server.ts'
import { siteContract } from './site.ts'
import { stateContract } from './state.ts'
import { switchContract } from './switch.ts'

/** Every call and event between pages and engine. */
export const contract = {
  ...appContract,
  ...directorContract,
  ...overviewContract,
  ...planContract,
  ...pointContract,
  ...proofContract,
  ...restoreContract,
  ...runContract,
  ...serverContract,
  ...siteContract,
  ...stateContract,
  ...switchContract,
}

export type DrydockContract = typeof contract
export type DrydockMethod = MethodName<DrydockContract>
export type DrydockEvent = EventName<DrydockContract>
export type InputOf<K extends DrydockMethod> = CallInput<DrydockContract, K>
export type OutputOf<K extends DrydockMethod> = CallOutput<DrydockContract, K>
export type PayloadOf<K extends DrydockEvent> = EventPayload<DrydockContract, K>
/** What a handler gets and answers. */
export type AskedOf<K extends DrydockMethod> = HandlerInput<DrydockContract, K>
export type AnswerOf<K extends DrydockMethod> = HandlerOutput<DrydockContract, K>
