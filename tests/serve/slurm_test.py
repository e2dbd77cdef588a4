"""slurm/serve.sbatch on the tests' own Slurm: a search begins in one job and ends in the next, with the bits of the command line.

    slurm_test.py PROGRAM SOURCE WORK CLUSTER
"""
import http.client, json, os, re, shutil, socket, subprocess, sys, time
from pathlib import Path

from running_service import Service, until

program, source, work, cluster = (os.path.abspath(word) for word in sys.argv[1:5])
work = Path(work)
shutil.rmtree(work, ignore_errors=True)
(work / "bin").mkdir(parents=True)
(work / "bin/lorahub").symlink_to(program)
configs = source + "/configs"
EXAMPLES = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t}
            for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)"), ("spoon", "rat", "(B)")]]
Service.usual = {"examples": EXAMPLES, "modules": 20, "search": "official", "budget": 600, "seed": 3}


def in_cluster(command):
    ended = subprocess.run(["bash", "-c", f". {cluster}/env.sh && export PATH={work}/bin:$PATH LORAHUB_CONFIGS={configs} && {command}"],
                           capture_output=True, text=True, cwd=work)
    assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
    return ended.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class JobOfSlurm(Service):
    """The service of a batch job; it is asked as any other."""

    def __init__(self):
        self.port = free_port()
        self.job = in_cluster(f"LORAHUB_PORT={self.port} sbatch --parsable --ntasks=2 --time=10 {source}/slurm/serve.sbatch "
                              "--threads 1 --data data").strip()
        file = work / f"lorahub-serve-{self.job}.out"
        address = re.compile(r"http://127\.0\.0\.1:(\d+)/#token=(\w+)")
        try:
            until(lambda: file.exists() and address.search(file.read_text()))
        except AssertionError:
            in_cluster(f"scancel {self.job}")
            raise AssertionError(file.read_text() if file.exists() else in_cluster(f"scontrol show job {self.job}"))
        self.said = file.read_text()
        port, self.token = address.search(self.said).groups()
        assert int(port) == self.port, self.said

    def ends(self):
        """As Slurm ends a job: TERM to the script, which is mpirun by then."""
        in_cluster(f"scancel --batch --signal=TERM {self.job}")
        until(lambda: f"{self.job} " not in in_cluster("squeue -h -o '%i '"))


first = JobOfSlurm()
try:
    node = re.search(r"^  ssh -N -L (\d+):127\.0\.0\.1:(\d+) -J \S+ \S+$", first.said, re.M)
    assert node and node[1] == node[2] == str(first.port), first.said
    assert first.ask("GET", "/api/service")[1]["ranks"] == 2
    search = first.start()
    reached = until(lambda: first.ask("GET", f"/predictions/{search}")[1]["course"])[-1][0]
finally:
    first.ends()
second = JobOfSlurm()
try:
    assert second.token == first.token and second.job != first.job
    done = second.wait(search)
    assert done["status"] == "succeeded", done
    evaluations = [evaluation for evaluation, _ in done["course"]]
    assert evaluations == sorted(set(evaluations)) and reached in evaluations and evaluations[-1] == 600, evaluations
    adapter = second.ask("GET", f"/predictions/{search}/files/adapter_model.safetensors")[1]
finally:
    second.ends()
(work / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in EXAMPLES))
in_cluster(done["command"] + " --threads 1")
assert (work / "adapter/adapter_model.safetensors").read_bytes() == adapter
