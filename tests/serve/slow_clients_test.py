"""Clients that send and read a byte at a time, by Debian's slowhttptest: the service goes on answering others, with bounded memory and files.

    slow_clients_test.py PROGRAM CONFIGS WORK

Exit code 77: slowhttptest is not there (scripts/setup --test fetches it).
"""
import http.client, os, re, shutil, subprocess, sys, time
from pathlib import Path

from running_service import Service

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3]).absolute()
slowhttptest = Path(sys.prefix).parent / "slowhttptest"
if not slowhttptest.exists():
    print("slowhttptest is not there")
    sys.exit(77)
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
SECONDS, CONNECTIONS, MOST_OPEN = 3, 600, 256  # MOST_OPEN: as in src/net/http_server.hpp
service = Service(program, configs, work / "data")
url = f"http://127.0.0.1:{service.port}"
token = f"application/json\r\nAuthorization: Bearer {service.token}"  # where the tool has a place for one field alone
weights = f"{url}/mini/find_letter/resolve/main/adapter_model.safetensors"
ATTACKS = {
    "slow headers": ["-H", "-u", f"{url}/", "-i", "1"],
    "slow bodies": ["-B", "-u", f"{url}/predictions", "-f", token, "-s", "8192", "-i", "1"],
    "slow reading of the page": ["-X", "-u", f"{url}/app.js", "-w", "10", "-y", "20", "-z", "1", "-k", "3"],
    "slow reading of weights": ["-X", "-u", weights, "-m", token, "-w", "10", "-y", "20", "-z", "1"],
    "many ranges": ["-R", "-u", weights, "-m", token, "-t", "GET", "-a", "1", "-b", "400"],
}


def resident():
    """MiB of the program's memory."""
    return int(Path(f"/proc/{service.process.pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def open_files():
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def health():
    """Seconds until somebody new is told that the service is well."""
    begin = time.monotonic()
    assert service.ask("GET", "/health-check")[0] == 200
    return time.monotonic() - begin


health()
before, idle = resident(), open_files()
for name, words in ATTACKS.items():
    attack = subprocess.Popen([slowhttptest, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", str(SECONDS), "-p", "3", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    times, files = [], []
    while attack.poll() is None:
        times.append(health())
        files.append(open_files())
        time.sleep(0.05)
    said = re.sub(r"\x1b\[[\d;]*\w", "", attack.stdout.read())
    verdicts = re.findall(r"service available:\s*(\w+)", said)
    assert verdicts and "NO" not in verdicts, said[-2000:]
    assert max(times) < 3 and len(times) > 5, times
    assert max(files) <= idle + MOST_OPEN + 20, (idle, max(files))
    assert "slow" not in name or max(files) > idle + 50, (idle, max(files))  # they do connect
    assert resident() < before + 64, (before, resident())
    print(f"{name}: health in {sorted(times)[len(times) // 2] * 1000:.1f} ms in the median, {max(times) * 1000:.0f} ms at most; {max(files)} open "
          f"files, {resident():.0f} MiB (before: {idle}, {before:.0f})", flush=True)
end = time.monotonic() + 30
while open_files() > idle + 5:
    assert time.monotonic() < end, (idle, open_files())
    time.sleep(0.2)
assert service.end() == 75
