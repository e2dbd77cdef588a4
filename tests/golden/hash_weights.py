"""Weights and token ids made from integer hashes, so that no weights need to be stored.

tests/tensor/hash_weights.hpp makes the same values bit by bit. Value number i of tensor `name` is

    h = splitmix64(fnv1a64(name) + i)          (arithmetic modulo 2^64)
    u = (h mod 2^24) / 2^23 - 1                in [-1, 1)
    w = float32(center + scale * u)            scale below; center is 1 for norms, else 0
"""

import math

import numpy as np


def fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def splitmix64(x):
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def hashes(name, count):
    with np.errstate(over="ignore"):
        return splitmix64(np.arange(count, dtype=np.uint64) + np.uint64(fnv1a64(name)))


def scale(name, c):
    """Standard deviations near those of a trained T5: unit activations, logits of a few nats."""
    kind = name.removesuffix(".weight").rsplit(".", 1)[-1]
    if kind in ("layer_norm", "final_layer_norm"):
        return 0.1
    if kind == "relative_attention_bias":
        return 1.0
    if kind == "shared":
        return math.sqrt(3.0)
    if kind == "lm_head":
        return 3.0 * math.sqrt(3.0 / c["d_model"])
    if kind == "q":
        return math.sqrt(3.0 / (c["d_model"] * c["d_kv"]))
    if kind == "o":
        return math.sqrt(3.0 / (c["num_heads"] * c["d_kv"]))
    if kind == "wo":
        return math.sqrt(3.0 / c["d_ff"])
    assert kind in ("k", "v", "wi", "wi_0", "wi_1"), name
    return math.sqrt(3.0 / c["d_model"])


def weight(name, shape, c):
    u = (hashes(name, math.prod(shape)) % np.uint64(2**24)).astype(np.float64) / 2.0**23 - 1.0
    center = 1.0 if name.endswith("layer_norm.weight") else 0.0
    return (center + scale(name, c) * u).astype(np.float32).reshape(shape)


def token_ids(name, length, vocabulary):
    """`length` ids ending in </s> (1); the others are ordinary words."""
    ids = 3 + hashes(name, length) % np.uint64(vocabulary - 3)
    return [int(i) for i in ids[:-1]] + [1]
