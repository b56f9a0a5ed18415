"""What is sewn onto T-shirts, pullovers and shirts: ribs, chest prints, plackets and collars."""

from __future__ import annotations

import numpy as np

from edge.demo.fabric import WHITE, Fabric, mix
from edge.demo.sheet import Colour, Points, Sheet, flipped, smooth


def add_rib(sheet: Sheet, outline: Points, colour: Colour, groove: Colour) -> None:
    """Colour a band and groove it from its upper to its lower edge; needs a four-cornered outline."""
    sheet.panel(outline, colour)
    corners = np.asarray(outline, np.float64)
    left, right = corners[:, 0].min(), corners[:, 0].max()
    top, bottom = corners[:, 1].min(), corners[:, 1].max()
    for x in np.arange(left, right, 0.017):
        sheet.line([(x, top + 0.012), (x, bottom)], mix(colour, groove, 0.5), 0.004)
    sheet.line([(left, top), (right, top)], groove, 0.005)


def add_chest_print(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A sun over waves, a block of lettering-like bars, a broad band or a pocket."""
    ink = fabric.accent
    kind = int(rng.integers(4))
    if kind == 0:
        sheet.disc((0.5, 0.38), 0.075, ink)
        for y in (0.38, 0.405, 0.43):
            sheet.line(
                smooth([(0.42, y), (0.46, y + 0.015), (0.54, y - 0.015), (0.58, y)], closed=False), fabric.base, 0.01
            )
    elif kind == 1:
        for row, reach in enumerate(rng.uniform(0.06, 0.11, size=3)):
            y = 0.3 + 0.035 * row
            sheet.line([(0.5 - reach, y), (0.5 + reach, y)], ink, 0.018)
    elif kind == 2:
        sheet.panel([(0.22, 0.36), (0.78, 0.36), (0.78, 0.44), (0.22, 0.44)], ink)
    else:
        pocket = [(0.54, 0.3), (0.65, 0.3), (0.65, 0.4), (0.595, 0.425), (0.54, 0.4)]
        sheet.panel(pocket, mix(fabric.base, ink, 0.35))
        sheet.line(pocket, fabric.seam, 0.005, closed=True)


def add_placket(sheet: Sheet, fabric: Fabric, *, top: float, bottom: float) -> None:
    """The strip a shirt is buttoned by, down the middle."""
    sheet.panel([(0.482, top), (0.518, top), (0.518, bottom), (0.482, bottom)], mix(fabric.base, fabric.accent, 0.12))
    for x in (0.48, 0.52):
        sheet.line([(x, top), (x, bottom)], fabric.seam, 0.006)
    button = WHITE if fabric.dark else mix(fabric.base, fabric.seam, 0.9)
    for y in np.linspace(top + 0.05, bottom - 0.08, 6):
        sheet.disc((0.5, float(y)), 0.011, button)


def add_shirt_collar(sheet: Sheet, fabric: Fabric, *, neck: float, top: float) -> None:
    """Two pointed leaves that meet above the placket."""
    leaf = [
        (0.5 + neck * 0.55, top - 0.022),
        (0.5 + neck + 0.008, top + 0.008),
        (0.5 + neck + 0.005, top + 0.085),
        (0.5, top + 0.055),
    ]
    tone = mix(fabric.base, WHITE, 0.12)
    for outline in (leaf, flipped(leaf)):
        sheet.part(outline, tone)
        sheet.line(outline, fabric.seam, 0.007, closed=True)
    sheet.line([(0.5 - neck * 0.55, top - 0.02), (0.5 + neck * 0.55, top - 0.02)], fabric.seam, 0.005)
