"""Measuring in turns, so that what disturbs the machine disturbs everyone alike."""

from collections.abc import Callable
from collections.abc import Mapping

# By names: a way to measure, and what it measured in each round.
Measurements = Mapping[str, Callable[[], float]]
Samples = Mapping[str, list[float]]


def in_turns(measurements: Measurements, rounds: int) -> Samples:
    """Take every measurement once a round; each round begins with the next one."""
    samples: dict[str, list[float]] = {name: [] for name in measurements}
    order = list(measurements)
    for _ in range(rounds):
        for name in order:
            samples[name].append(measurements[name]())

        order.append(order.pop(0))

    return samples
