"""Writes bpe/chat.json: prompts as chat templates of four families make them of one message, with their ids by
transformers, and what scripts/prompt-pieces finds around the message, for tests/text.

Usage: make_chat.py     (in any folder)
The templates do for one message what those of Llama-3-Instruct, Mistral-7B-Instruct-v0.2, Qwen2-Instruct and
SmolLM2-Instruct do (the first three were compared with the published ones); the vocabularies are small ones of
bpe/golden.json, to which the special tokens of the templates are added.
"""
import importlib.machinery
import importlib.util
import json
import os

import tokenizers
import transformers

from make_bpe import HERE, added, bbh, tokenizer_of

loader = importlib.machinery.SourceFileLoader("prompt_pieces", os.path.join(HERE, "../../../scripts/prompt-pieces"))
prompt_pieces = importlib.util.module_from_spec(importlib.util.spec_from_loader("prompt_pieces", loader))
loader.exec_module(prompt_pieces)

CHATML = ("{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
SYSTEM = ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
          "{{ '<|im_start|>system\nTEXT<|im_end|>\n' }}{% endif %}")
FAMILIES = {  # variant of the vocabulary, special tokens, template
    "llama3": ("llama3", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
               "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
               "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
               "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
               "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"),
    "mistral": ("mistral", [],
                "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
                "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
                "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
                "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% endif %}{% endfor %}"),
    "qwen2": ("qwen2", ["<|im_start|>", "<|im_end|>"], SYSTEM.replace("TEXT", "You are a helpful assistant.") + CHATML),
    "smollm2": ("smollm", ["<|im_start|>", "<|im_end|>"],
                SYSTEM.replace("TEXT", "You are a helpful AI assistant named SmolLM, trained by Hugging Face") + CHATML),
}


def family(name, vocabularies, variants):
    variant_name, special, template = FAMILIES[name]
    variant = json.loads(json.dumps(variants[variant_name]))
    known = {token["content"] for token in variant["file"]["added_tokens"]}
    end = variant["config"]["eos_token"]
    size = tokenizer_of(variant, vocabularies).get_vocab_size()
    more = [added(token, size + i) for i, token in enumerate(token for token in special if token not in known)]
    variant["file"]["added_tokens"] += more
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer_of(variant, vocabularies), bos_token="<s>",
                                                     eos_token=end, chat_template=template)
    rows = []
    for text in [*bbh()[::1300], "a", "naïve 12\n\n34 words?", "  spaces around \n\n", "\u00a0\u2003x\u3000\x1f"]:
        message = [{"role": "user", "content": text}]
        ids = tokenizer.apply_chat_template(message, tokenize=True, add_generation_prompt=True, return_dict=False)
        rows.append({"text": text, "ids": ids})
    return {"name": name, "variant": variant_name, "added_tokens": more, "pieces": prompt_pieces.pieces(tokenizer), "rows": rows}


def main():
    with open(os.path.join(HERE, "bpe", "golden.json"), encoding="utf-8") as file:
        golden = json.load(file)
    variants = {variant["name"]: variant for variant in golden["variants"]}
    families = [family(name, golden["vocabularies"], variants) for name in FAMILIES]
    with open(os.path.join(HERE, "bpe", "chat.json"), "w", encoding="utf-8") as file:
        json.dump({"by": f"make_chat.py, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",
                   "families": families}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
