"""Names that stand for another address each time they are asked for: a webhook goes to the address that was checked, or nowhere.

    rebinding_test.py PROGRAM CONFIGS WORK

It begins once more in network and mount namespaces of its own, where its own DNS server is the only one and an address of
the internet is this machine's. Exit code 77: this system gives no namespaces.
"""
import fcntl, http.server, json, os, shutil, socket, struct, subprocess, sys, threading, time
from pathlib import Path

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3]).absolute()
INSIDE = "LORAHUB_REBINDING_TEST"
if INSIDE not in os.environ:
    alone = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if shutil.which("unshare") is None or subprocess.run(alone + ["true"], capture_output=True).returncode:
        print("this system gives no namespaces")
        sys.exit(77)
    os.execvpe(alone[0], alone + [sys.executable] + sys.argv, os.environ | {INSIDE: "1"})

from running_service import Service, until

shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
PUBLIC, PRIVATE = "93.184.216.34", "127.0.0.1"
Service.usual = {"examples": [{"input": "which one is a : animal options: (A) lamp (B) fox", "target": "(B)"}],
                 "modules": 2, "search": "official", "budget": 4}


def raise_network():
    """The loopback device, also with an address of the internet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for name, address in (("lo", PRIVATE), ("lo:1", PUBLIC)):
            place = struct.pack("16sH2s4s8x", name.encode(), socket.AF_INET, b"", socket.inet_aton(address))
            fcntl.ioctl(one, 0x8916, place)  # SIOCSIFADDR
            fcntl.ioctl(one, 0x8914, struct.pack("16sH14x", name.encode(), 0x41))  # SIOCSIFFLAGS: up and running


class Names:
    """A DNS server. `answers`: by name the lists of addresses, one list for each time that it is asked, the last again and again."""

    def __init__(self, answers):
        self.answers, self.asked = answers, {name: 0 for name in answers}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((PRIVATE, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(512)
            end = query.index(b"\0", 12)
            labels, at = [], 12
            while at < end:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name, kind = ".".join(labels).lower(), query[end + 1:end + 3]
            addresses = []
            if kind == b"\0\1" and name in self.answers:  # A
                turn = min(self.asked[name], len(self.answers[name]) - 1)
                addresses = self.answers[name][turn]
                self.asked[name] += 1
            records = b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(one) for one in addresses)
            self.socket.sendto(query[:2] + b"\x81\x80\0\1" + struct.pack(">H", len(addresses)) + b"\0\0\0\0" + query[12:end + 5] + records,
                               client)


class Receiver:
    """A web server that keeps the names by which it was called."""

    def __init__(self, address, port):
        called = self.called = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                called.append(self.headers["Host"].partition(":")[0])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((address, port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()


raise_network()
(work / "resolv.conf").write_text(f"nameserver {PRIVATE}\noptions timeout:1 attempts:2\n")
subprocess.run(["mount", "--bind", work / "resolv.conf", os.path.realpath("/etc/resolv.conf")], check=True)
names = Names({"good.example": [[PUBLIC]],
               "turns.example": [[PUBLIC], [PRIVATE]],  # what a second look would be told
               "private.example": [[PRIVATE]],
               "both.example": [[PUBLIC, PRIVATE]]})
outside, inside = Receiver(PUBLIC, 8080), Receiver(PRIVATE, 8080)
service = Service(program, configs, work / "data", *sum((["--webhook-to", f"http://{name}:8080/"] for name in names.answers), []))
jobs = {}
for name in names.answers:
    asked = {"input": Service.usual, "webhook": f"http://{name}:8080/x", "webhook_events_filter": ["start"]}
    status, job = service.ask("POST", "/predictions", asked)
    assert status == 200 and job["status"] == "succeeded", job
until(lambda: all(names.asked.values()), 30)
until(lambda: len(outside.called) >= 2, 30)
time.sleep(1)  # for what must not come
assert sorted(outside.called) == ["good.example", "turns.example"] and not inside.called, (outside.called, inside.called)
assert set(names.asked.values()) == {1}, names.asked  # once for each message
assert service.end() == 75
print(f"told by names: {outside.called}; never at an address of this machine")
