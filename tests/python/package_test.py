"""The Python package against the original's numbers (tests/golden/python_package.json), installed by pip, and its refusals.

usage: package_test.py SOURCE PROGRAM [unittest's words]
"""
import atexit
import contextlib
import importlib.util
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

        def spy(arguments, answer=None, **options):
            noted = answer and (lambda question: self.losses.append(question["loss"]) or answer(question))
            return self.converse(arguments, noted, **options)

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

    def test_options_may_name_another_search(self):
        for word in ["official", "cma"]:
            asked = Traced(REGULAR["default"])
            learn(4, get_regular=asked, options=("--search", word))
            zero_first = not any(asked.weights[0])
            self.assertEqual((len(asked.weights), zero_first), (4, word == "official"))  # COBYLA begins at zero, CMA-ES draws

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
            (MODULES, one, one, 3, {"get_loss": 3}, "get_loss can't be called"),
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
        sentence = str(raised.exception)
        self.assertFalse(sentence.startswith("lorahub:") or "\n" in sentence, sentence)
        os.environ["LORAHUB_PROGRAM"] = "mpirun -np 2 " + PROGRAM  # which adds words of its own
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(lorahub.Error) as raised:
            lorahub.lorahub_learning(["/absent/module"], ["a"], ["b"], 3, str(MODEL))
        self.assertEqual((str(raised.exception), raised.exception.code), (sentence, 2))
        self.assertNotIn(sentence, said.getvalue())
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


# As much of these packages as a get_loss needs. The factors of the module in place i are 1 at place i, so that the mixture
# is the list of weights.
FAKES_OF_MIXTURE = {
    "torch/__init__.py": """
class cuda:
    is_available = staticmethod(lambda: False)
""",
    "transformers/__init__.py": """
class Model:
    def float(self): return self
    def to(self, device): return self
    def eval(self): return self
class AutoModelForSeq2SeqLM:
    from_pretrained = staticmethod(lambda name: Model())
class Tokenizer:
    pad_token_id = 0
    def __call__(self, texts, max_length, padding, truncation):
        longest = 1 + max(map(len, texts))
        return {"input_ids": [[ord(c) for c in t] + [0] * (longest - len(t)) for t in texts]}
class AutoTokenizer:
    from_pretrained = staticmethod(lambda name: Tokenizer())
""",
    "peft/__init__.py": """
class PeftModel:
    from_pretrained = staticmethod(lambda model, folder: model)
""",
    "peft/utils/__init__.py": "",
    "peft/utils/save_and_load.py": """
import numpy
class Factors(numpy.ndarray):
    def to(self, device): return self
    def float(self): return self
folders = []
def load_peft_weights(folder, device):
    folders.append(folder)
    return {"lora_A": (numpy.arange(6) == len(folders) - 1).astype(float).view(Factors)}
def set_peft_model_state_dict(model, state):
    model.state = state
""",
    "datasets/__init__.py": """
class Dataset:
    def __init__(self, columns): self.columns = columns
    from_dict = classmethod(lambda cls, columns: cls(columns))
    def __len__(self): return len(self.columns["input"])
    def __getitem__(self, name): return self.columns[name]
    def map(self, f, batched, batch_size): return Dataset({**self.columns, **f(self.columns)})
""",
}


class OwnLoss(unittest.TestCase):
    """A get_loss of the caller's."""

    def use_fakes(self):
        work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, work)
        for name, text in FAKES_OF_MIXTURE.items():
            pathlib.Path(work, name).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(work, name).write_text(text)
        tops = {name.split("/")[0] for name in FAKES_OF_MIXTURE}
        kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in tops}

        def restore():
            for name in [name for name in sys.modules if name.split(".")[0] in tops]:
                del sys.modules[name]
            sys.modules.update(kept)
            sys.path.remove(work)

        sys.path.insert(0, work)
        self.addCleanup(restore)

    def test_is_called_as_the_original_calls_it(self):
        self.use_fakes()
        inputs, outputs = rows("pool.jsonl", GOLDEN["shots"])
        calls = []

        def get_loss(example_dataset, model, batch_size):
            self.assertEqual((example_dataset["input"], example_dataset["output"], batch_size), (inputs, outputs, 2))
            self.assertEqual(min(min(row) for row in example_dataset["labels"]), -100)  # of the padding
            calls.append(list(model.state["lora_A"]))
            return sum((w - 0.5) ** 2 for w in calls[-1])

        weights, adapter, _ = learn(30, batch_size=2, get_loss=get_loss)
        self.assertEqual([os.path.basename(folder) for folder in sys.modules["peft.utils.save_and_load"].folders],
                         GOLDEN["modules"])
        self.assertEqual(calls[0], [0.0] * 6)
        self.assertEqual(len(calls), 30)
        objectives = [sum((w - 0.5) ** 2 for w in call) + lorahub.default_l1_regularization(call) for call in calls]
        self.assertEqual(list(weights), calls[objectives.index(min(objectives))])
        self.assertLess(min(objectives), objectives[0])
        adapter._use()

    def test_what_it_raises_comes_out_with_the_best_so_far(self):
        self.use_fakes()
        calls = []

        def spoilt(example_dataset, model, batch_size):
            calls.append(1)
            if len(calls) == 4:
                raise KeyError("mine")
            return 1.0 / len(calls)

        with tempfile.TemporaryDirectory() as work, self.assertRaisesRegex(KeyError, "mine") as raised:
            learn(20, get_loss=spoilt, get_regular=lambda weights: 0.5, out=work + "/asked")
        best = raised.exception.best_so_far
        self.assertEqual((best["evaluations"], best["penalty"]), (3, 0.5))
        self.assertAlmostEqual(best["objective"], 0.5 + 1 / 3)

    def test_one_that_is_no_number_has_the_last_rank(self):
        self.use_fakes()
        weights, adapter, _ = learn(10, get_loss=lambda dataset, model, size: float("nan") if any(model.state["lora_A"]) else 1)
        self.assertEqual(list(weights), [0.0] * 6)
        adapter._use()

    def test_what_is_not_installed_is_named(self):
        found = lorahub.in_process.importlib.util.find_spec
        lorahub.in_process.importlib.util.find_spec = lambda name: None if name == "datasets" else found(name)
        self.addCleanup(setattr, lorahub.in_process.importlib.util, "find_spec", found)
        with self.assertRaisesRegex(ImportError, "datasets.* not installed here"):
            learn(get_loss=lambda dataset, model, batch_size: 0)

    REAL = all(importlib.util.find_spec(name) for name in lorahub.in_process.NEEDED)

    @unittest.skipUnless(REAL, "no transformers, peft and datasets here")
    def test_the_default_one_called_here_is_the_originals(self):
        for case in GOLDEN["cases"]:
            with self.subTest(case["get_regular"]):
                asked, losses = Traced(REGULAR[case["get_regular"]]), []

                def get_loss(*arguments):
                    losses.append(lorahub.default_get_loss(*arguments))
                    return losses[-1]

                _, adapter, _ = learn(GOLDEN["steps"], batch_size=case["batch_size"], get_regular=asked, get_loss=get_loss)
                adapter._use()
                same = 0
                for point, loss, theirs in zip(asked.weights, losses, case["trace"], strict=True):
                    if max(abs(a - b) for a, b in zip(point, theirs["weights"], strict=True)) > 1e-6:
                        break
                    same += 1
                    self.assertAlmostEqual(loss + asked.get_regular(numpy.array(point)), theirs["objective"], delta=TOLERANCE)
                self.assertGreaterEqual(same, len(MODULES) + 1)

    @unittest.skipUnless(REAL, "no transformers, peft and datasets here")
    def test_a_script_with_an_objective_of_its_own_runs(self):
        ended = subprocess.run([sys.executable, SOURCE / "tests/python/accuracy_script.py", MODEL, LIBRARY, TASK / "pool.jsonl",
                                "6", "12"], env={**os.environ, "PYTHONPATH": str(SOURCE / "python")}, stdout=subprocess.PIPE,
                               check=True)
        last = json.loads(ended.stdout.decode().splitlines()[-1])
        self.assertEqual((len(last["weights"]), len(last["seen"])), (6, 12))
        self.assertTrue(all(share in (0, 0.2, 0.4, 0.6, 0.8, 1) for share in last["seen"]))


class Studies(unittest.TestCase):
    STUDY = {"question": "Does it run from Python?", "uses": {"model": "mini", "library": "mini", "tasks": "mini/unseen", "search": "cma"},
             "set": {"shots": 5, "modules": 4, "search.budget": 10, "max_tokens": 8},
             "vary": {"method": ["zero_shot", "lorahub"], "task": ["E1_isa_letter"], "seed": [1, 2]}}

    def setUp(self):
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        os.environ["LORAHUB_CONFIGS"] = str(SOURCE / "configs")
        self.addCleanup(os.environ.pop, "LORAHUB_CONFIGS")

    def test_give_a_row_a_trial_and_go_on(self):
        with contextlib.redirect_stderr(io.StringIO()):
            first = lorahub.run(self.STUDY, self.work + "/out", only={"method": "lorahub"})
            table = lorahub.run(self.STUDY, self.work + "/out")
        self.assertEqual(sorted(table["method"]), ["lorahub", "lorahub", "zero_shot"])  # without a seed, once
        self.assertTrue(all(table["accuracy"].between(0, 100)))
        done = table[table["method"] == "lorahub"].set_index("id")
        for _, row in first[first["method"] == "lorahub"].iterrows():
            self.assertEqual(done.loc[row["id"], "best_loss"], row["best_loss"])
        self.assertTrue(table.equals(lorahub.results(self.work + "/out")))

    def test_what_the_program_refuses_is_its_sentence(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaisesRegex(lorahub.Error, "unknown knob 'bugdet'") as raised:
            lorahub.run(self.STUDY, self.work + "/out", set={"bugdet": 3})
        self.assertEqual(raised.exception.code, 2)

    def test_a_file_with_other_words_is_kept(self):
        pathlib.Path(self.work, "out.yaml").write_text("mine")
        with self.assertRaisesRegex(ValueError, "with other words"):
            lorahub.run(self.STUDY, self.work + "/out")
        self.assertEqual(pathlib.Path(self.work, "out.yaml").read_text(), "mine")
        with self.assertRaisesRegex(ValueError, "study is a list"):
            lorahub.run([1])


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
            # Nothing is fetched: this Python has the tool that builds it (scripts/setup --test).
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation",
                            "--config-settings=wheel.cmake=false", "--target", target, source], check=True,
                           stderr=subprocess.DEVNULL)
            ended = subprocess.run(
                [sys.executable, SOURCE / "tests/python/example_script.py", MODEL, LIBRARY, TASK / "pool.jsonl",
                 TASK / "test.jsonl", "6", "10"], env={**os.environ, "PYTHONPATH": str(target)}, stdout=subprocess.PIPE, check=True)
            last = json.loads(ended.stdout.decode().splitlines()[-1])
            self.assertEqual((len(last["weights"]), len(last["answers"])), (6, 20))
            names = subprocess.run([sys.executable, "-c", "import lorahub; print(len(lorahub.LORA_MODULE_NAMES))"], cwd=work,
                                   env={**os.environ, "PYTHONPATH": str(target)}, stdout=subprocess.PIPE, check=True)
            self.assertEqual(names.stdout.strip(), b"196")


unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
