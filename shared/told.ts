/** What people are told about a failure: what happened, what is still safe, what to do next. */
export type Copy = { happened: string; safe: string; todo: string }
