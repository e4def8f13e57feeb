import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ConsoleServer } from '../../electron/headless/console-server/console-server.ts'
import { openConsoleServer } from '../../electron/headless/console-server/console-server.ts'
import type { Service } from '../../electron/engine/service/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** A service that answers nothing by itself, for tests of the door in front of it. */
export const silentService: Service = {
  call: async () => ({ ok: true, value: 'answered' }),
  subscribe: () => () => {},
}

export type TestConsole = ConsoleServer & {
  /** Folder in which the pages' folder lies; a file `secret.txt` is beside it. */
  root: string
  host: string
  origin: string
  send(options: {
    path?: string
    method?: string
    headers?: Record<string, string>
    body?: string
  }): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>
}

/** A console server over pages of two files. */
export async function openTestConsole(service: Service = silentService): Promise<TestConsole> {
  const root = await tempFolder()
  const pages = join(root, 'pages')
  await mkdir(join(pages, 'assets'), { recursive: true })
  await writeFile(join(root, 'secret.txt'), 'not a page')
  await writeFile(join(pages, 'index.html'), `<!doctype html><title>Drydock</title>${' '.repeat(2000)}`)
  await writeFile(join(pages, '.hidden.html'), 'hidden')
  await writeFile(join(pages, 'assets', 'index-aB3_x-9Z.js'), 'export {}\n')
  const server = await openConsoleServer({ service, pages, port: 0, address: '127.0.0.1' })
  onTestFinished(() => server.close())
  const host = `127.0.0.1:${server.port}`
  return {
    ...server,
    root,
    host,
    origin: `http://${host}`,
    send({ path = '/', method = 'GET', headers = {}, body }) {
      return new Promise((resolve, reject) => {
        // Paths as they are: a URL parser would straighten `/../`.
        const sent = request({
          host: '127.0.0.1',
          port: server.port,
          path,
          method,
          headers: { host, ...headers },
        })
        sent.on('error', reject)
        sent.on('response', answer => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (piece: string) => (text += piece))
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          )
        })
        sent.end(body)
      })
    },
  }
}

export const tokenOf = (url: string): string => new URL(url).hash.slice('#token='.length)
