"""lorahub_learning and lorahub_inference with the parameters, defaults and results of the original package."""
import json
import os
import pathlib
import shutil
import tempfile
import weakref

from . import program


def default_get_loss(example_dataset, model, batch_size):
    """Stands for the loss that the program computes; it is not called."""
    raise NotImplementedError("the program computes this loss itself (the model is not in this process)")


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


class Adapter:
    """A composed adapter on the disk: `path` is a PEFT folder, `base` its model. A temporary `folder` goes with it."""

    def __init__(self, path, base, folder=None):
        self.path, self.base = str(path), base
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def load(self):
        """The PeftModel, in evaluation mode. Needs peft, transformers and torch; `.merge_and_unload()` is the
        original's model."""
        from peft import PeftModel
        from transformers import AutoModelForSeq2SeqLM
        return PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(self.base), self.path).eval()

    def save(self, folder):
        """Copies the PEFT folder."""
        shutil.copytree(self.path, folder, dirs_exist_ok=True)

    def __repr__(self):
        return f"Adapter({self.path!r}, base={self.base!r})"


class Tokenizer:
    """The base model's tokenizer: transformers' own, read when something of it is first used."""

    def __init__(self, name_or_path):
        self.name_or_path, self._read = name_or_path, None

    def load(self):
        if self._read is None:
            from transformers import AutoTokenizer
            self._read = AutoTokenizer.from_pretrained(self.name_or_path)
        return self._read

    def __call__(self, *texts, **options):
        return self.load()(*texts, **options)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.load(), name)


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


def _base_of(adapter):
    """base_model_name_or_path of a PEFT folder or of a published adapter in the Hugging Face cache."""
    folder = pathlib.Path(adapter)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download
        folder = pathlib.Path(snapshot_download(str(adapter), allow_patterns="adapter_config.json", local_files_only=True))
    return json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]


def _answering(get_regular):
    """Replies to the program's questions; nothing when it is to compute the default itself."""
    if get_regular is default_l1_regularization:
        return None
    return lambda question: {"penalty": float(get_regular(_array(question["weights"])))}


def lorahub_learning(lora_module_list, example_inputs, example_outputs, max_inference_step, model_name_or_path=None,
                     batch_size=None, get_loss=default_get_loss, get_regular=default_l1_regularization, seed=42, *,
                     out=None, options=()):
    """Searches the weights that mix the modules for the examples, as the original does (COBYLA from zero).

    Returns (weights, Adapter, Tokenizer). get_regular(weights) is called once an evaluation, in their order. `seed` is
    passed on; the search draws nothing. out: the adapter's folder (default: a temporary one, removed with the Adapter).
    options: further words for `lorahub adapt`, such as ("--threads", "8"). Differences: README.md.
    """
    if get_loss is not default_get_loss:
        raise ValueError("a get_loss of your own can't be called (the model is in the program, not in this process), leave it "
                         "out, or put what depends on the weights alone into get_regular")
    if len(lora_module_list) == 0:
        print("> No LoRA modules are provided. Please provide at least one LoRA module.")
        return None, None
    base = model_name_or_path or _base_of(lora_module_list[0])
    folder = None if out else tempfile.mkdtemp(prefix="lorahub_")
    adapter = Adapter(out or os.path.join(folder, "adapter"), base, folder)
    answer = _answering(get_regular)
    print("> Begin to load lora modules")
    for module in lora_module_list:
        print(f"> Loading {module} ...")
    print("> Begin to perform gradient-free optimization ...")
    with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
        arguments = ["adapt", "--json", "--quick", "--search", "official", "--model", base, "--out", adapter.path,
                     "--library", _library(work, lora_module_list), "--modules", "all",
                     "--task", _rows(work, example_inputs, example_outputs), "--shots", "all",
                     "--budget", max_inference_step, "--seed", seed, "--penalty", "ask" if answer else "l1_mean"]
        if batch_size is not None:
            arguments += ["--loss-batch", min(batch_size, len(example_inputs))]
        result = program.run(arguments + list(options), answer)
    return _array(result["weights"]), adapter, Tokenizer(base)


def _model_arguments(model):
    if isinstance(model, Adapter):
        return ["--model", model.base, "--adapter", model.path]
    if not isinstance(model, (str, os.PathLike)):
        raise ValueError(f"a {type(model).__name__} is in this process, not on the disk (the program reads folders), give the "
                         "Adapter that lorahub_learning returned, a folder or a name")
    if (pathlib.Path(model) / "adapter_config.json").is_file():
        return ["--model", _base_of(model), "--adapter", model]
    return ["--model", model]


def lorahub_inference(example_inputs, model_or_name_path, tokenizer_or_tokenizer_path, batch_size, example_outputs=None, *,
                      options=()):
    """Greedy answers of at most 256 tokens and, with example_outputs, the percentage that equals them.

    model_or_name_path: an Adapter, a PEFT folder, a model folder or name. The tokenizer is the model's own, whatever
    tokenizer_or_tokenizer_path says. options: further words for `lorahub infer`.
    """
    with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
        result = program.run(["infer", "--json", "--batch", batch_size, "--task", _rows(work, example_inputs, None),
                              *_model_arguments(model_or_name_path), *options])
    answers = result["answers"]
    if example_outputs is None:
        return answers, None
    plain = lambda text: text.strip().lower().replace(".", "")
    hits = [plain(answer) == plain(truth) for answer, truth in zip(answers, example_outputs)]
    return answers, sum(hits) / len(hits) * 100
