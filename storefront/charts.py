"""Lines, bars and squares as paths of SVG, as small as they can be.

One step to the right is one of a path's units, and the whole height is `HEIGHT` of them, so that a
style sheet can stretch the picture to any screen; words stand beside it, where they keep their
size.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

HEIGHT = 100
SHADES = 4  # of squares, besides none


def top(most: int) -> int:
    """A round number that nothing passes, for the top of a chart: 1, 2, 4, 6 or 8 and noughts."""
    if most <= 2:
        return 2
    power = 10 ** (len(str(most)) - 1)
    return next(n * power for n in (1, 2, 4, 6, 8, 10) if n * power >= most)


def line(values: Sequence[int], most: int) -> str:
    """A line through all values; one alone is a line across."""
    points = [_height(value, most) for value in values]
    if not points:
        return ""
    if len(points) == 1:
        return f"M0 {points[0]}H1"
    return "M" + " ".join(f"{n} {point}" for n, point in enumerate(points))


def area(values: Sequence[int], most: int) -> str:
    """What is below the line."""
    return f"{line(values, most)}V{HEIGHT}H0" if values else ""


def bars(values: Sequence[int], most: int) -> str:
    """An upright stroke for each value that is not nothing, in the middle of its step."""
    heights = enumerate(_height(value, most) for value in values)
    return "".join(f"M{n}.5 {HEIGHT}V{height}" for n, height in heights if height < HEIGHT)


def squares(counts: Mapping[tuple[int, int], int]) -> list[str]:
    """A path for each shade, the faintest first, of strokes along the rows of (row, column)."""
    most = max(counts.values(), default=0)
    shade_of = {place: -(-count * SHADES // most) for place, count in counts.items() if count > 0}
    paths = [""] * SHADES
    for (row, shade), places in groupby(
        sorted(shade_of), key=lambda place: (place[0], shade_of[place])
    ):
        columns = [column for _, column in places]
        for first, length in _runs(columns):
            paths[shade - 1] += f"M{first} {row}.5h{length}"
    return paths


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    """Where runs of neighbours begin, and how long they are."""
    found: list[tuple[int, int]] = []
    for column in columns:
        if found and column == sum(found[-1]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((column, 1))
    return found


def _height(value: int, most: int) -> int:
    return HEIGHT - round(HEIGHT * max(value, 0) / most) if most else HEIGHT
