import type { MasterView } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import type { Finding } from '../preflight/board.ts'
import { addressesOf, resolved } from './addresses.ts'
import type { OtherFacts } from './other-site.ts'
import { backupSiteLine } from './server-lines.ts'
import { otherSiteOf } from './step-lines.ts'

/** Whether the backup server stands at one of the two sites, as far as this machine can resolve their names. */
export async function standsAt(
  { place }: Pick<Deployment, 'place'>,
  on: {
    own: MasterView | null
    other: OtherFacts
    source: ServerRecord
    site: 'DC' | 'DR'
  },
  signal: AbortSignal,
): Promise<Finding> {
  const { own, other, source, site } = on
  const at = await resolved([serverHost(source)], signal)
  return backupSiteLine(source, at, [
    { site, addresses: await resolved(addressesOf(own, place), signal) },
    {
      site: otherSiteOf(site),
      addresses: 'addresses' in other ? await resolved(other.addresses, signal) : null,
    },
  ])
}

function serverHost(record: ServerRecord): string {
  if (record.type === 'sftp' || record.type === 'ftp') return record.host
  if (record.type === 'local') return ''
  if (record.endpoint !== undefined) return new URL(record.endpoint).hostname
  return record.type === 's3'
    ? `s3.${record.region}.amazonaws.com`
    : `${record.account ?? ''}.blob.core.windows.net`
}
