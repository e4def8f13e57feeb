#!/usr/bin/env python3
"""Drydock's file server: hands a few files to the hosts that are restored, and to nobody else.

For setup.sh, which fetches its files from a server: when the real one cannot be reached from there, Drydock copies the
files to ~/.drydock/serve/<id>/files and this serves them over FTP, read-only, detached from whoever started it. It ends
with the job it is for, or after so many hours, and removes its folder. User and password are made for one run; they
come over standard input and stay in memory. Python 3.6 and its standard library are enough.

  put NAME   takes a file from standard input and tells size and hash of what is on the disk
  start      serves what the JSON on standard input says
  status, stop
"""
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from supervisor import Refused, alive, detached, identity, read_json, say, utc, vanish  # noqa: E402

FILES = os.path.join(HERE, 'files')
RECORD = os.path.join(HERE, 'serve.json')
PIECE = 64 * 1024
MOST = 24  # connections at once
IDLE = 300
# How long the job may take to begin, seconds: whoever started us may have been killed before starting it.
PATIENCE = 3600
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


def addresses_of(name):
    try:
        return {plain(found[4][0]) for found in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def plain(address):
    """An IPv4 address that came through an IPv6 socket is still one; a zone is no part of it."""
    address = address.split('%')[0]
    return address[7:] if address.lower().startswith('::ffff:') and '.' in address else address


def facing(name):
    """Our address on the way to that host. Nothing is sent: the kernel only looks at its routes."""
    for family, _, _, _, address in socket.getaddrinfo(name, 9, 0, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
                return plain(probe.getsockname()[0])
        except OSError:
            continue
    raise Refused('failed', 'there is no way from here to %s' % name)


class Server:
    def __init__(self, spec):
        self.spec = spec
        self.files = set(spec['files'])
        self.stopped = threading.Event()
        self.sessions = set()
        self.guard = threading.Lock()
        self.seen = False

    def begin(self):
        missing = [name for name in self.files if not os.path.isfile(os.path.join(FILES, name))]
        if missing:
            raise Refused('failed', 'not here: %s' % ', '.join(sorted(missing)))
        allow = self.spec['allow']
        address = self.spec['bind'] or (facing(allow[0]) if allow else '127.0.0.1')
        found = socket.getaddrinfo(address, 0, 0, socket.SOCK_STREAM)[0]
        self.listener = socket.socket(found[0], socket.SOCK_STREAM)
        self.listener.bind(found[4])
        self.listener.listen(MOST)
        self.listener.settimeout(1)
        address, port = plain(self.listener.getsockname()[0]), self.listener.getsockname()[1]
        # This host fetches from itself when it is one of those that are restored.
        self.allowed = {'127.0.0.1', '::1', address}.union(*[addresses_of(name) for name in allow])
        self.since = time.time()
        self.until = self.since + self.spec['hours'] * 3600
        record = dict(identity(os.getpid()), address=address, port=port, until=utc(self.until))
        with open(RECORD, 'w') as file:
            json.dump(record, file)
        signal.signal(signal.SIGTERM, lambda *_: self.stopped.set())
        return {'ok': True, 'address': address, 'port': port}

    def loop(self):
        while not self.stopped.is_set() and self.wanted():
            try:
                client, peer = self.listener.accept()
            except OSError:
                continue
            with self.guard:
                full = len(self.sessions) >= MOST
            if full or plain(peer[0]) not in self.allowed:
                client.close()
                continue
            session = Session(self, client, plain(peer[0]))
            with self.guard:
                self.sessions.add(session)
            session.start()
        vanish()

    def wanted(self):
        if time.time() > self.until or not os.path.exists(RECORD):
            return False
        state = read_json(os.path.join(HERE, '..', '..', 'jobs', self.spec['job'], 'state.json'))
        if state is None or not state:
            return not self.seen and time.time() < self.since + PATIENCE
        self.seen = True
        return state.get('state') == 'running' and alive(state)

    def knows(self, user, password):
        # Hashed first, so that the comparison takes as long for every length.
        given = [hashlib.sha256(text.encode('utf-8', 'replace')).digest() for text in (user, password)]
        right = [hashlib.sha256(self.spec[key].encode()).digest() for key in ('user', 'password')]
        return hmac.compare_digest(given[0], right[0]) & hmac.compare_digest(given[1], right[1])


class Session(threading.Thread):
    def __init__(self, server, control, peer):
        threading.Thread.__init__(self, daemon=True)
        self.server = server
        self.control = control
        self.peer = peer
        self.user = ''
        self.known = False
        self.wrong = 0
        self.offset = 0
        self.passive = None

    def run(self):
        try:
            self.control.settimeout(IDLE)
            self.reply('220 ready')
            for line in self.lines():
                word, _, rest = line.partition(' ')
                if not self.obey(word.upper(), rest.strip()):
                    break
        except OSError:
            pass
        finally:
            self.no_passive()
            self.control.close()
            with self.server.guard:
                self.server.sessions.discard(self)

    def lines(self):
        rest = b''
        while True:
            line, end, after = rest.partition(b'\n')
            if end:
                rest = after
                yield line.rstrip(b'\r').decode('utf-8', 'replace')
                continue
            piece = self.control.recv(4096)
            if not piece or len(rest) > 4096:
                return
            rest += piece

    def reply(self, text):
        self.control.sendall(text.encode('utf-8') + b'\r\n')

    def obey(self, word, rest):
        """False: the connection ends."""
        if word == 'QUIT':
            self.reply('221 bye')
            return False
        if word == 'USER':
            self.user, self.known = rest, False
            self.reply('331 password, please')
        elif word == 'PASS':
            return self.log_in(rest)
        elif word == 'FEAT':
            self.reply('211-Features:\r\n EPSV\r\n MDTM\r\n REST STREAM\r\n SIZE\r\n UTF8\r\n211 End')
        elif word == 'SYST':
            self.reply('215 UNIX Type: L8')
        elif word == 'NOOP' or (word == 'OPTS' and rest.upper() == 'UTF8 ON'):
            self.reply('200 fine')
        elif not self.known:
            self.reply('530 log in first')
        else:
            self.serve(word, rest)
        return True

    def log_in(self, password):
        if self.server.knows(self.user, password):
            self.known = True
            self.reply('230 welcome')
            return True
        self.wrong += 1
        self.server.stopped.wait(1)
        self.reply('530 wrong user or password')
        return self.wrong < 3

    def serve(self, word, rest):
        offset, self.offset = self.offset, 0
        if word in ('TYPE', 'MODE', 'STRU'):
            right = rest.upper() in ('I', 'A', 'A N', 'L 8', 'S', 'F')
            self.reply('200 fine' if right else '504 not that one')
        elif word in ('PWD', 'XPWD'):
            self.reply('257 "/"')
        elif word in ('CWD', 'CDUP', 'XCWD'):
            here = word == 'CDUP' or os.path.normpath('/' + rest) in ('/', '//')
            self.reply('250 fine' if here else '550 there is no such folder')
        elif word == 'PASV':
            self.listen(False)
        elif word == 'EPSV':
            self.listen(True)
        elif word in ('PORT', 'EPRT'):
            self.reply('502 passive mode only')
        elif word == 'REST':
            if re.match(r'^\d{1,18}$', rest):
                self.offset = int(rest)
                self.reply('350 from there')
            else:
                self.reply('501 a number')
        elif word in ('LIST', 'NLST'):
            self.list(word, rest)
        elif word in ('SIZE', 'MDTM', 'RETR'):
            name = os.path.normpath('/' + rest).lstrip('/')
            if name not in self.server.files:
                self.reply('550 there is no such file')
            elif word == 'RETR':
                self.send(name, offset)
            else:
                at = os.stat(os.path.join(FILES, name))
                when = time.strftime('%Y%m%d%H%M%S', time.gmtime(at.st_mtime))
                self.reply('213 %s' % (at.st_size if word == 'SIZE' else when))
        elif word in ('STOR', 'STOU', 'APPE', 'DELE', 'RNFR', 'RNTO', 'MKD', 'RMD', 'SITE'):
            self.reply('550 this server only hands out')
        else:
            self.reply('502 not known here')

    # --- the second connection ------------------------------------------------------------------------------------

    def listen(self, extended):
        self.no_passive()
        own = self.control.getsockname()
        if not extended and self.control.family != socket.AF_INET:
            self.reply('425 use EPSV')
            return
        self.passive = socket.socket(self.control.family, socket.SOCK_STREAM)
        self.passive.bind((own[0], 0))
        self.passive.listen(4)
        self.passive.settimeout(30)
        port = self.passive.getsockname()[1]
        if extended:
            self.reply('229 here (|||%d|)' % port)
        else:
            self.reply('227 here (%s,%d,%d)' % (own[0].replace('.', ','), port >> 8, port & 255))

    def no_passive(self):
        if self.passive:
            self.passive.close()
        self.passive = None

    def transfer(self, pieces):
        if not self.passive:
            self.reply('425 PASV or EPSV first')
            return
        self.reply('150 here it comes')
        data = None
        try:
            until = time.monotonic() + 30
            while data is None and time.monotonic() < until:
                data, peer = self.passive.accept()
                # Who came first to that port need not be who asked for it.
                if plain(peer[0]) != self.peer:
                    data.close()
                    data = None
            if data is None:
                raise OSError('nobody came')
            data.settimeout(60)
            for piece in pieces:
                data.sendall(piece)
            data.shutdown(socket.SHUT_WR)
            data.close()
            self.reply('226 done')
        except OSError:
            if data:
                data.close()
            self.reply('426 broken off')
        finally:
            self.no_passive()

    def send(self, name, offset):
        with open(os.path.join(FILES, name), 'rb') as file:
            file.seek(offset)
            self.transfer(iter(lambda: file.read(PIECE), b''))

    def list(self, word, rest):
        wanted = [part for part in rest.split() if not part.startswith('-')]
        name = os.path.normpath('/' + wanted[0]).lstrip('/') if wanted else ''
        names = sorted(self.server.files) if name in ('', '.') else [name] * (name in self.server.files)
        rows = []
        for each in names:
            at = os.stat(os.path.join(FILES, each))
            when = time.gmtime(at.st_mtime)
            old = abs(time.time() - at.st_mtime) > 180 * 86400
            last = '%5d' % when.tm_year if old else '%02d:%02d' % (when.tm_hour, when.tm_min)
            day = '%s %2d %s' % (MONTHS[when.tm_mon - 1], when.tm_mday, last)
            rows.append(each if word == 'NLST' else '-r--r--r-- 1 0 0 %12d %s %s' % (at.st_size, day, each))
        self.transfer([''.join(row + '\r\n' for row in rows).encode('utf-8')])


# --- what is called from outside ----------------------------------------------------------------------------------


def put(name):
    if '/' in name or name.startswith('.') or not name.isprintable() or not name:
        raise Refused('failed', 'not a name for a file')
    os.umask(0o077)
    os.makedirs(FILES, exist_ok=True)
    path = os.path.join(FILES, name)
    with open(path, 'wb') as file:
        shutil.copyfileobj(sys.stdin.buffer, file, PIECE)
        file.flush()
        os.fsync(file.fileno())
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        if hasattr(os, 'posix_fadvise'):
            # Read back from the disk, as far as the kernel can be talked into it.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for piece in iter(lambda: file.read(PIECE), b''):
            digest.update(piece)
        return {'size': file.tell(), 'sha256': digest.hexdigest()}


def start():
    if status()['is'] == 'serving':
        raise Refused('conflict', 'it serves already')
    spec = json.loads(sys.stdin.buffer.read().decode('utf-8'))
    return detached(lambda umask: Server(spec))


def status():
    record = read_json(RECORD)
    if not record or not alive(record):
        return {'is': 'unknown'}
    return dict({name: record[name] for name in ('address', 'port', 'until')}, **{'is': 'serving'})


def stop():
    record = read_json(RECORD)
    if record and alive(record):
        os.kill(record['pid'], signal.SIGTERM)
        until = time.monotonic() + 5
        while alive(record) and time.monotonic() < until:
            time.sleep(0.05)
        if alive(record):
            os.kill(record['pid'], signal.SIGKILL)
    vanish()
    return {'ok': True}


def main(words):
    try:
        if len(words) == 2 and words[0] == 'put':
            return put(words[1])
        if words == ['start']:
            return start()
        if words == ['status']:
            return status()
        if words == ['stop']:
            return stop()
        raise Refused('failed', 'no such command')
    except Refused as err:
        return {'error': err.code, 'detail': err.detail}


if __name__ == '__main__':
    say(main(sys.argv[1:]))
