"""Measuring in turns, so that what disturbs the machine disturbs everyone alike."""

import random
from collections.abc import Callable
from collections.abc import Mapping

# By names: a way to measure, and what it measured in each round.
Measurements = Mapping[str, Callable[[], float]]
Samples = Mapping[str, list[float]]


def in_turns(measurements: Measurements, rounds: int) -> Samples:
    """Take every measurement once a round, in an order that differs each time.

    An order that only rotates would leave everyone behind the same other one.
    """
    samples: dict[str, list[float]] = {name: [] for name in measurements}
    for _ in range(rounds):
        for name in random.sample(list(measurements), k=len(measurements)):
            samples[name].append(measurements[name]())

    return samples
