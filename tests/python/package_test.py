"""The Python package against the original's numbers (tests/golden/python_package.json), installed by pip, and its refusals.

usage: package_test.py SOURCE PROGRAM [unittest's words]
"""
import atexit
import contextlib
import io
import json
import os
import pathlib
import shutil
import pickle
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
os.environ["LORAHUB_PROGRAM"] = PROGRAM
sys.path.insert(0, str(SOURCE / "python"))
sys.dont_write_bytecode = True
tempfile.tempdir = tempfile.mkdtemp(prefix="lorahub_test_")  # adapters that are not used stay
atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
import lorahub
import numpy

GOLDEN = json.loads((SOURCE / "tests/golden/python_package.json").read_text())
MODEL, LIBRARY = SOURCE / "configs/model/mini", SOURCE / "configs/library/mini/r16"
TASK = SOURCE / "configs/tasks/mini/unseen/E1_isa_letter"
MODULES = [str(LIBRARY / name) for name in GOLDEN["modules"]]
TOLERANCE = 1e-4  # of the objective


def rows(name, count):
    lines = [json.loads(line) for line in (TASK / name).read_text().splitlines()[:count]]
    return [row["context"] for row in lines], [row["completion"] for row in lines]


def learn(steps=3, **options):
    with contextlib.redirect_stdout(io.StringIO()):
        return lorahub.lorahub_learning(MODULES, *rows("pool.jsonl", GOLDEN["shots"]), steps, str(MODEL), **options)


class Traced:
    """A get_regular that notes what it was asked with."""

    def __init__(self, get_regular):
        self.get_regular, self.weights = get_regular, []

    def __call__(self, weights):
        self.weights.append([float(w) for w in weights])
        return self.get_regular(weights)


def squares(weights):
    return 0.1 * sum(weights**2)  # an array, as in the original


REGULAR = {"default": lambda weights: lorahub.default_l1_regularization(weights), "squares": squares}


class Learning(unittest.TestCase):
    def setUp(self):
        self.converse, self.losses = lorahub.program.run, []

        def spy(arguments, answer=None):
            noted = answer and (lambda question: self.losses.append(question["loss"]) or answer(question))
            return self.converse(arguments, noted)

        lorahub.program.run = spy
        self.addCleanup(setattr, lorahub.program, "run", self.converse)

    def test_objective_of_every_point_is_the_originals(self):
        for case in GOLDEN["cases"]:
            with self.subTest(case["get_regular"]):
                self.losses.clear()
                asked = Traced(REGULAR[case["get_regular"]])
                weights, _, _ = learn(GOLDEN["steps"], batch_size=case["batch_size"], get_regular=asked)
                self.assertEqual(len(asked.weights), GOLDEN["steps"])
                worst, same = 0, 0
                for point, loss, theirs in zip(asked.weights, self.losses, case["trace"], strict=True):
                    if max(abs(a - b) for a, b in zip(point, theirs["weights"], strict=True)) > 1e-6:
                        break  # COBYLA's later points amplify the last digits of the losses
                    same += 1
                    ours = loss + asked.get_regular(numpy.array(point))
                    worst = max(worst, abs(ours - theirs["objective"]))
                print(f"{case['get_regular']}: {same} of {GOLDEN['steps']} points equal, objectives within {worst:.1e}")
                self.assertGreaterEqual(same, len(MODULES) + 1)  # zero, then one module after another
                self.assertLess(worst, TOLERANCE)
                self.assertIn(list(weights), asked.weights)

    def test_objective_of_dense_weights_is_the_originals(self):
        with tempfile.TemporaryDirectory() as work:
            weights, task = pathlib.Path(work, "w.json"), pathlib.Path(work, "task.jsonl")
            weights.write_text(json.dumps([point["weights"] for point in GOLDEN["dense"]]))
            task.write_text("".join((TASK / "pool.jsonl").read_text().splitlines(True)[: GOLDEN["shots"]]))
            ours = self.converse(["score", "--json", "--model", MODEL, "--library", LIBRARY, "--modules",
                                  ",".join(GOLDEN["modules"]), "--task", task, "--weights", weights])["objective"]
        worst = max(abs(a - point["objective"]) for a, point in zip(ours, GOLDEN["dense"], strict=True))
        print(f"dense weights: objectives within {worst:.1e}")
        self.assertLess(worst, TOLERANCE)

    def test_the_programs_own_default_is_the_python_one(self):
        alone, _, _ = learn(10)
        asked, _, _ = learn(10, get_regular=REGULAR["default"])
        self.assertEqual(len(self.losses), 10)  # of the second alone
        for a, b in zip(alone, asked, strict=True):
            self.assertAlmostEqual(a, b, delta=1e-9)

    def test_what_a_get_regular_raises_comes_out_and_the_program_ends(self):
        def spoilt(weights):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            learn(get_regular=spoilt)

    def test_the_best_before_an_exception_is_kept(self):
        asked = []

        def spoilt(weights):
            asked.append([float(w) for w in weights])
            if len(asked) == 5:
                raise KeyError("mine")
            return squares(weights)

        with tempfile.TemporaryDirectory() as work:
            with self.assertRaisesRegex(KeyError, "mine") as raised:
                learn(20, get_regular=spoilt, out=work + "/asked")
            best = raised.exception.best_so_far
            self.assertEqual(best, json.loads(pathlib.Path(work, "asked.best_so_far.json").read_text()))
        objectives = [loss + squares(numpy.array(point)) for loss, point in zip(self.losses, asked[:4])]
        self.assertEqual(best["evaluations"], 4)
        self.assertEqual(best["modules"], MODULES)
        self.assertAlmostEqual(best["objective"], min(objectives), delta=1e-12)
        self.assertEqual(best["weights"], asked[objectives.index(min(objectives))])

    def test_a_get_regular_that_is_no_number_is_refused(self):
        with self.assertRaisesRegex(lorahub.Error, "no answer to --penalty ask"):
            learn(get_regular=lambda weights: float("nan"))

    def test_a_get_loss_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(ValueError, "the model is in the program"):
            learn(get_loss=lambda dataset, model, batch_size: 0)

    def test_arguments_that_do_not_fit_are_refused_before_anything_starts(self):
        def started(*_):
            self.fail("the program was started")

        lorahub.program.run = started
        one = ["a"]
        for modules, inputs, outputs, steps, more, word in [
            (MODULES, ["a", "b"], one, 3, {}, "2 example_inputs and 1 example_outputs"),
            (MODULES, one, ["a", "b"], 3, {}, "1 example_inputs and 2 example_outputs"),
            (MODULES, [], [], 3, {}, "example_inputs is empty"),
            (MODULES, "abc", ["a", "b", "c"], 3, {}, "no list of texts"),
            (MODULES, [1], one, 3, {}, "example_inputs\\[0\\] is a int"),
            (MODULES, one, [None], 3, {}, "example_outputs\\[0\\] is a NoneType"),
            (MODULES, one, None, 3, {}, "example_outputs is None"),
            (MODULES, one, one, 0, {}, "max_inference_step is 0"),
            (MODULES, one, one, 2.5, {}, "max_inference_step is 2.5"),
            (MODULES, one, one, 3, {"batch_size": 0}, "batch_size is 0"),
            (MODULES, one, one, 3, {"get_regular": 3}, "get_regular can't be called"),
            (MODULES[0], one, one, 3, {}, "lora_module_list is one name"),
        ]:
            with self.subTest(word), self.assertRaisesRegex(ValueError, word):
                lorahub.lorahub_learning(modules, inputs, outputs, steps, str(MODEL), **more)
        with self.assertRaisesRegex(ValueError, "2 example_inputs and 1"):
            lorahub.lorahub_inference(["a", "b"], str(MODEL), None, 2, one)
        with self.assertRaisesRegex(ValueError, "batch_size is 0"):
            lorahub.lorahub_inference(["a", "b"], str(MODEL), None, 0)

    def test_no_modules_are_the_originals_answer(self):
        self.assertEqual(lorahub.lorahub_learning([], ["a"], ["b"], 3), (None, None))

    def test_the_programs_sentence_and_code_come_out(self):
        with self.assertRaisesRegex(lorahub.Error, "absent") as raised:
            lorahub.lorahub_learning(["/absent/module"], ["a"], ["b"], 3, str(MODEL))
        self.assertEqual(raised.exception.code, 2)
        os.environ["LORAHUB_PROGRAM"] = "no_such_program"
        self.addCleanup(os.environ.update, LORAHUB_PROGRAM=PROGRAM)
        with self.assertRaisesRegex(lorahub.Error, "LORAHUB_PROGRAM"):
            learn()

    def test_adapter_goes_with_its_handle_or_stays_where_it_was_asked_for(self):
        _, adapter, tokenizer = learn()
        self.assertEqual(tokenizer.name_or_path, str(MODEL))
        with tempfile.TemporaryDirectory() as kept:
            adapter.save(kept + "/copy")
            self.assertEqual(sorted(os.listdir(kept + "/copy")), sorted(os.listdir(adapter.path)))
            path = adapter.path
            del adapter
            self.assertFalse(os.path.exists(path))  # it was used
            _, unused, _ = learn()
            path = unused.path
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                del unused
            self.assertIn(f"the adapter in {path} was not used yet, it stays there", said.getvalue())
            self.assertTrue(os.path.isfile(path + "/adapter_config.json"))
            shutil.rmtree(os.path.dirname(path))
            _, asked, _ = learn(out=kept + "/asked")
            inputs, _ = rows("test.jsonl", 3)
            self.assertEqual(lorahub.lorahub_inference(inputs, asked, None, 2),
                             lorahub.lorahub_inference(inputs, kept + "/copy", "any", 2))


class Inference(unittest.TestCase):
    def test_of_the_originals_weights_gives_the_originals_answers(self):
        for case in GOLDEN["cases"]:
            with tempfile.TemporaryDirectory() as work:
                weights, folder = pathlib.Path(work, "w.json"), pathlib.Path(work, "composed")
                weights.write_text(json.dumps([case["weights"]]))
                subprocess.run([PROGRAM, "compose", "--model", MODEL, "--library", LIBRARY, "--modules",
                                ",".join(GOLDEN["modules"]), "--weights", weights, "--out", folder], check=True,
                               stdout=subprocess.DEVNULL)
                inputs, outputs = rows("test.jsonl", len(case["answers"]))
                answers, accuracy = lorahub.lorahub_inference(inputs, lorahub.Adapter(folder, str(MODEL)), None, 10, outputs)
            self.assertEqual(answers, case["answers"])
            self.assertAlmostEqual(accuracy, case["accuracy"])

    def test_a_model_alone(self):
        inputs, _ = rows("test.jsonl", 3)
        answers, accuracy = lorahub.lorahub_inference(inputs, str(MODEL), str(MODEL), 2)
        self.assertEqual(len(answers), 3)
        self.assertIsNone(accuracy)
        self.assertEqual(lorahub.lorahub_inference(inputs, str(MODEL), None, 2, [" ." + a.upper() for a in answers])[1], 100)

    def test_a_model_in_this_process_is_refused(self):
        with self.assertRaisesRegex(ValueError, "in this process"):
            lorahub.lorahub_inference(["a"], object(), None, 1)


FAKES = {
    "torch": "",
    "transformers": """
class Model:
    training, device = True, "cpu"
    def __init__(self, name): self.name_or_path, self.config = name, {"of": name}
    @classmethod
    def from_pretrained(cls, name): return cls(name)
    def eval(self): self.training = False; return self
    def to(self, device): self.device = device; return self
    def generate(self, **inputs): return [self.device, inputs]
    def save_pretrained(self, folder, **options):
        import os
        os.makedirs(folder)
        open(os.path.join(folder, "by_transformers"), "w").close()
AutoModelForSeq2SeqLM = Model
""",
    "peft": """
class PeftModel:
    def __init__(self, model): self.inner = model
    @classmethod
    def from_pretrained(cls, model, path): return cls(model)
    def eval(self): return self
    def merge_and_unload(self): return self.inner
""",
}


class Returned(unittest.TestCase):
    """What scripts for the original do with the model that lorahub_learning returns."""

    def setUp(self):
        _, self.adapter, self.tokenizer = learn()
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        self.addCleanup(shutil.rmtree, self.adapter.path)

    def use_fakes(self):
        for name, text in FAKES.items():
            pathlib.Path(self.work, name + ".py").write_text(text)
            kept = sys.modules.pop(name, None)
            self.addCleanup(lambda name=name, kept=kept: sys.modules.pop(name, None) if kept is None else
                            sys.modules.__setitem__(name, kept))
        sys.path.insert(0, self.work)
        self.addCleanup(sys.path.remove, self.work)

    def without(self, *names):
        found = lorahub.adapter.importlib.util.find_spec
        lorahub.adapter.importlib.util.find_spec = lambda name: None if name in names else found(name)
        self.addCleanup(setattr, lorahub.adapter.importlib.util, "find_spec", found)

    def test_save_pretrained_needs_no_torch_and_answers_alike(self):
        folder = pathlib.Path(self.work, "kept")
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
        self.adapter.save_pretrained(folder)
        self.assertEqual((folder / "notes.txt").read_text(), "mine")
        self.assertTrue((folder / "config.json").is_file())
        inputs, _ = rows("test.jsonl", 10)
        self.assertEqual(lorahub.lorahub_inference(inputs, folder, None, 5),
                         lorahub.lorahub_inference(inputs, self.adapter, None, 5))

    def test_what_a_model_has_is_read_when_it_is_used(self):
        self.use_fakes()
        model = self.adapter.to("cuda:0").eval()
        self.assertIs(model, self.adapter)
        self.assertIsNone(model._model)  # not read yet
        self.assertEqual(model.config, {"of": str(MODEL)})
        self.assertEqual(model.generate(input_ids=[1]), ["cuda:0", {"input_ids": [1]}])
        self.assertFalse(model.training)
        self.assertIs(model.to("cpu"), model)
        self.assertEqual(model.generate(), ["cpu", {}])
        model.save_pretrained(self.work + "/again")
        self.assertTrue(os.path.isfile(self.work + "/again/by_transformers"))
        with self.assertRaises(AttributeError):
            model.no_such_attribute

    def test_what_is_not_installed_is_named_and_nothing_is_lost(self):
        self.without("peft", "transformers")
        with self.assertRaisesRegex(ImportError, "transformers, peft not installed.*safe in " + self.adapter.path):
            self.adapter.generate(input_ids=[1])
        with self.assertRaisesRegex(ImportError, "transformers .not installed"):
            self.tokenizer("a")
        self.assertTrue(os.path.isfile(self.adapter.path + "/adapter_config.json"))

    @unittest.skipUnless(all(lorahub.adapter.importlib.util.find_spec(name) for name in FAKES), "no transformers here")
    def test_the_real_model_gives_the_programs_answers(self):
        inputs, _ = rows("test.jsonl", 10)
        theirs = []
        for text in inputs:
            read = self.tokenizer(text, return_tensors="pt")
            theirs.append(self.tokenizer.decode(self.adapter.generate(**read, max_new_tokens=256)[0],
                                                skip_special_tokens=True))
        self.assertEqual(theirs, lorahub.lorahub_inference(inputs, self.adapter, None, 5)[0])
        self.adapter.save_pretrained(self.work + "/real")
        self.assertEqual(theirs, lorahub.lorahub_inference(inputs, self.work + "/real", None, 5)[0])

    def test_process_pools_hand_it_over(self):
        self.adapter._use()
        path = self.adapter.path
        other = pickle.loads(pickle.dumps(self.adapter))
        self.assertEqual((other.path, other.base), (path, self.adapter.base))
        self.adapter = None
        self.assertTrue(os.path.isfile(path + "/adapter_config.json"))
        self.adapter = other
        tokenizer = pickle.loads(pickle.dumps(self.tokenizer))
        self.assertEqual(tokenizer.name_or_path, str(MODEL))
        error = pickle.loads(pickle.dumps(lorahub.Error("a sentence", 75)))
        self.assertEqual((str(error), error.code), ("a sentence", 75))


class Interrupted(unittest.TestCase):
    def test_ctrl_c_ends_the_program_and_keeps_the_best(self):
        with tempfile.TemporaryDirectory() as work:
            script = pathlib.Path(work, "script.py")
            script.write_text(f"""
import json, os, sys, time
sys.path.insert(0, {str(SOURCE / "python")!r})
import lorahub
asked = 0
def slow(weights):
    global asked
    asked += 1
    if asked == 3:
        open({work + "/ready"!r}, "w").close()
        time.sleep(600)
    return 0.0
try:
    lorahub.lorahub_learning({MODULES!r}, {rows("pool.jsonl", 5)[0]!r}, {rows("pool.jsonl", 5)[1]!r}, 1000, {str(MODEL)!r},
                             get_regular=slow, out={work + "/asked"!r})
except KeyboardInterrupt as error:
    print(json.dumps(error.best_so_far["evaluations"]))
    sys.exit(9)
""")
            script = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, start_new_session=True)
            while not os.path.exists(work + "/ready"):
                self.assertIsNone(script.poll())
                time.sleep(0.05)
            script.send_signal(signal.SIGINT)  # to the script alone, as a notebook does
            said, _ = script.communicate(timeout=120)
            self.assertEqual((script.returncode, said.splitlines()[-1]), (9, "2"))
            self.assertTrue(os.path.isfile(work + "/asked.best_so_far.json"))
            left = [p for p in pathlib.Path("/proc").iterdir() if p.name.isdigit() and self.is_of(p, work)]
            self.assertEqual(left, [])

    @staticmethod
    def is_of(process, work):
        try:
            return work.encode() in (process / "cmdline").read_bytes()
        except OSError:
            return False


class Installed(unittest.TestCase):
    def test_by_pip_and_a_script_for_the_original_runs(self):
        with tempfile.TemporaryDirectory() as work:
            source, target = pathlib.Path(work, "source"), pathlib.Path(work, "target")
            for part in ("pyproject.toml", "LICENSE", "configs/library/lorahub_196.txt"):
                (source / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / part, source / part)
            shutil.copytree(SOURCE / "python", source / "python", symlinks=True)
            # The system's Python: it has setuptools and wheel (scripts/setup), and nothing is fetched.
            subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation",
                            "--target", target, source], check=True, stderr=subprocess.DEVNULL)
            ended = subprocess.run(
                [sys.executable, SOURCE / "tests/python/example_script.py", MODEL, LIBRARY, TASK / "pool.jsonl",
                 TASK / "test.jsonl", "6", "10"], env={**os.environ, "PYTHONPATH": str(target)}, stdout=subprocess.PIPE, check=True)
            last = json.loads(ended.stdout.decode().splitlines()[-1])
            self.assertEqual((len(last["weights"]), len(last["answers"])), (6, 20))
            names = subprocess.run([sys.executable, "-c", "import lorahub; print(len(lorahub.LORA_MODULE_NAMES))"], cwd=work,
                                   env={**os.environ, "PYTHONPATH": str(target)}, stdout=subprocess.PIPE, check=True)
            self.assertEqual(names.stdout.strip(), b"196")


unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
