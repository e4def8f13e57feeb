#!/usr/bin/env python3
"""Drydock's supervisor: runs one command in a pseudo-terminal, detached from whoever started it.

Drydock copies this file to ~/.drydock/jobs/<id>/ and calls it there, over ssh or locally. Nothing but Python 3.6 and
its standard library is needed. What it keeps lies beside it, readable to this user alone:

  out.raw     all that the terminal showed, byte for byte, at most 64 MiB
  state.json  who started it, which process runs it, how it ended
  in.sock     where it is asked, and told what to type, while it runs

What is typed is never written down. The deployment folder is locked by <folder>/.drydock-lock while the command runs.

  start           runs what the JSON on standard input says
  follow OFFSET   the output from there on, as JSON lines, until the end
  type            types the line in the JSON on standard input
  stop HOW        interrupt (Ctrl-C) or kill
  status, remove
"""
import base64
import errno
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LOCK = b'.drydock-lock'
LIMIT = 64 * 1024 * 1024
# Output that a full disk does not take waits in memory, up to this.
WAITING = 1024 * 1024
NOTE = b'\r\n[drydock: output was lost here: there was no space to keep it]\r\n'
TURN = 0.1
GRACE = 3.0


class Refused(Exception):
    """What Drydock is told instead of an answer: a code it knows, and words."""

    def __init__(self, code, detail):
        Exception.__init__(self, detail)
        self.code = code
        self.detail = detail


# --- which process is which ---------------------------------------------------------------------------------------


def utc(at=None):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at))


def said_by(*command):
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL).decode('utf-8', 'replace').strip()
    except (OSError, subprocess.CalledProcessError):
        return ''


def boot_id():
    """Another one after each start of the machine."""
    try:
        with open('/proc/sys/kernel/random/boot_id') as file:
            return file.read().strip()
    except OSError:
        return said_by('sysctl', '-n', 'kern.boottime')


def machine_id():
    """A lock in a folder that several machines share must not look stale to the others."""
    try:
        with open('/etc/machine-id') as file:
            return file.read().strip() or socket.gethostname()
    except OSError:
        return socket.gethostname()


def stat_of(pid):
    """The fields of /proc/PID/stat after the name, which may hold anything. None: no such process."""
    try:
        with open('/proc/%d/stat' % pid, 'rb') as file:
            return file.read().rpartition(b')')[2].split()
    except OSError:
        return None


def start_time(pid):
    """With the pid, this names one process for as long as the machine is up. '' when it is gone."""
    if not os.path.isdir('/proc/self'):
        return said_by('ps', '-o', 'lstart=', '-p', str(pid))
    fields = stat_of(pid)
    # A zombie runs no more; where nobody collects orphans it stays for ever.
    return fields[19].decode() if fields and fields[0] not in (b'Z', b'X') else ''


def identity(pid):
    return {'pid': pid, 'start': start_time(pid), 'boot': boot_id(), 'machine': machine_id()}


def alive(record):
    start = record.get('start')
    return bool(start) and record.get('boot') == boot_id() and start_time(int(record['pid'])) == start


# --- files --------------------------------------------------------------------------------------------------------


def read_json(path):
    """None when there is none, {} when it cannot be read as JSON."""
    try:
        with open(path, 'rb') as file:
            value = json.loads(file.read(65536).decode('utf-8'))
            return value if isinstance(value, dict) else {}
    except FileNotFoundError:
        return None
    except ValueError:
        return {}


def save_state(state):
    """Atomically; on a full disk in place, which is why the file has always the same length."""
    data = json.dumps(state, sort_keys=True).encode().ljust(4096)
    try:
        with open('state.new', 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace('state.new', 'state.json')
    except OSError:
        try:
            os.unlink('state.new')
        except OSError:
            pass
        with open('state.json', 'r+b') as file:
            file.write(data)


def take_lock(folder, record):
    """Locks the folder, or says who has it. A lock whose process is gone is taken over."""
    path = os.path.join(folder, LOCK)
    guard = os.open(folder, os.O_RDONLY)
    try:
        # Two who find the same stale lock must not both take it over: one looks at a time.
        for _ in range(100):
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(TURN)
        else:
            raise Refused('conflict', 'somebody is taking or leaving the lock; try again')
        held = read_json(path)
        if held is not None:
            empty = not held and os.stat(path).st_size == 0
            gone = held.get('machine') == record['machine'] and 'pid' in held and not alive(held)
            if not empty and not gone:
                if not held.get('who'):
                    raise Refused('conflict', 'somebody; %s cannot be read' % os.fsdecode(path))
                elsewhere = '' if held.get('machine') == record['machine'] else ' (on another machine)'
                raise Refused('conflict', '%s since %s%s' % (held['who'], held.get('since', '?'), elsewhere))
            os.unlink(path)
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        try:
            os.write(file, json.dumps(record).encode() + b'\n')
            os.fsync(file)
        except OSError:
            os.unlink(path)
            raise
        finally:
            os.close(file)
    finally:
        os.close(guard)


def leave_lock(folder, job):
    path = os.path.join(folder, LOCK)
    held = read_json(path)
    if held and held.get('job') == job and (held.get('pid') == os.getpid() or not alive(held)):
        os.unlink(path)


# --- the supervisor itself ----------------------------------------------------------------------------------------


class Supervisor:
    def __init__(self, spec, umask):
        self.spec = spec
        self.umask = umask
        self.folder = os.path.join(os.fsencode(os.path.expanduser('~')), spec['folder'].encode('utf-8'))
        self.child = 0  # leads the session; the command is its child
        self.master = -1
        self.status = None  # the command's, as waitpid gives it
        self.ended_at = 0.0
        self.hung_up = False
        self.waiting = b''
        self.size = 0
        self.lost = 0
        self.heard = time.monotonic()
        self.killing = 0.0
        self.told = False

    def begin(self):
        """All that can be refused is refused here, while somebody listens."""
        if not os.path.isdir(self.folder):
            raise Refused('folder', 'there is no folder %s' % os.fsdecode(self.folder))
        program = self.program()
        me = identity(os.getpid())
        self.state = dict(me, state='running', job=self.spec['id'], who=self.spec['who'], started=utc())
        self.state['folder'] = os.fsdecode(self.folder)
        save_state(self.state)
        take_lock(self.folder, dict(me, job=self.spec['id'], who=self.spec['who'], since=self.state['started']))
        try:
            self.out = os.open('out.raw', os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
            self.listener = socket.socket(socket.AF_UNIX)
            # Relative: the path of a socket may have some 100 bytes, and a home folder may be deep.
            self.listener.bind('in.sock')
            self.listener.listen(16)
            self.listener.setblocking(False)
            # What loses its parent becomes our child, so that a kill finds all that the command has started.
            become_subreaper()
            self.run(program)
        except BaseException:
            leave_lock(self.folder, self.spec['id'])
            raise
        return {'ok': True}

    def program(self):
        name = self.spec['argv'][0]
        if '/' not in name:
            found = shutil.which(name)
        else:
            found = os.path.join(os.fsdecode(self.folder), name)
            if not os.path.exists(found):
                found = None
        if not found:
            raise Refused('command', '%s is not there' % name)
        if os.path.isdir(found) or not os.access(found, os.X_OK):
            raise Refused('command', '%s is not executable' % name)
        return name if '/' in name else found

    def run(self, program):
        complaint, complain = os.pipe()  # closed by exec, so silence means that it runs
        self.report, report = os.pipe()
        self.child, self.master = pty.fork()
        if self.child == 0:
            try:
                self.lead(program, complain, report)
            finally:
                os._exit(127)
        os.close(report)
        os.close(complain)
        words = os.read(complaint, 1000).decode('utf-8', 'replace')
        os.close(complaint)
        if words:
            hint = '; does its first line name an interpreter that is there?' if 'No such' in words else ''
            raise Refused('command', '%s cannot be run: %s%s' % (self.spec['argv'][0], words, hint))
        os.set_blocking(self.master, False)

    def lead(self, program, complain, report):
        """Leads the terminal's session in place of a shell: at its leader's end the kernel hangs up on all that is in
        the foreground, so what the command leaves in the background would die with it."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for fd in range(3, 256):
            if fd not in (complain, report):
                try:
                    os.close(fd)
                except OSError:
                    pass
        command = os.fork()
        if command == 0:
            try:
                os.setpgid(0, 0)
                os.tcsetpgrp(0, os.getpid())
                self.become(program)
            except OSError as err:
                os.write(complain, (err.strerror or str(err)).encode())
            finally:
                os._exit(127)
        os.close(complain)
        _, status = os.waitpid(command, 0)
        os.write(report, b'%d' % status)
        os.tcsetpgrp(0, os.getpgrp())
        os._exit(0)

    def become(self, program):
        """The command's side of the fork: as a shell would start it, with nothing of ours."""
        size = struct.pack('HHHH', self.spec['rows'], self.spec['columns'], 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        for number in range(1, signal.NSIG):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                pass  # SIGKILL and SIGSTOP cannot be set
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.umask(self.umask)
        os.chdir(self.folder)
        environ = {name: value for name, value in os.environb.items() if not name.startswith(b'LC_')}
        environ.update({b'TERM': b'xterm', b'LANG': b'C.UTF-8', b'PWD': self.folder})
        environ.pop(b'OLDPWD', None)
        argv = [word.encode('utf-8') for word in self.spec['argv']]
        try:
            os.execve(os.fsencode(program), argv, environ)
        except OSError as err:
            if err.errno != errno.ENOEXEC:
                raise
            # A script without a first line that names its interpreter: a shell would run it as its own.
            os.execve(b'/bin/sh', [b'sh', os.fsencode(program)] + argv[1:], environ)

    def loop(self):
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        reading = False
        while True:
            # A hung-up terminal would wake us at once for ever.
            if reading and self.hung_up:
                poll.unregister(self.master)
                reading = False
            elif not reading and not self.hung_up:
                poll.register(self.master, select.POLLIN)
                reading = True
            for fd, _ in poll.poll(TURN * 1000):
                if fd == self.listener.fileno():
                    self.serve()
            # All terminals of a session may be closed and one be opened again: only the command's end is one.
            self.hung_up = not self.hear()
            self.store(b'')
            self.reap()
            self.kill_more()
            if self.status is not None and not self.killing and self.has_said_all():
                break
        self.finish()

    def hear(self, most=WAITING):
        """Takes what the terminal has said. False when it is hung up."""
        while most > 0:
            try:
                data = os.read(self.master, 65536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self.heard = time.monotonic()
            self.store(data)
            most -= len(data)
        return True

    def store(self, data):
        """Appends to out.raw. A full disk or the limit costs output, never the command."""
        self.waiting += data
        if len(self.waiting) > WAITING:
            self.lost += len(self.waiting) - WAITING
            self.waiting = self.waiting[-WAITING:]
            if not self.told:
                self.told = True
                self.waiting = NOTE + self.waiting
        room = max(0, LIMIT - len(NOTE) - self.size)
        try:
            while self.waiting and room > 0:
                count = os.write(self.out, self.waiting[: min(room, 1 << 20)])
                self.waiting = self.waiting[count:]
                self.size += count
                room -= count
            if room == 0 and self.waiting:
                self.lost += len(self.waiting)
                self.waiting = b''
                if self.size < LIMIT:
                    self.size += os.write(self.out, NOTE)
        except OSError:
            pass  # it waits for the next turn

    def has_said_all(self):
        """What the command left in the background may hold the terminal open, and even talk on: not for ever."""
        now = time.monotonic()
        return self.hung_up or now - self.heard > 1 or now - self.ended_at > 5

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child:
                # Nothing is reported by a leader that was killed; then the command died with it.
                self.status = int(os.read(self.report, 20) or status)
                self.ended_at = time.monotonic()

    def finish(self):
        status = self.status
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            try:
                name = signal.Signals(number).name
            except ValueError:
                name = 'SIG%d' % number
            self.state.update(exit=None, signal=name)
        else:
            self.state.update(exit=os.WEXITSTATUS(status), signal=None)
        self.state.update(state='ended', at=utc(), dropped=self.lost + len(self.waiting))
        while True:
            try:
                save_state(self.state)
                break
            except FileNotFoundError:
                break  # the job's folder was removed by hand
            except OSError:
                time.sleep(1)
        for leave in (lambda: leave_lock(self.folder, self.spec['id']), lambda: os.unlink('in.sock')):
            try:
                leave()
            except OSError:
                pass

    # --- questions from outside -----------------------------------------------------------------------------------

    def serve(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        with client:
            try:
                client.settimeout(2)
                request = receive(client)
                client.sendall(json.dumps(self.answer(request)).encode() + b'\n')
            except (OSError, ValueError, KeyError, TypeError):
                pass  # who asks badly gets no answer

    def answer(self, request):
        do = request['do']
        if do == 'look':
            quiet = (time.monotonic() - self.heard) * 1000
            settled = not self.waiting
            return {'size': self.size, 'settled': settled, 'ms': int(quiet), 'echo': self.echo()}
        if do == 'type':
            return {'typed': self.type(request)}
        if do == 'interrupt':
            self.put(b'\x03')
        if do == 'kill':
            self.killing = self.killing or time.monotonic()
            self.signal_all(signal.SIGTERM)
        return {'ok': True}

    def echo(self):
        try:
            return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)
        except termios.error:
            return True

    def type(self, request):
        self.hear()
        self.reap()
        if self.status is not None:
            return 'ended'
        if self.waiting or self.size != request['at']:
            return 'output-moved'
        if request['secret']:
            if self.lost:
                return 'output-moved'  # what was asked last may be what was not kept
            if self.echo():
                return 'echo-is-on'
        self.put(request['line'].encode('utf-8') + b'\r')
        return 'sent'

    def put(self, data):
        until = time.monotonic() + 2
        while data and time.monotonic() < until:
            try:
                data = data[os.write(self.master, data) :]
            except BlockingIOError:
                self.hear()
                time.sleep(TURN / 10)
        if data:
            raise ValueError('the terminal takes no more')

    # --- the end of everything ------------------------------------------------------------------------------------

    def kill_more(self):
        if not self.killing:
            return
        past = time.monotonic() - self.killing
        left = self.started()
        if past > GRACE and left:
            self.signal_all(signal.SIGKILL)
        # What runs as another user (sudo) cannot be killed from here; it loses its terminal when we end.
        if (not left and self.status is not None) or past > 3 * GRACE:
            self.killing = 0.0
            if self.status is None:
                self.status = signal.SIGKILL

    def started(self):
        """All processes that came from the command, also those that left its session."""
        if not os.path.isdir('/proc/self'):
            return [self.child] if self.status is None else []
        parents = {}
        found = []
        for name in os.listdir('/proc'):
            fields = stat_of(int(name)) if name.isdigit() else None
            if fields and fields[0] not in (b'Z', b'X'):
                parents.setdefault(int(fields[1]), []).append(int(name))
                if int(fields[3]) == self.child:
                    found.append(int(name))
        look = [os.getpid()]
        while look:
            below = parents.get(look.pop(), [])
            found += below
            look += below
        return sorted(set(found))

    def signal_all(self, number):
        for pid in self.started():
            try:
                if os.path.isdir('/proc/self'):
                    os.kill(pid, number)
                else:
                    os.killpg(pid, number)
            except OSError:
                pass


def become_subreaper():
    try:
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    except (ImportError, OSError, AttributeError):
        pass  # without it, what left the command's session survives a kill


def receive(peer):
    data = b''
    while not data.endswith(b'\n'):
        piece = peer.recv(65536)
        if not piece or len(data) > 65536:
            raise ValueError('no line')
        data += piece
    return json.loads(data.decode('utf-8'))


# --- what is called from outside ----------------------------------------------------------------------------------


def start():
    spec = json.loads(sys.stdin.buffer.read().decode('utf-8'))
    try:
        os.close(os.open('state.json', os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return {'ok': True}  # asked twice: the first answer was lost on its way
    answer = detached(lambda umask: Supervisor(spec, umask))
    if 'error' in answer:
        vanish()
    return answer


def vanish():
    """Removes our folder: away at once for who looks for it, however long the rest takes."""
    gone = HERE + '.gone'
    try:
        os.rename(HERE, gone)
    except OSError:
        gone = HERE
    shutil.rmtree(gone, ignore_errors=True)


def detached(make):
    """Begins something in a process of its own, tells how that went, and lets it loop on alone."""
    heard, tell = os.pipe()
    first = os.fork()
    if first == 0:
        detach(make, tell)
    os.close(tell)
    os.waitpid(first, 0)
    with os.fdopen(heard, 'rb') as file:
        return json.loads(file.read().decode() or '{"error": "failed", "detail": "it died as it began"}')


def detach(make, tell):
    """Leaves the session, the terminal and every open file of whoever called: none of them may hold us or end us."""
    os.setsid()
    if os.fork():
        os._exit(0)
    begun = None
    try:
        umask = os.umask(0o077)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        # An ssh channel stays open for as long as anybody has its pipes.
        os.closerange(3, tell)
        os.closerange(tell + 1, 4096)
        begun = make(umask)
        answer = begun.begin()
    except Refused as err:
        answer = {'error': err.code, 'detail': err.detail}
    except OSError as err:
        codes = {errno.ENOSPC: 'full', errno.EDQUOT: 'full', errno.EACCES: 'denied', errno.EROFS: 'denied'}
        answer = {'error': codes.get(err.errno, 'failed'), 'detail': str(err)}
    except Exception as err:
        answer = {'error': 'failed', 'detail': '%s: %s' % (type(err).__name__, err)}
    os.write(tell, json.dumps(answer).encode())
    os.close(tell)
    if 'error' not in answer:
        begun.loop()
    os._exit(0)


def ask(request):
    """None when nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect('in.sock')
            peer.sendall(json.dumps(request).encode() + b'\n')
            return receive(peer)
    except (OSError, ValueError):
        return None


def say(event):
    data = json.dumps(event).encode() + b'\n'
    while data:
        data = data[os.write(1, data) :]


def look():
    """(what there is to say of the job, whether it runs)."""
    state = read_json('state.json')
    if not state:
        # Made but not yet filled: by a start that is under way, or one that was killed.
        if state is not None and time.time() - os.stat('state.json').st_mtime > 10:
            return {'is': 'ended', 'exit': None, 'signal': None, 'at': utc(), 'size': 0, 'lost': True}, False
        return {'is': 'unknown'}, False
    size = os.stat('out.raw').st_size if os.path.exists('out.raw') else 0
    if state['state'] == 'ended':
        end = {name: state[name] for name in ('exit', 'signal', 'at')}
        return dict(end, size=size, lost=False, **{'is': 'ended'}), False
    if alive(state):
        return {'is': 'running', 'size': size, 'started': state['started'], 'who': state['who']}, True
    # Its last word is all that is known of when.
    last = os.stat('out.raw').st_mtime if size else os.stat('state.json').st_mtime
    end = {'exit': None, 'signal': None, 'at': utc(last)}
    # It may have ended in the ordinary way between our two looks.
    again = read_json('state.json') or {}
    if again.get('state') == 'ended':
        return look()
    return dict(end, size=size, lost=True, **{'is': 'ended'}), False


def follow(offset):
    gone = select.poll()
    gone.register(1, 0)  # only errors: whoever reads us has left
    while not os.path.exists('out.raw'):
        state, running = look()
        if not running:
            return state if state['is'] == 'unknown' else {key: state[key] for key in state if key != 'size'}
        time.sleep(TURN)
    out = os.open('out.raw', os.O_RDONLY)
    os.lseek(out, offset, os.SEEK_SET)
    silent_since = time.monotonic() - 1
    next_word = 0.0
    while True:
        # Looked at before the output, so that an end is told only behind the last of it.
        state = read_json('state.json') or {}
        data = os.read(out, 32768)
        if data:
            say({'is': 'output', 'at': offset, 'b64': base64.b64encode(data).decode()})
            offset += len(data)
            silent_since = time.monotonic()
            next_word = silent_since + 0.2
            continue
        if state.get('state') == 'ended':
            break
        if time.monotonic() >= next_word:
            word = ask({'do': 'look'})
            next_word = time.monotonic() + 1
            if word is None:
                if not alive(state):
                    break
            elif not word['settled'] or word['size'] != offset:
                next_word = time.monotonic() + 0.05
            elif word['ms'] >= 200:
                say({'is': 'quiet', 'ms': word['ms'], 'echo': word['echo']})
            else:
                next_word = time.monotonic() + (205 - word['ms']) / 1000
        if gone.poll(50):
            return None
    end, _ = look()
    return {key: end[key] for key in end if key != 'size'}


def type_line():
    request = json.loads(sys.stdin.buffer.read().decode('utf-8'))
    answer = ask(dict(request, do='type'))
    if answer is None:
        if look()[1]:
            raise Refused('failed', 'the supervisor did not take it')
        return {'typed': 'ended'}
    return answer


def stop(how):
    if ask({'do': how}) is None and look()[1]:
        raise Refused('failed', 'the supervisor does not answer')
    return {'ok': True}


def remove():
    state = read_json('state.json') or {}
    if look()[1]:
        raise Refused('conflict', '%s since %s' % (state['who'], state['started']))
    try:
        leave_lock(os.fsencode(state['folder']), state['job'])
    except (OSError, KeyError):
        pass
    vanish()
    return {'ok': True}


def main(words):
    if sys.version_info < (3, 6):
        return {'error': 'unsupported', 'detail': 'python3 is older than 3.6'}
    os.chdir(HERE)
    try:
        if words == ['start']:
            return start()
        if len(words) == 2 and words[0] == 'follow':
            return follow(int(words[1]))
        if words == ['type']:
            return type_line()
        if words in (['stop', 'interrupt'], ['stop', 'kill']):
            return stop(words[1])
        if words == ['status']:
            return look()[0]
        if words == ['remove']:
            return remove()
        raise Refused('failed', 'no such command')
    except Refused as err:
        return {'error': err.code, 'detail': err.detail}


if __name__ == '__main__':
    try:
        answer = main(sys.argv[1:])
        if answer is not None:
            say(answer)
    except BrokenPipeError:
        pass
