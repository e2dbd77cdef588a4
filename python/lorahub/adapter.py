"""What lorahub_learning returns beside the weights: the adapted model and its tokenizer, on the disk until they are used."""
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile
import weakref

from . import program


TOKENIZER_FILES = ("spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")


def _leave(folder, state):
    """The end of a handle: the temporary folder goes with it, but not from another process's hands, nor unused."""
    if state["owner"] != os.getpid():
        return
    if state["used"]:
        shutil.rmtree(folder, ignore_errors=True)
    elif os.path.isfile(os.path.join(folder, "adapter", "adapter_config.json")):
        print(f"lorahub: the adapter in {folder}/adapter was not used yet, it stays there", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)  # no search has ended in it


class Adapter:
    """A composed adapter on the disk: `path` is a PEFT folder, `base` its model.

    It stands for the model that the original returns: `save_pretrained`, `eval` and `to` need nothing; `generate`,
    `config`, calls and whatever else a T5ForConditionalGeneration has read it with peft, transformers and torch when they
    are first used. A temporary `folder` goes with the handle once the adapter has been used; a pickled one stays.
    """

    def __init__(self, path, base, folder=None):
        self.path, self.base, self._model, self._moves = str(path), base, None, []
        self._state = {"owner": os.getpid(), "used": False}
        if folder is not None:
            weakref.finalize(self, _leave, folder, self._state)

    def __getstate__(self):
        self._state["owner"] = None  # two handles of one folder: neither removes it
        return {"path": self.path, "base": self.base}

    def __setstate__(self, state):
        self.__init__(state["path"], state["base"])

    def _use(self):
        self._state["used"] = True

    def load(self):
        """The PeftModel, in evaluation mode. Needs peft, transformers and torch."""
        absent = [name for name in ("torch", "transformers", "peft") if importlib.util.find_spec(name) is None]
        if absent:
            raise ImportError(f"the model is read by peft, transformers and torch ({', '.join(absent)} not installed here), "
                              f"install them, or use lorahub_inference; the adapter is safe in {self.path}")
        from peft import PeftModel
        from transformers import AutoModelForSeq2SeqLM
        loaded = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(self.base), self.path).eval()
        self._use()
        return loaded

    @property
    def model(self):
        """The model with the adapter in its weights, as the original returns it; read once."""
        if self._model is None:
            self._model = self.load().merge_and_unload().eval()
            for name, words, options in self._moves:
                getattr(self._model, name)(*words, **options)
        return self._model

    def _moved(self, name, words, options):
        if self._model is None:
            self._moves.append((name, words, options))
        else:
            getattr(self._model, name)(*words, **options)
        return self

    def eval(self):
        return self._moved("eval", (), {})

    def to(self, *words, **options):
        return self._moved("to", words, options)

    def cuda(self, *words, **options):
        return self._moved("cuda", words, options)

    def cpu(self):
        return self._moved("cpu", (), {})

    def __call__(self, *words, **options):
        return self.model(*words, **options)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self.model, name)
        if not callable(value):
            return value

        def call(*words, **options):
            result = value(*words, **options)
            return self if result is self._model else result

        return call

    def save(self, folder):
        """Copies the PEFT folder."""
        shutil.copytree(self.path, folder, dirs_exist_ok=True)
        self._use()

    def save_pretrained(self, folder, **options):
        """The whole model with the adapter in its weights, as the original's: by the program, without torch; by
        transformers where the model was read before or `options` are given."""
        if options or self._model is not None:
            self.model.save_pretrained(folder, **options)
            for name in TOKENIZER_FILES:  # what else the program reads of a model folder
                if os.path.isfile(os.path.join(self.base, name)) and not os.path.exists(os.path.join(folder, name)):
                    shutil.copy(os.path.join(self.base, name), folder)
        else:
            with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
                library, weights = pathlib.Path(work, "modules.txt"), pathlib.Path(work, "weights.json")
                library.write_text(os.path.abspath(self.path) + "\n", encoding="utf-8")
                weights.write_text("[[1]]", encoding="utf-8")
                program.run(["compose", "--model", self.base, "--library", library, "--weights", weights, "--merge", "f32",
                             "--out", os.path.join(work, "merged")], says_json=False)
                shutil.copytree(os.path.join(work, "merged"), folder, dirs_exist_ok=True)
        self._use()

    def __repr__(self):
        return f"Adapter({self.path!r}, base={self.base!r})"


class Tokenizer:
    """The base model's tokenizer: transformers' own, read when something of it is first used."""

    def __init__(self, name_or_path):
        self.name_or_path, self._read = name_or_path, None

    def load(self):
        if self._read is None:
            if importlib.util.find_spec("transformers") is None:
                raise ImportError("the tokenizer is read by transformers (not installed here), install it, or use "
                                  "lorahub_inference, which needs none")
            from transformers import AutoTokenizer
            self._read = AutoTokenizer.from_pretrained(self.name_or_path)
        return self._read

    def __call__(self, *texts, **options):
        return self.load()(*texts, **options)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.load(), name)


def base_of(adapter):
    """base_model_name_or_path of a PEFT folder or of a published adapter in the Hugging Face cache."""
    folder = pathlib.Path(adapter)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download
        folder = pathlib.Path(snapshot_download(str(adapter), allow_patterns="adapter_config.json", local_files_only=True))
    return json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
