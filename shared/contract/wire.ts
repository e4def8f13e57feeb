import type { Failure } from '../failure.ts'

/**
 * Frames between a page and the engine: JSON texts over the WebSocket `/rpc`, the same objects over Electron's IPC.
 * `id` is the page's, unique within its connection. A text of more than 8 MiB is refused.
 */
export type ToEngine = { call: string; id: string; input?: unknown } | { cancel: string }

export type ToPage =
  | { id: string; ok: true; value?: unknown }
  | { id: string; ok: false; failure: Failure }
  | { event: string; payload?: unknown }

export const maxFrameBytes = 8 * 1024 * 1024
