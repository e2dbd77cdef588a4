"""The program `lorahub`, run to its end: JSON in the last line of its standard output, questions before it."""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

GRACE = 30  # seconds from TERM to KILL: the program ends its ranks


class Error(RuntimeError):
    """What the program said when it ended with another code than 0 (`code`: 2 is bad input, 75 an interruption)."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

    def __reduce__(self):  # a process pool hands it over
        return Error, (str(self), self.code)


def words():
    """The command: LORAHUB_PROGRAM ("mpirun -np 4 lorahub", say), else `lorahub` in PATH."""
    command = shlex.split(os.environ.get("LORAHUB_PROGRAM", "lorahub"))
    if not command or shutil.which(command[0]) is None:
        raise Error(f"the program '{' '.join(command)}' is not there (this package runs it), build it and set LORAHUB_PROGRAM "
                    "to its path", 127)
    return command


def run(arguments, answer=None, says_json=True):
    """The JSON object that the program prints last. `answer(question)` gives the reply to each line before it."""
    command = words() + [str(argument) for argument in arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
                                   encoding="utf-8")
        try:
            result = _converse(program, answer)
            code = program.wait()
        finally:
            _end(program)
        said.seek(0)
        message = said.read().strip()
    if code != 0 or (says_json and result is None):
        raise Error(message or f"{command[0]} ended with code {code}", code)
    if message:
        print(message, file=sys.stderr)
    return result


def _spoken(line):
    """The object of a line; None of another one (a launcher's words)."""
    try:
        spoken = json.loads(line)
    except ValueError:
        return None
    return spoken if isinstance(spoken, dict) else None


def _converse(program, answer):
    result = None
    for line in program.stdout:
        spoken = _spoken(line)
        if spoken is None:
            continue
        if "ask" not in spoken:
            result = spoken
            continue
        reply = answer(spoken)
        try:
            program.stdin.write(json.dumps(reply) + "\n")
            program.stdin.flush()
        except BrokenPipeError:
            break  # it has ended: its code and its sentence say why
    return result


def _end(program):
    """No child is left, whatever is raised meanwhile."""
    for stream in (program.stdin, program.stdout):
        try:
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
