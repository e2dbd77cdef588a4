"""The names of the paper's 196 modules, as configs/library/lorahub_196.txt lists them."""
import pathlib

_LIST = pathlib.Path(__file__).with_name("lorahub_196.txt")
LORA_MODULE_NAMES = [line for line in _LIST.read_text().split("\n") if line and not line.startswith("#")]
