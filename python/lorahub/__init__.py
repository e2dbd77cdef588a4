"""LoraHub's two calls, lorahub_learning and lorahub_inference, and studies, by the program `lorahub`. See README.md."""
from .adapter import Adapter, Tokenizer
from .algorithm import (default_get_loss, default_l1_regularization, lorahub_inference, lorahub_learning)
from .constant import LORA_MODULE_NAMES
from .program import Error
from .study import results, run

__version__ = "0.2.0"
__all__ = ["Adapter", "Error", "LORA_MODULE_NAMES", "default_get_loss", "default_l1_regularization",
           "lorahub_inference", "lorahub_learning", "results", "run"]
