"""Runs a command in a terminal of its own: COLUMNS ROWS COMMAND [ARGUMENT…].

What the terminal shows goes to standard output as it is. Standard input has one JSON object a line: `{"type": TEXT}`
types a line, with `"hidden": true` once the terminal no longer shows what is typed; `{"press": KEYS}` presses keys. The
end of standard input kills the command. Its exit status is this one's, 128 + number for a signal.
"""

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
pid = os.fork()
if pid == 0:
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    if slave > 2:
        os.close(slave)
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[3], sys.argv[3:])
os.close(slave)

waiting = b""
todo = []
commands = True
while True:
    while todo:
        hidden = todo[0].get("hidden", False)
        if hidden and termios.tcgetattr(master)[3] & termios.ECHO:
            break
        one = todo.pop(0)
        os.write(master, (one["press"] if "press" in one else one["type"] + "\n").encode())
    ready, _, _ = select.select([master] + ([0] if commands else []), [], [], 0.05 if todo else None)
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if not data:
            break
        while data:
            data = data[os.write(1, data) :]
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            commands = False
            os.killpg(pid, signal.SIGKILL)
            continue
        *lines, waiting = (waiting + data).split(b"\n")
        todo += [json.loads(line) for line in lines]
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
