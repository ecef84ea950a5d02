"""What was measured, and how it compares with what was aimed at, for people to read."""

from collections.abc import Iterator
from collections.abc import Mapping
from statistics import median
from statistics import quantiles

from .turns import Samples

HEADINGS = ("median", "quartiles", "ratio", "aim")


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
        ratio = ratio_by_rounds(values, baseline)
        yield (
            f"  {name}",
            f"{middle:.1f}",
            f"{low:.1f} - {high:.1f}",
            f"{ratio:.2f}",
            verdict(ratio, aims[name]) if name in aims else "",
        )


def ratio_by_rounds(values: list[float], baseline: list[float]) -> float:
    """Return the median of the ratios; both values of a round share its troubles."""
    return median(a / b for a, b in zip(values, baseline, strict=True))


def verdict(ratio: float, aim: float) -> str:
    return f"<= {aim:.2f} {'met' if round(ratio, 2) <= aim else 'missed'}"


def line(name: str, middle: str, spread: str, ratio: str, aim: str) -> str:
    return f"{name:<46}{middle:>8}{spread:>17}{ratio:>7}  {aim}".rstrip()
