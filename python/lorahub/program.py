"""The program `lorahub`, run to its end: JSON in the last line of its standard output, questions before it."""
import json
import os
import pathlib
import queue
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

BRIDGE, START = (pathlib.Path(__file__).with_name(name) for name in ("bridge.py", "start.py"))
FOREVER = 1000000  # seconds, the most that loss.patience takes: a get_loss may be slow
GRACE = 30  # seconds from TERM to KILL: the program ends its ranks


class Error(RuntimeError):
    """What the program said when it ended with another code than 0 (`code`: 2 is bad input, 75 an interruption)."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

    def __reduce__(self):  # a process pool hands it over
        return Error, (str(self), self.code)


def words():
    """The command: LORAHUB_PROGRAM ("mpirun -np 4 lorahub", say), else the wheel's program, else `lorahub` in PATH."""
    if "LORAHUB_PROGRAM" not in os.environ and START.with_name("bin").joinpath("lorahub").exists():
        return [sys.executable, str(START)]
    command = shlex.split(os.environ.get("LORAHUB_PROGRAM", "lorahub"))
    if not command or shutil.which(command[0]) is None:
        raise Error(f"the program '{' '.join(command)}' is not there (this package runs it), build it and set LORAHUB_PROGRAM "
                    "to its path", 127)
    return command


def run_shown(arguments):
    """Runs the program, with its standard error shown as it comes. Returns its code and what it said there."""
    program = subprocess.Popen(words() + [str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = []
    try:
        for chunk in iter(lambda: program.stderr.read1(65536), b""):
            said.append(chunk.decode("utf-8", "replace"))
            sys.stderr.write(said[-1])
            sys.stderr.flush()
        return program.wait(), "".join(said)
    finally:
        _end(program)
        program.stderr.close()


class _Link:
    """A socket at which the bridge (bridge.py) asks for losses, in a folder that only this user can read."""

    def __init__(self):
        # A short path: a socket's name has about 100 letters.
        self.folder = tempfile.mkdtemp(prefix="lorahub_", dir="/tmp")
        self.path = os.path.join(self.folder, "link")
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(1)
        self.connection = None

    def words(self):
        """The options of the command that make it ask here."""
        command = shlex.join([sys.executable, "-I", str(BRIDGE), self.path])
        return ["--set", "loss=ask", f"loss.patience={FOREVER}", "loss.program=" + json.dumps(command)]

    def lines(self):
        try:
            self.connection, _ = self.server.accept()
            yield from self.connection.makefile("r", encoding="utf-8")
        except OSError:
            return  # closed

    def reply(self, text):
        self.connection.sendall(text.encode())

    def close(self):
        for end in (self.connection, self.server):
            if end is None:
                continue
            try:
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads
            except OSError:
                pass
            end.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_asking(arguments, answer):
    """run() of `adapt`, where `answer` also gives the losses of candidates: {"ask":"losses","weights":[..],..}."""
    link = _Link()
    try:
        return run(list(arguments) + link.words(), answer, link=link)
    finally:
        link.close()


def run(arguments, answer=None, says_json=True, link=None):
    """The JSON object that the program prints last. `answer(question)` gives the reply to each line before it."""
    command = words() + [str(argument) for argument in arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
                                   encoding="utf-8")
        try:
            result = _converse(program, answer, link)
            code = program.wait()
        finally:
            if link:
                link.close()
            _end(program)
        said.seek(0)
        message = said.read().strip()
    told = result.get("error") if code != 0 and result else None
    if told:  # what else was said, warnings and a launcher's words, is no part of the sentence
        message = message.replace(f"lorahub: {told}", "").strip()
    failed = code != 0 or (says_json and result is None)
    if message and (told or not failed):
        print(message, file=sys.stderr)
    if failed:
        raise Error(told or message or f"{command[0]} ended with code {code}", code)
    return result


def _spoken(line):
    """The object of a line; None of another one (a launcher's words)."""
    try:
        spoken = json.loads(line)
    except ValueError:
        return None
    return spoken if isinstance(spoken, dict) else None


def _lines(program, link):
    """(line, how to reply) of standard output and of the link, as they come, until standard output ends."""
    def reply(text):
        program.stdin.write(text)
        program.stdin.flush()

    if link is None:
        yield from ((line, reply) for line in program.stdout)
        return
    said = queue.SimpleQueue()

    def forward(lines, how):
        for line in lines:
            said.put((line, how))
        if how is reply:
            said.put(None)

    for lines, how in ((program.stdout, reply), (link.lines(), link.reply)):
        threading.Thread(target=forward, args=(lines, how), daemon=True).start()
    yield from iter(said.get, None)


def _converse(program, answer, link):
    result = None
    for line, reply in _lines(program, link):
        spoken = _spoken(line)
        if spoken is None:
            continue
        if "ask" not in spoken:
            result = spoken
            continue
        words = json.dumps(answer(spoken)) + "\n"
        try:
            reply(words)
        except OSError:
            break  # it has ended: its code and its sentence say why
    return result


def _end(program):
    """No child is left, whatever is raised meanwhile."""
    for stream in (program.stdin, program.stdout):
        try:
            if stream is not None:
                stream.close()
        except BrokenPipeError:
            pass
    if program.poll() is not None:
        return
    try:
        program.terminate()
        program.wait(GRACE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
    except BaseException:  # a second interrupt
        program.kill()
        program.wait()
        raise
