export type { Belongs, OutageSpan } from './facts.ts'
export { noteReadFrom } from './read-from.ts'
export type { ProofSources } from './proof-book.ts'
export { ProofBook } from './proof-book.ts'
