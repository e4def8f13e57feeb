"""Holds the lock of the Director's backups for as long as its caller breathes: a byte now and then on standard input.

Says "held" once it has it; before, a line of JSON about whoever has it, each time that changes. The kernel lets go with
this process: when the input ends, when nothing came for too long, when the host goes down.
Arguments: what to leave beside the lock for others (JSON), and the seconds of silence after which the caller is gone.
"""
import errno
import fcntl
import json
import os
import select
import sys
import time

TURN = 0.5  # seconds between two tries
MOST = 4096  # bytes of a note; whoever else writes into this folder is not trusted


def say(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def taken(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError as err:
        if err.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise


def read_note(path):
    try:
        with open(path, 'rb') as file:
            return json.dumps(json.loads(file.read(MOST).decode('utf-8')))
    except (OSError, ValueError):
        return '{}'


def write_note(path, note):
    # It only tells others whom they wait for: a full disk is no reason to do without the lock.
    partial = path + '.part'
    try:
        with open(partial, 'wb') as file:
            file.write(note.encode('utf-8'))
        os.rename(partial, path)
    except OSError:
        pass


def main(note, silence):
    os.umask(0o077)
    folder = os.path.join(os.path.expanduser('~'), '.drydock')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, 'backup.json')
    # Never removed: whoever waits has it open.
    lock = os.open(os.path.join(folder, 'backup.lock'), os.O_RDWR | os.O_CREAT, 0o600)
    held = False
    said = None
    breath = time.monotonic()
    while True:
        if not held:
            held = taken(lock)
            if held:
                write_note(path, note)
                say('held')
            else:
                other = read_note(path)
                if other != said:
                    say(other)
                    said = other
        ready = select.select([0], [], [], silence / 3 if held else TURN)[0]
        if ready:
            if not os.read(0, 4096):
                return
            breath = time.monotonic()
        elif time.monotonic() - breath > silence:
            return


main(sys.argv[1], float(sys.argv[2]))
