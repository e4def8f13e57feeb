import type { ToPage } from './wire.ts'

/** What the preload of the desktop shell puts at `window.drydock`; in a browser there is none. */
export type Bridge = {
  /** One call of the contract. Never rejects: a failure is an answer. */
  call(id: string, name: string, input: unknown): Promise<Extract<ToPage, { id: string }>>
  cancel(id: string): void
  /** Hears every event. @returns a function that stops it */
  on(listener: (event: string, payload: unknown) => void): () => void
  /** The platform's own dialog; null when the operator closes it. */
  choose(what: Choice): Promise<string | null>
  /** Asks where, and writes the text there. @returns the path, or null when the operator closes the dialog */
  save(suggested: string, text: string): Promise<string | null>
}

export type Choice = { kind: 'folder' | 'file'; title: string; from: string | null }
