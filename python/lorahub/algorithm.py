"""lorahub_learning and lorahub_inference with the parameters, defaults and results of the original package."""
import json
import math
import numbers
import os
import pathlib
import tempfile

from . import in_process, program
from .adapter import Adapter, Tokenizer, base_of


def default_get_loss(example_dataset, model, batch_size):
    """The original's loss of the examples: the sum over batches of their mean cross-entropy, by the number of examples. The
    program computes it itself where it is not replaced; a get_loss of your own may call it."""
    import torch
    from torch.utils.data import DataLoader
    from transformers import default_data_collator
    size = len(example_dataset) if batch_size is None else min(len(example_dataset), batch_size)
    total = 0.0
    with torch.no_grad():
        for batch in DataLoader(example_dataset, collate_fn=default_data_collator, batch_size=size):
            total += float(model(**{name: tensor.to(model.device) for name, tensor in batch.items()}).loss.float())
    return total / len(example_dataset)


def default_l1_regularization(weights):
    """0.05 times the mean of |w|: computed by the program where it is not replaced."""
    return 0.05 * sum(abs(weight) for weight in weights) / len(weights)


def _array(values):
    """As the original gives weights: a NumPy array; a list where there is no NumPy."""
    try:
        import numpy
    except ImportError:
        return list(values)
    return numpy.array(values, dtype=float)


def _texts(name, values):
    """A list of texts, or a ValueError that names the parameter."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise ValueError(f"{name} is no list of texts, give a list")
    values = list(values)
    for i, value in enumerate(values):
        if not isinstance(value, str):
            raise ValueError(f"{name}[{i}] is a {type(value).__name__}, no text, give texts alone")
    return values


def _pairs(inputs, outputs):
    """Both as lists of as many texts; outputs may be None."""
    inputs = _texts("example_inputs", inputs)
    if not inputs:
        raise ValueError("example_inputs is empty (nothing to learn from or to answer), give at least one")
    if outputs is None:
        return inputs, None
    outputs = _texts("example_outputs", outputs)
    if len(inputs) != len(outputs):
        raise ValueError(f"there are {len(inputs)} example_inputs and {len(outputs)} example_outputs (each input has one "
                         "output), give as many of both")
    return inputs, outputs


def _count(name, value):
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} is {value!r}, give a whole number of at least 1")
    return int(value)


def _rows(folder, inputs, outputs):
    """A task file. Targets are left out where there are none."""
    file = pathlib.Path(folder) / "examples.jsonl"
    with open(file, "w", encoding="utf-8") as out:
        for i, text in enumerate(inputs):
            row = {"input": text} if outputs is None else {"input": text, "target": outputs[i]}
            out.write(json.dumps(row) + "\n")
    return file


def _library(folder, modules):
    """A library that lists the modules in their order: folders, or names in the Hugging Face cache."""
    known = [os.path.abspath(module) if os.path.isdir(module) else module for module in modules]
    file = pathlib.Path(folder) / "modules.txt"
    file.write_text("\n".join(known) + "\n", encoding="utf-8")
    return file


class _Asked:
    """Replies to the program's questions, and remembers the best point so far: by get_regular alone, or by `get_loss` of the
    weights and get_regular, since the program then has neither."""

    def __init__(self, get_regular, get_loss=None):
        self.get_regular, self.get_loss, self.best, self.evaluations = get_regular, get_loss, None, 0

    def _objective(self, weights, loss):
        if loss is None:
            loss = float(self.get_loss(weights))
        penalty = float(self.get_regular(_array(weights)))
        self.evaluations += 1
        if self.best is None or loss + penalty < self.best["objective"]:
            self.best = {"weights": weights, "loss": loss, "penalty": penalty, "objective": loss + penalty}
        return loss, penalty

    def __call__(self, question):
        if question["ask"] == "losses":
            found = [sum(self._objective(weights, None)) for weights in question["weights"]]
            return {"losses": [loss if math.isfinite(loss) else None for loss in found]}
        return {"penalty": self._objective(question["weights"], question["loss"])[1]}

    def keep(self, error, modules, file):
        """What was found before the error: in `error.best_so_far`, and in a file."""
        if self.best is None:
            return
        error.best_so_far = {**self.best, "modules": [str(module) for module in modules], "evaluations": self.evaluations}
        try:
            pathlib.Path(file).write_text(json.dumps(error.best_so_far) + "\n", encoding="utf-8")
            where = f" and {file}"
        except OSError:
            where = ""
        if hasattr(error, "add_note"):
            error.add_note(f"lorahub: the best of the {self.evaluations} evaluations before is in the exception's "
                           f"best_so_far{where}; `lorahub compose` makes an adapter of its weights")


def lorahub_learning(lora_module_list, example_inputs, example_outputs, max_inference_step, model_name_or_path=None,
                     batch_size=None, get_loss=default_get_loss, get_regular=default_l1_regularization, seed=42, *,
                     out=None, options=()):
    """Searches the weights that mix the modules for the examples, as the original does (COBYLA from zero).

    Returns (weights, Adapter, Tokenizer). get_loss(example_dataset, model, batch_size) is called as the original calls it,
    with a PeftModel of the weights in this process; get_regular(weights) is called once an evaluation, in their order. What
    they raise comes out with the best point so far in `best_so_far`. `seed` is passed on; the search draws nothing. out: the adapter's
    folder (default: a temporary one, removed with the used Adapter). options: further words for `lorahub adapt`, such as
    ("--threads", "8") or ("--search", "cma"). ValueError before anything starts where the arguments do not fit. Differences: README.md.
    """
    if isinstance(lora_module_list, (str, os.PathLike)):
        raise ValueError("lora_module_list is one name, give a list of modules")
    if len(lora_module_list) == 0:
        print("> No LoRA modules are provided. Please provide at least one LoRA module.")
        return None, None
    if not callable(get_regular):
        raise ValueError("get_regular can't be called, give a function of the weights")
    if not callable(get_loss):
        raise ValueError("get_loss can't be called, give a function of example_dataset, model and batch_size")
    if get_loss is not default_get_loss:
        in_process.check_installed()
    if example_outputs is None:
        raise ValueError("example_outputs is None (the search learns from answers), give one for each input")
    inputs, outputs = _pairs(example_inputs, example_outputs)
    steps = _count("max_inference_step", max_inference_step)
    batch = None if batch_size is None else min(_count("batch_size", batch_size), len(inputs))
    base = model_name_or_path or base_of(lora_module_list[0])
    program.words()  # it is there
    folder = None if out else tempfile.mkdtemp(prefix="lorahub_")
    adapter = Adapter(out or os.path.join(folder, "adapter"), base, folder)
    print("> Begin to load lora modules")
    for module in lora_module_list:
        print(f"> Loading {module} ...")
    own_loss = None if get_loss is default_get_loss else _own_loss(get_loss, base, lora_module_list, (inputs, outputs, batch_size))
    asked = None if own_loss is None and get_regular is default_l1_regularization else _Asked(get_regular, own_loss)
    print("> Begin to perform gradient-free optimization ...")
    with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
        search = [] if "--search" in options else ["--search", "official"]
        arguments = ["adapt", "--json", "--quick", *search, "--model", base, "--out", adapter.path,
                     "--library", _library(work, lora_module_list), "--modules", "all",
                     "--task", _rows(work, inputs, outputs), "--shots", "all",
                     "--budget", steps, "--seed", seed, "--penalty", "none" if own_loss else "ask" if asked else "l1_mean"]
        if batch is not None:
            arguments += ["--loss-batch", batch]
        try:
            result = (program.run_asking if own_loss else program.run)(arguments + list(options), asked)
        except BaseException as error:
            if asked:
                asked.keep(error, lora_module_list, _beside(out))
            raise
    return _array(result["weights"]), adapter, Tokenizer(base)


def _own_loss(get_loss, base, modules, examples):
    """get_loss as a function of the weights."""
    inputs, outputs, batch_size = examples
    mixture = in_process.Mixture(base, modules)
    dataset = in_process.load_dataset(inputs, outputs, mixture.tokenizer)
    return lambda weights: get_loss(dataset, mixture.compose(weights), batch_size)


def _beside(out):
    """The file for the best so far: beside the adapter's folder, or a temporary one that stays."""
    if out:
        return f"{os.path.normpath(out)}.best_so_far.json"
    descriptor, file = tempfile.mkstemp(prefix="lorahub_best_so_far_", suffix=".json")
    os.close(descriptor)
    return file


def _model_arguments(model):
    if isinstance(model, Adapter):
        return ["--model", model.base, "--adapter", model.path]
    if not isinstance(model, (str, os.PathLike)):
        raise ValueError(f"a {type(model).__name__} is in this process, not on the disk (the program reads folders), give the "
                         "Adapter that lorahub_learning returned, a folder or a name")
    if (pathlib.Path(model) / "adapter_config.json").is_file():
        return ["--model", base_of(model), "--adapter", model]
    return ["--model", model]


def lorahub_inference(example_inputs, model_or_name_path, tokenizer_or_tokenizer_path, batch_size, example_outputs=None, *,
                      options=()):
    """Greedy answers of at most 256 tokens and, with example_outputs, the percentage that equals them.

    model_or_name_path: an Adapter (its folder is read: what was done to the model in memory is not seen), a PEFT folder, a
    model folder or name. The tokenizer is the model's own, whatever tokenizer_or_tokenizer_path says. options: further words
    for `lorahub infer`. ValueError before anything starts where the arguments do not fit.
    """
    inputs, outputs = _pairs(example_inputs, example_outputs)
    batch = _count("batch_size", batch_size)
    with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
        result = program.run(["infer", "--json", "--batch", batch, "--task", _rows(work, inputs, None),
                              *_model_arguments(model_or_name_path), *options])
    if isinstance(model_or_name_path, Adapter):
        model_or_name_path._use()
    answers = result["answers"]
    if outputs is None:
        return answers, None
    plain = lambda text: text.strip().lower().replace(".", "")
    hits = [plain(answer) == plain(truth) for answer, truth in zip(answers, outputs)]
    return answers, sum(hits) / len(hits) * 100
