import { FtpStore } from '../../electron/engine/store/ftp/ftp-store.ts'
import type { FtpServer, StoreContext } from '../../electron/engine/store/server-record.ts'
import type { Log } from '../../electron/engine/ports.ts'
import type { Vsftpd } from '../support/servers/vsftpd.ts'

export type Opened = Partial<Omit<FtpServer, 'type'>> & { password?: string; log?: Log }

/** A store on a test server; the record's fields can be overruled. */
export function openFtp(server: Vsftpd, tls: FtpServer['tls'], over: Opened = {}): FtpStore {
  const { password = server.password, log = () => {}, ...fields } = over
  const record: FtpServer = {
    type: 'ftp',
    name: 'test',
    added: '2026-01-01T00:00:00Z',
    learned: {},
    host: server.host,
    port: server.port,
    user: server.user,
    path: 'backups',
    tls,
    ...(server.ca === '' ? {} : { ca: server.ca }),
    ...fields,
  }
  const context: StoreContext = { env: {}, log }
  return new FtpStore(record, { password }, context)
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = []
  for await (const piece of pieces) list.push(piece)
  return Buffer.concat(list)
}

export async function namesOf(objects: AsyncIterable<{ name: string }>): Promise<string[]> {
  const list: string[] = []
  for await (const object of objects) list.push(object.name)
  return list.sort()
}
