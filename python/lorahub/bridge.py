"""Carries the program's questions to the Python process that started it: `bridge.py SOCKET`, the `loss.program` of a search
with a get_loss. A line of standard input goes to the socket, and the line that comes back to standard output."""
import socket
import sys


def main():
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(sys.argv[1])
        replies = link.makefile("rb")
        for question in sys.stdin.buffer:
            link.sendall(question)
            reply = replies.readline()
            if not reply:
                return 1  # the process is no more
            sys.stdout.buffer.write(reply)
            sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
