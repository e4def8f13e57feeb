import type { Bridge } from '../../shared/contract/bridge.ts'
import { failed, type Link } from './rpc.ts'

/** The link of a page in the desktop's window: always open, because the engine ends with the window's process. */
export function bridgeLink(bridge: Bridge): Link {
  return {
    async call(id, name, input) {
      try {
        const answer = await bridge.call(id, name, input)
        return answer.ok ? { ok: true, value: answer.value } : failed(answer.failure)
      } catch (err) {
        return failed({ code: 'internal', during: name, detail: String(err), retry: 'never' })
      }
    },
    cancel: id => bridge.cancel(id),
    onEvent: listener => bridge.on(listener),
    onState: () => () => undefined,
    state: { is: 'open' },
  }
}
