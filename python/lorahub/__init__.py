"""LoraHub's two calls, lorahub_learning and lorahub_inference, by the program `lorahub`. See README.md."""
from .adapter import Adapter, Tokenizer
from .algorithm import (default_get_loss, default_l1_regularization, lorahub_inference, lorahub_learning)
from .constant import LORA_MODULE_NAMES
from .program import Error

__all__ = ["Adapter", "Error", "LORA_MODULE_NAMES", "default_get_loss", "default_l1_regularization",
           "lorahub_inference", "lorahub_learning"]
