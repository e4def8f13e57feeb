import { randomInt } from 'node:crypto'
import net from 'node:net'

/**
 * `count` ports in a row that nobody listens on now, on 127.0.0.1 and on 127.0.0.2 (where a fault proxy may
 * listen under the same number). Below the kernel's own range, so that no outgoing connection takes one.
 */
export async function freePortRange(count: number): Promise<number[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = randomInt(15_000, 32_000 - count)
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const free = await Promise.all(
      ports.flatMap(port => [isFree(port, '127.0.0.1'), isFree(port, '127.0.0.2')]),
    )
    if (free.every(Boolean)) return ports
  }
  throw new Error(`no ${count} free ports in a row`)
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
