import type { Finding } from '../preflight/board.ts'
import { pass } from '../preflight/board.ts'

/** What the vendor's documents say of a switch-over and an operator should know before each step (S2.22). */
export const noteLines: readonly Finding[] = [
  pass(
    'analytics/data',
    'Analytics data',
    'Unlike the weekly cycle, a switch-over backs up the current day, and the site that takes over gets the data of the current week.',
  ),
  pass(
    'analytics/firmware',
    'Firmware images',
    'Those in MinIO are in no backup: copy them by hand when the other site is to have them.',
  ),
]
