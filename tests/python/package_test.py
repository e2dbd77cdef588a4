"""The Python package against the original's numbers (tests/golden/python_package.json), installed by pip, and its refusals.

usage: package_test.py SOURCE PROGRAM [unittest's words]
"""
import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
os.environ["LORAHUB_PROGRAM"] = PROGRAM
sys.path.insert(0, str(SOURCE / "python"))
sys.dont_write_bytecode = True
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

    def test_a_get_regular_that_is_no_number_is_refused(self):
        with self.assertRaisesRegex(lorahub.Error, "no answer to --penalty ask"):
            learn(get_regular=lambda weights: float("nan"))

    def test_a_get_loss_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(ValueError, "the model is in the program"):
            learn(get_loss=lambda dataset, model, batch_size: 0)

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
            self.assertFalse(os.path.exists(path))
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
