"""Open shoes, seen from the side with the toe to the left: flat sandals, slides, wedges and high heels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.demo.fabric import BLACK, WHITE, Fabric, grey_of, mix, pick_fabric, weave
from edge.demo.sheet import Colour, Points, Sheet, new_sheet, smooth

if TYPE_CHECKING:
    import numpy as np

_LEFT, _RIGHT = 0.035, 0.965


def draw_sandal(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A sole and straps with air between them."""
    fabric = pick_fabric(rng, ["plain"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    kinds = (_flat, _flat, _slide, _heeled, _wedge)
    kinds[int(rng.integers(len(kinds)))](sheet, fabric, rng)
    return sheet


def _band(sheet: Sheet, fabric: Fabric, path: Points, width: float) -> None:
    sheet.strap(smooth(path, closed=False), fabric.base, width, edge=fabric.seam)


def _base(sheet: Sheet, fabric: Fabric, outline: Points) -> None:
    """A sole in cork, leather or rubber that stays on the straps' side of the background."""
    tone: Colour = mix(fabric.base, (52, 84, 122), 0.5) if fabric.dark else mix(fabric.base, (165, 205, 232), 0.6)
    sheet.part(smooth(outline), tone)
    sheet.line(smooth(outline), mix(tone, BLACK if grey_of(tone) > 60 else WHITE, 0.35), 0.006, closed=True)


def _flat(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """Toe strap, instep strap, heel counter and a buckled ankle strap on a thin sole."""
    floor, width = 0.66, float(rng.uniform(0.045, 0.065))
    top = floor - float(rng.uniform(0.04, 0.065))
    _band(sheet, fabric, [(0.12, top), (0.22, top - 0.11), (0.33, top - 0.12), (0.37, top)], width)
    _band(sheet, fabric, [(0.25, top), (0.36, top - 0.15), (0.47, top - 0.19), (0.52, top)], width)
    high = top - float(rng.uniform(0.2, 0.27))
    _band(sheet, fabric, [(0.9, top), (0.91, top - 0.1), (0.92, high)], width)
    _band(sheet, fabric, [(0.92, high + 0.03), (0.8, high + 0.05), (0.66, high), (0.6, high + 0.03)], width)
    _band(sheet, fabric, [(0.6, high + 0.03), (0.72, high + 0.1), (0.84, top)], width)
    sheet.disc((0.76, high + 0.03), 0.016, mix(WHITE, fabric.base, 0.3))
    _base(sheet, fabric, _flat_sole(top, floor))


def _slide(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """One broad band over the instep of a thick foot bed, or two narrower ones."""
    floor, top = 0.62, 0.62 - float(rng.uniform(0.055, 0.08))
    rise = float(rng.uniform(0.14, 0.17))
    pair = rng.random() < 0.5
    for left, right, high in ((0.12, 0.33, 0.8), (0.35, 0.57, 1.1)) if pair else ((0.15, 0.55, 1.15),):
        _slide_band(sheet, fabric, left=left, right=right, top=top, rise=rise * high)
    _base(sheet, fabric, _flat_sole(top, floor))


def _slide_band(sheet: Sheet, fabric: Fabric, *, left: float, right: float, top: float, rise: float) -> None:
    """A band that leans back over the instep, its far side showing behind, with a buckle and stitched edges."""
    crest = right - 0.22 * (right - left)
    front = [(left - 0.02, top + 0.02), (left + 0.035, top - 0.6 * rise), (crest - 0.06, top - 0.98 * rise)]
    back = [(right, top - 0.85 * rise), (right + 0.03, top - 0.4 * rise), (right + 0.035, top + 0.02)]
    outline = smooth([front[0], *front, (crest, top - rise), *back, back[-1]])
    sheet.part([(x + 0.022, y - 0.004) for x, y in outline], fabric.inside)
    sheet.part(outline, fabric.base)
    sheet.line(outline, fabric.seam, 0.007, closed=True)
    sheet.stitch(smooth([(x + 0.018, y + 0.018) for x, y in front], closed=False), fabric.seam)
    sheet.stitch(smooth([(x - 0.018, y + 0.015) for x, y in back], closed=False), fabric.seam)
    sheet.disc((crest - 0.015, top - 0.5 * rise), 0.02, mix(WHITE, fabric.base, 0.4))


def _flat_sole(top: float, floor: float) -> Points:
    """Outline of a flat sole between two heights, its toe lifted a little."""
    return [
        (_LEFT, top - 0.012),
        (0.1, top + 0.005),
        (0.4, top + 0.012),
        (0.8, top - 0.005),
        (_RIGHT, top - 0.005),
        (_RIGHT, floor),
        (_RIGHT, floor),
        (0.12, floor),
        (_LEFT, floor - 0.02),
    ]


def _heeled(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A steep sole on a slender heel, toe straps and an ankle strap."""
    floor, rise = 0.86, float(rng.uniform(0.5, 0.56))
    width = float(rng.uniform(0.035, 0.05))
    _band(sheet, fabric, [(0.12, floor - 0.05), (0.2, floor - 0.17), (0.32, floor - 0.19), (0.34, floor - 0.07)], width)
    _band(
        sheet, fabric, [(0.24, floor - 0.05), (0.34, floor - 0.22), (0.44, floor - 0.26), (0.46, floor - 0.16)], width
    )
    _band(sheet, fabric, [(0.88, rise), (0.9, rise - 0.14), (0.89, rise - 0.3)], width)
    _band(sheet, fabric, [(0.89, rise - 0.28), (0.76, rise - 0.24), (0.64, rise - 0.3), (0.62, rise - 0.33)], width)
    _band(sheet, fabric, [(0.62, rise - 0.32), (0.74, rise - 0.2), (0.82, rise)], width)
    heel = [
        (0.82, rise),
        (0.95, rise),
        (0.95, rise),
        (0.93, 0.7),
        (0.915, floor),
        (0.915, floor),
        (0.87, floor),
        (0.87, floor),
        (0.865, 0.7),
    ]
    sheet.part(smooth(heel), mix(fabric.base, fabric.seam, 0.6))
    arch = [(_LEFT, floor - 0.055), (0.3, floor - 0.05), (0.5, floor - 0.15), (0.78, rise - 0.02), (0.95, rise - 0.03)]
    _base(
        sheet,
        fabric,
        [*arch, (0.94, rise + 0.05), (0.8, rise + 0.06), (0.54, floor - 0.08), (0.36, floor), (0.08, floor)],
    )


def _wedge(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A cork wedge, a broad toe band and an ankle strap."""
    floor, rise = 0.8, float(rng.uniform(0.56, 0.62))
    width = float(rng.uniform(0.045, 0.06))
    _band(sheet, fabric, [(0.1, floor - 0.08), (0.22, floor - 0.22), (0.36, floor - 0.23), (0.38, floor - 0.1)], width)
    _band(sheet, fabric, [(0.24, floor - 0.08), (0.36, floor - 0.26), (0.48, floor - 0.29), (0.5, floor - 0.14)], width)
    _band(sheet, fabric, [(0.9, rise), (0.915, rise - 0.12), (0.9, rise - 0.24)], width)
    _band(sheet, fabric, [(0.9, rise - 0.22), (0.76, rise - 0.18), (0.64, rise - 0.26)], width)
    _band(sheet, fabric, [(0.64, rise - 0.25), (0.76, rise - 0.14), (0.82, rise)], width)
    sole = [(_LEFT, floor - 0.085), (0.3, floor - 0.09), (0.6, rise + 0.05), (0.94, rise - 0.01), (0.94, rise - 0.01)]
    _base(sheet, fabric, [*sole, (_RIGHT, floor), (_RIGHT, floor), (0.1, floor), (_LEFT, floor - 0.03)])
    for share in (0.35, 0.65):
        left = (0.4, floor - 0.1 * (1 - share) - 0.01)
        sheet.line([left, (0.95, rise + (floor - rise) * share)], fabric.seam, 0.004)
