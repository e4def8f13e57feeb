import { href } from '../../app/router.ts'

/** Where every page of a run comes from. */
export const path = [{ text: 'Runs', href: href({ page: 'runs', mode: 'list' }) }]
