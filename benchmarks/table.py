"""What was measured, and how it compares with what was aimed at, for people to read."""

from collections.abc import Iterator
from collections.abc import Mapping
from math import sqrt
from statistics import median
from statistics import quantiles

from .turns import Samples

HEADINGS = ("median", "quartiles", "ratio", "95 %", "aim")


def show(title: str, samples: Samples, aims: Mapping[str, float]) -> None:
    """Print a table; its first row is what the others are compared with.

    :param title: tells what was measured, and in which unit.
    :param aims: the highest welcome ratio of each row that has one.
    """
    print(line(title, *HEADINGS))
    for row in rows(samples, aims):
        print(line(*row))

    print(flush=True)


def rows(samples: Samples, aims: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    baseline = next(iter(samples.values()))
    for name, values in samples.items():
        low, middle, high = quantiles(values, n=4, method="inclusive")
        # The two values of a round share its troubles.
        ratios = [a / b for a, b in zip(values, baseline, strict=True)]
        least, most = interval(ratios)
        yield (
            f"  {name}",
            f"{middle:.1f}",
            f"{low:.1f} - {high:.1f}",
            f"{median(ratios):.2f}",
            f"{least:.2f} - {most:.2f}",
            verdict(least, most, aims[name]) if name in aims else "",
        )


def interval(values: list[float]) -> tuple[float, float]:
    """Return between what the median is, with a confidence of about 95 %.

    It counts ranks and so needs no assumption about how the values are spread, but
    that they are independent; of few values it returns the least and the greatest.
    """
    ordered = sorted(values)
    first = max(0, int(len(ordered) / 2 - 0.98 * sqrt(len(ordered))))
    return ordered[first], ordered[-1 - first]


def verdict(least: float, most: float, aim: float) -> str:
    if round(most, 2) <= aim:
        word = "met"
    elif round(least, 2) > aim:
        word = "missed"
    else:
        word = "unclear"

    return f"<= {aim:.2f} {word}"


def line(
    name: str, middle: str, spread: str, ratio: str, between: str, aim: str
) -> str:
    return f"{name:<42}{middle:>8}{spread:>17}{ratio:>7}{between:>13}  {aim}".rstrip()
