import type { ServerInfo } from '../../../shared/contract/server.ts'
import type { MarkShape, RowItem } from '../../ui/index.ts'
import { type ServerWord, serverWord, siteName } from '../servers/index.ts'

const shapes: Record<ServerWord, MarkShape> = {
  Ready: 'verified',
  'Not tested': 'open',
  Blocked: 'bad',
  'No answer': 'bad',
  'Not connected': 'away',
  Failed: 'bad',
}

/** A server as one line of a plan: its mark, its word when it is not ready, and where it stands. */
export function serverLine(name: string, servers: readonly ServerInfo[]): RowItem {
  const info = servers.find(({ record }) => record.name === name)
  if (!info) return { key: name, shape: 'bad', title: name, detail: 'This server is not here any more.' }
  const word = serverWord(info)
  return {
    key: name,
    shape: shapes[word],
    title: name,
    ...(word !== 'Ready' && { detail: word }),
    ...(info.record.site !== undefined && { side: siteName(info.record.site).toLowerCase() }),
  }
}
