import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** `count` different TCP ports on 127.0.0.1 that nobody listens on now. Another process may still be faster. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open at once, or the kernel could name one twice.
  const held = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = held.map(server => (server.address() as AddressInfo).port)
  await Promise.all(held.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('the kernel named no port')
  return port
}
