import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'
import { inTime } from './board.ts'

/** Something that listens on the deployment host as the serving of files will, for some seconds. */
export type ServeProbe = {
  address: string
  port: number
  /** What it says to whoever connects. */
  word: string
  end: () => Promise<void>
}

const seconds = 25

/** Listens where `serve.py` would: on the address that faces the first host unless one is told. */
const listener = `
import signal, socket, sys
signal.alarm(${seconds})
bind, towards, word = sys.argv[1:4]
def facing(name):
    for family, _, _, _, address in socket.getaddrinfo(name, 9, 0, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
                return probe.getsockname()[0]
        except OSError:
            continue
    sys.exit('there is no way from here to ' + name)
found = socket.getaddrinfo(bind or facing(towards), 0, 0, socket.SOCK_STREAM)[0]
ears = socket.socket(found[0], socket.SOCK_STREAM)
ears.bind(found[4])
ears.listen(8)
print(ears.getsockname()[0], ears.getsockname()[1], flush=True)
while True:
    peer, _ = ears.accept()
    try:
        peer.sendall(word.encode())
    except OSError:
        pass
    peer.close()
`

/** @throws EngineError `remote.failed` when nothing can listen there */
export async function startServeProbe(
  host: Host,
  { bind, towards, word }: { bind: string | null; towards: string; word: string },
  signal: AbortSignal,
): Promise<ServeProbe> {
  const args = [bind ?? '', towards, word].map(shellWord).join(' ')
  const output = host.stream(`exec python3 -c ${shellWord(listener)} ${args}`, { signal })
  const end = async () => void (await output.return({ exit: null, stderr: '' }).catch(() => {}))
  let said = ''
  try {
    while (!said.includes('\n')) {
      const next = await inTime(output.next(), signal)
      if (next.done)
        throw new EngineError('remote.failed', 'director.preflight', {
          subject: host.about,
          detail: next.value.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? 'it ended at once',
        })
      said = (said + Buffer.from(next.value).toString('latin1')).slice(0, 1024)
    }
    const [, address, port] = /^([0-9A-Fa-f.:%]+) (\d{1,5})\n/.exec(said) ?? []
    if (!address || !port)
      throw new EngineError('remote.wrong-answer', 'director.preflight', { subject: host.about })
    return { address, port: Number(port), word, end }
  } catch (err) {
    void end()
    throw err
  }
}

/**
 * Whether something takes a connection at `address:port` as that host sees it, and says `word`; null: whatever it says.
 * @returns true, or why not in words; null when the host has no means to try
 */
export async function seesFrom(
  host: Host,
  { address, port, word }: { address: string; port: number; word: string | null },
  signal: AbortSignal,
): Promise<true | string | null> {
  const args = [address, String(port), word === null ? '' : String(word.length)].map(shellWord).join(' ')
  const { exit, stdout, stderr } = await host.run(
    `if command -v python3 > /dev/null 2>&1; then exec python3 -c ${shellWord(byPython)} ${args}
elif command -v bash > /dev/null 2>&1 && command -v timeout > /dev/null 2>&1; then
  exec timeout 8 bash -c ${shellWord(byBash)} bash ${args}
else exit 90; fi`,
    { signal, maxOutput: 16 * 1024, timeoutMs: 12_000 },
  )
  if (exit === 90) return null
  if (exit === 0 && (word === null || stdout.toString('latin1').includes(word))) return true
  if (exit === 0) return 'something else answers there'
  if (exit === 124) return 'no answer in time'
  return (
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/\p{Cc}+/gu, ' ')
      .slice(0, 200) || 'no connection'
  )
}

const byPython = `
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 6) as peer:
        peer.settimeout(6)
        want, got = int(sys.argv[3] or 0), b''
        while len(got) < want:
            more = peer.recv(want - len(got))
            if not more:
                break
            got += more
        print(got.decode('latin1'))
except OSError as err:
    sys.exit(str(err))
`
const byBash = `exec 3<>"/dev/tcp/$1/$2" || exit 1
[ -z "$3" ] || head -c "$3" <&3`
