"""The model in this process, for a get_loss of the caller's: a PeftModel that takes the weights of a mixture, and the
examples as the original's dataset. Needs torch, transformers, peft and datasets."""
import importlib.util
import os
import pathlib

NEEDED = ("torch", "transformers", "peft", "datasets")
LONGEST = 2048  # tokens of a text, as in the original


def check_installed():
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise ImportError(f"a get_loss of your own is called with a model in this process ({', '.join(absent)} not installed "
                          "here), install them (pip install 'lorahub[get_loss]'), or leave get_loss out")


def folder_of(module):
    """The folder of a PEFT adapter, or of a published one in the Hugging Face cache. Nothing is downloaded."""
    if os.path.isdir(module):
        return pathlib.Path(module)
    from huggingface_hub import snapshot_download
    return pathlib.Path(snapshot_download(str(module), local_files_only=True))


def load_dataset(inputs, outputs, tokenizer):
    """The examples as the original tokenises them: columns input, output, input_ids, attention_mask, labels."""
    from datasets import Dataset

    def tokenised(rows):
        words = dict(max_length=LONGEST, padding=True, truncation=True)
        read = tokenizer(rows["input"], **words)
        labels = tokenizer(rows["output"], **words)["input_ids"]
        pad = tokenizer.pad_token_id
        return {**read, "labels": [[-100 if token == pad else token for token in row] for row in labels]}

    rows = Dataset.from_dict({"input": list(inputs), "output": list(outputs)})
    return rows.map(tokenised, batched=True, batch_size=len(rows))


class Mixture:
    """The base with the factors of all modules, in f32: `model` is a PeftModel, and `compose(weights)` gives it the mixture
    sum_i w_i A_i and sum_i w_i B_i, as the original does."""

    def __init__(self, base, modules):
        import torch
        from peft import PeftModel
        from peft.utils.save_and_load import load_peft_weights
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
        device = "cuda" if torch.cuda.is_available() else "cpu"
        folders = [folder_of(module) for module in modules]
        self.model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(base).float(), folders[0])
        self.model = self.model.to(device).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self.factors = [{name: tensor.to(device).float() for name, tensor in load_peft_weights(str(folder), "cpu").items()}
                        for folder in folders]
        for module, factors in zip(modules, self.factors):
            if {n: t.shape for n, t in factors.items()} != {n: t.shape for n, t in self.factors[0].items()}:
                raise ValueError(f"module {module} has other tensors than {modules[0]} (their factors are added), give modules "
                                 "of one rank and the same targets")

    def compose(self, weights):
        from peft.utils.save_and_load import set_peft_model_state_dict
        mixed = {name: sum(float(weight) * factors[name] for weight, factors in zip(weights, self.factors))
                 for name in self.factors[0]}
        set_peft_model_state_dict(self.model, mixed)
        return self.model
