import { readFile } from 'node:fs/promises'
import net from 'node:net'
import tls from 'node:tls'
import type { CertificateKind } from './test-certificate.ts'
import { makeCertificate } from './test-certificate.ts'

export type TlsFront = { endpoint: string; ca: string; stop(): void }

/** Speaks TLS on loopback and passes what is inside on to a plain server, with a certificate made in `folder`. */
export async function startTlsFront(
  targetPort: number,
  kind: CertificateKind,
  folder: string,
): Promise<TlsFront> {
  const made = await makeCertificate(folder, kind)
  const sockets = new Set<net.Socket>()
  const join = (from: net.Socket, to: net.Socket): void => {
    sockets.add(from)
    from.pipe(to)
    from.on('error', () => to.destroy())
  }
  const keys = { cert: await readFile(made.certificateFile), key: await readFile(made.keyFile) }
  const front = tls.createServer(keys, client => {
    const inner = net.connect(targetPort, '127.0.0.1')
    join(client, inner)
    join(inner, client)
  })
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `https://127.0.0.1:${(front.address() as net.AddressInfo).port}`,
    ca: made.ca,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      front.close()
    },
  }
}
