"""Bags, seen from the front: handbag, satchel, shoulder bag and travel bag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.demo.fabric import WHITE, Fabric, mix, pick_fabric, weave
from edge.demo.sheet import Colour, Sheet, flipped, mirrored, new_sheet, smooth

if TYPE_CHECKING:
    import numpy as np

_BRASS: Colour = (92, 176, 216)


def draw_bag(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A wide body with handles or a strap, a flap, a zip or a clasp."""
    fabric = pick_fabric(rng, ["plain", "plain", "plain", "twill", "heather", "checks"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    kinds: tuple[Callable[[Sheet, Fabric, np.random.Generator], None], ...] = (_handbag, _satchel, _shoulder, _travel)
    kinds[int(rng.integers(len(kinds)))](sheet, fabric, rng)
    return sheet


def _metal(fabric: Fabric) -> Colour:
    return _BRASS if fabric.dark else mix(fabric.seam, _BRASS, 0.3)


def _handbag(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A trapezoid with an arched handle, rings and a zip along its upper edge."""
    top, bottom = float(rng.uniform(0.36, 0.42)), float(rng.uniform(0.84, 0.9))
    upper, lower = float(rng.uniform(0.33, 0.38)), float(rng.uniform(0.42, 0.46))
    reach, rise = float(rng.uniform(0.15, 0.2)), float(rng.uniform(0.09, 0.14))
    arch = [(0.5 - reach, top + 0.07), (0.5 - reach, rise), (0.5 + reach, rise), (0.5 + reach, top + 0.07)]
    sheet.strap(smooth(arch, closed=False), mix(fabric.base, fabric.seam, 0.4), 0.04, edge=fabric.seam)
    corner = (lower, bottom)
    body = smooth(mirrored([(0.0, top), (upper, top), (upper, top), corner, corner, (0.0, bottom)]))
    _body(sheet, fabric, body)
    sheet.line([(0.5 - upper, top + 0.03), (0.5 + upper, top + 0.03)], fabric.seam, 0.01)
    for side in (-1, 1):
        tab = 0.5 + side * reach
        sheet.line([(tab, top - 0.03), (tab, top + 0.12)], mix(fabric.base, fabric.seam, 0.6), 0.045)
        sheet.disc((tab, top + 0.11), 0.014, _metal(fabric))
    sheet.disc((0.5, top + 0.1), 0.022, _metal(fabric))
    sheet.fold([(0.3, top + 0.1), (0.24, bottom - 0.05)], depth=22)
    sheet.fold([(0.68, top + 0.12), (0.74, bottom - 0.05)], depth=22)


def _satchel(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A box with a flap, two buckled straps and a short handle."""
    top, bottom = float(rng.uniform(0.24, 0.3)), float(rng.uniform(0.78, 0.84))
    reach = float(rng.uniform(0.42, 0.46))
    handle = [(0.36, top + 0.03), (0.37, top - 0.1), (0.63, top - 0.1), (0.64, top + 0.03)]
    sheet.strap(smooth(handle, closed=False), mix(fabric.base, fabric.seam, 0.4), 0.04, edge=fabric.seam)
    low, high = (reach, bottom), (reach - 0.01, top)
    body = smooth(mirrored([(0.0, top), high, high, low, low, low, (0.0, bottom)]))
    _body(sheet, fabric, body)
    edge = top + (bottom - top) * float(rng.uniform(0.5, 0.62))
    flap = smooth(mirrored([(0.0, top), high, high, (reach, edge - 0.08), (reach - 0.06, edge), (0.0, edge + 0.01)]))
    sheet.panel(flap, mix(fabric.base, fabric.accent, 0.3))
    sheet.line(flap, fabric.seam, 0.009, closed=True)
    sheet.shade([(0.06, edge), (0.94, edge), (0.94, edge + 0.05), (0.06, edge + 0.05)], 104)
    for x in (0.31, 0.69):
        sheet.line([(x, top + 0.02), (x, edge + 0.08)], mix(fabric.base, fabric.seam, 0.65), 0.045)
        buckle = [(x - 0.03, edge - 0.02), (x + 0.03, edge - 0.02), (x + 0.03, edge + 0.035), (x - 0.03, edge + 0.035)]
        sheet.line(buckle, _metal(fabric), 0.012, closed=True)


def _shoulder(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A rounded body that hangs on a long strap."""
    top, bottom, reach = (float(rng.uniform(0.48, 0.54)), 0.93, float(rng.uniform(0.36, 0.41)))
    peak = float(rng.uniform(0.06, 0.12))
    arch = [(0.4, peak + 0.04), (0.5, peak - 0.03), (0.6, peak + 0.04)]
    strap = [(0.5 - reach + 0.05, top + 0.05), *arch, (0.45 + reach, top + 0.05)]
    sheet.strap(smooth(strap, closed=False), mix(fabric.base, fabric.seam, 0.35), 0.038, edge=fabric.seam)
    low = (reach + 0.03, bottom - 0.02)
    body = smooth(mirrored([(0.0, top + 0.015), (reach, top), (reach, top), low, low, (0.2, bottom), (0.0, bottom)]))
    _body(sheet, fabric, body)
    flap = smooth(mirrored([(0.0, top + 0.01), (reach, top), (reach, top), (reach - 0.04, 0.7), (0.0, 0.8)]))
    sheet.panel(flap, mix(fabric.base, fabric.accent, 0.22))
    sheet.line(flap, fabric.seam, 0.009, closed=True)
    sheet.disc((0.5, 0.745), 0.03, _metal(fabric))
    sheet.disc((0.5, 0.745), 0.015, fabric.seam)


def _travel(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A wide rounded holdall: two handles that run down its sides, a zip and end caps."""
    top, bottom, reach = (float(rng.uniform(0.36, 0.42)), float(rng.uniform(0.8, 0.85)), 0.46)
    grip = float(rng.uniform(0.16, 0.22))
    belt = mix(fabric.base, fabric.seam, 0.5)
    loop = [(0.34, top + 0.06), (0.36, grip), (0.64, grip), (0.66, top + 0.06)]
    sheet.strap(smooth(loop, closed=False), belt, 0.038, edge=fabric.seam)
    outer = [(reach, top + 0.06), (reach, bottom - 0.02)]
    body = smooth(mirrored([(0.0, top), (reach - 0.07, top), *outer, (reach - 0.03, bottom), (0.0, bottom)]))
    _body(sheet, fabric, body)
    cap = [(0.5 + reach - 0.1, top - 0.02), (0.5 + reach - 0.12, bottom + 0.02), (0.99, bottom + 0.02),
           (0.99, top - 0.02)]  # fmt: skip
    for outline in (cap, flipped(cap)):
        sheet.panel(outline, mix(fabric.base, fabric.accent, 0.35))
        sheet.line(outline[:2], fabric.seam, 0.007)
    sheet.line([(0.14, top + 0.045), (0.86, top + 0.045)], fabric.seam, 0.012)
    sheet.stitch([(0.14, top + 0.045), (0.86, top + 0.045)], mix(fabric.base, WHITE, 0.5), step=0.014)
    for x in (0.34, 0.66):
        sheet.line([(x, top + 0.02), (x, bottom)], belt, 0.04)


def _body(sheet: Sheet, fabric: Fabric, outline: list[tuple[float, float]]) -> None:
    """Add the bag's body with a rim and a row of stitches just inside it."""
    sheet.part(outline)
    sheet.line(outline, fabric.seam, 0.01, closed=True)
    inner = [(0.5 + (x - 0.5) * 0.94, 0.62 + (y - 0.62) * 0.92) for x, y in outline]
    sheet.stitch(inner, mix(fabric.base, fabric.seam, 0.7))
