import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const secretServicePackages = ['gnome-keyring', 'dbus-x11', 'dbus'] as const

export type SecretService = {
  /** What a program needs in its environment to find this session and no other. */
  readonly env: Record<string, string>
  /** Stops the keyring daemon with a signal of this kind, e.g. `SIGSTOP`. */
  signal(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

/**
 * `unlocked` has a keyring that is open, and makes it when the folder has none; `locked` starts anew over the
 * keyring of an earlier one, as after a login without a password; `none` is a session in which nothing keeps secrets.
 */
export type SecretServiceKind = 'unlocked' | 'locked' | 'none'

const busWithoutServices = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/>
  </policy>
</busconfig>`

/** Ends when its standard input does, so also when the test process dies in any way. */
const session = `
daemon=
case "$KIND" in
  unlocked) printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --foreground --components=secrets >/dev/null & daemon=$! ;;
  locked) gnome-keyring-daemon --foreground --components=secrets >/dev/null </dev/null & daemon=$! ;;
esac
owned() {
  dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \\
    string:org.freedesktop.secrets | grep -q true
}
while [ -n "$daemon" ] && ! owned; do kill -0 "$daemon" || exit 1; sleep 0.05; done
echo "ready \${daemon:-0} $DBUS_SESSION_BUS_ADDRESS"
while read -r _; do :; done
[ -z "$daemon" ] || { kill -CONT "$daemon"; kill -TERM "$daemon"; }
`

const passwords = new Map<string, string>()

/** Starts a session bus of its own, and a GNOME Keyring on it whose files are in `folder`. */
export async function startSecretService(folder: string, kind: SecretServiceKind): Promise<SecretService> {
  const runtime = join(folder, 'run')
  const config = join(folder, 'bus.conf')
  await mkdir(runtime, { recursive: true, mode: 0o700 })
  await writeFile(config, busWithoutServices)
  const password = passwords.get(folder) ?? randomBytes(12).toString('hex')
  passwords.set(folder, password)

  const own = {
    HOME: folder,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(folder, 'data'),
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
  }
  const child = spawn('dbus-run-session', [`--config-file=${config}`, '--', '/bin/sh', '-c', session], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], ...own, KIND: kind, KEYRING_PASSWORD: password },
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.stdin.end()
    await ended
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, pid, address] = line.split(' ')
    if (word !== 'ready' || !address) continue
    return {
      env: { ...own, DBUS_SESSION_BUS_ADDRESS: address },
      signal: signal => void process.kill(Number(pid), signal),
      stop,
    }
  }
  await stop()
  throw new Error(`no ${kind} Secret Service came up`)
}
