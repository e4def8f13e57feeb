import { analyticsOverFtp } from '../../../../../shared/director-notes.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import type { Board } from './board.ts'
import { pass, warn } from './board.ts'
import type { Request } from './deps.ts'

const id = 'analytics'
const title = 'Analytics configuration'

/** What the vendor says of restoring the analytics configuration from this kind of server. */
export function limitsLine(record: ServerRecord, { fetch }: Pick<Request, 'fetch'>, board: Board): void {
  const since = performance.now()
  const overFtp = fetch === 'served' || record.type === 'sftp' || record.type === 'ftp'
  board.add(
    since,
    overFtp
      ? warn(
          id,
          title,
          analyticsOverFtp,
          'Look at the analytics pages with care afterwards, or restore from S3 or Azure.',
        )
      : pass(id, title, 'The vendor restores it from this kind of server.'),
  )
}
