"""What makes a top a coat: a front that opens all the way down, lapels, stand-up collars, hoods and pockets."""

from __future__ import annotations

import numpy as np

from edge.demo.fabric import BLACK, WHITE, Fabric, grey_of, mix
from edge.demo.sheet import Colour, Sheet, flipped, mirrored, smooth

_HORN: Colour = (70, 96, 128)


def add_lapels(
    sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, neck: float, top: float, bottom: float
) -> None:
    """Two lapels that meet above one or two rows of buttons."""
    meet = top + float(rng.uniform(0.13, 0.24))
    sheet.panel([(0.5 - neck, top), (0.5 + neck, top), (0.5, meet)], fabric.inside)
    leaf = [
        (0.5 + neck * 0.7, top - 0.025),
        (0.5 + neck + 0.03, top + 0.02),
        (0.5 + neck + 0.055, top + 0.1),
        (0.5 + neck + 0.015, top + 0.11),
        (0.5, meet + 0.02),
        (0.5 + neck * 0.5, top + 0.06),
    ]
    for outline in (leaf, flipped(leaf)):
        sheet.part(outline, _panel_tone(fabric))
        sheet.line(outline, fabric.seam, 0.007, closed=True)
    _open_front(sheet, fabric, top=meet, bottom=bottom)
    columns = (0.44, 0.56) if rng.random() < 0.4 else (0.535,)
    for x in columns:
        for y in np.linspace(meet + 0.06, bottom - 0.2, 4):
            sheet.disc((x, float(y)), 0.016, _button(fabric))


def add_stand_collar(sheet: Sheet, fabric: Fabric, *, neck: float, top: float, bottom: float) -> None:
    """A collar that stands up around the neck and a zip that runs from its edge to the hem."""
    collar = mirrored([(0.0, top - 0.05), (neck * 0.95, top - 0.06), (neck + 0.015, top + 0.025), (0.0, top + 0.05)])
    sheet.part(collar, _panel_tone(fabric))
    sheet.line(collar, fabric.seam, 0.008, closed=True)
    _open_front(sheet, fabric, top=top - 0.05, bottom=bottom)
    teeth = mix(WHITE, fabric.base, 0.35) if fabric.dark else mix(fabric.seam, BLACK, 0.3)
    sheet.stitch([(0.5, top - 0.04), (0.5, bottom)], teeth, step=0.014)


def add_hood(sheet: Sheet, fabric: Fabric, *, neck: float, top: float, bottom: float) -> None:
    """A hood seen from the front and toggles on loops."""
    hood = smooth(
        mirrored(
            [
                (0.0, top - 0.125),
                (neck + 0.02, top - 0.12),
                (neck + 0.055, top - 0.03),
                (neck + 0.06, top + 0.06),
                (0.0, top + 0.13),
            ]
        )
    )
    sheet.part(hood, _panel_tone(fabric))
    sheet.line(hood, fabric.seam, 0.007, closed=True)
    face = [(0.0, top - 0.09), (neck * 0.9, top - 0.07), (neck * 0.85, top + 0.03), (0.0, top + 0.1)]
    sheet.panel(smooth(mirrored(face)), fabric.inside)
    _open_front(sheet, fabric, top=top + 0.085, bottom=bottom)
    for y in np.linspace(top + 0.18, bottom - 0.22, 3):
        sheet.line([(0.44, float(y)), (0.56, float(y))], fabric.seam, 0.008)
        sheet.line([(0.475, float(y)), (0.525, float(y))], _button(fabric), 0.02)


def add_quilting(sheet: Sheet, fabric: Fabric, *, top: float, bottom: float, reach: float) -> None:
    """Seams across the body between which the down bulges."""
    for y in np.arange(top, bottom - 0.04, 0.085):
        level = float(y)
        sheet.line(
            smooth([(0.5 - reach, level), (0.5, level + 0.012), (0.5 + reach, level)], closed=False), fabric.seam
        )
        sheet.fold([(0.5 - reach - 0.1, level + 0.008), (0.5 + reach + 0.1, level + 0.008)], depth=18, width=3)


def add_pockets(sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, middle: float, reach: float) -> None:
    """A pair of flap pockets or of slanted openings at hip height."""
    outer, inner = 0.5 + reach - 0.04, 0.5 + reach - 0.14
    if rng.random() < 0.5:
        flap = [(inner, middle), (outer, middle), (outer, middle + 0.045), (inner, middle + 0.045)]
        for outline in (flap, flipped(flap)):
            sheet.panel(outline, _panel_tone(fabric))
            sheet.line(outline, fabric.seam, 0.006, closed=True)
    else:
        slit = [(inner + 0.03, middle - 0.04), (outer, middle + 0.08)]
        for path in (slit, flipped(slit)):
            sheet.line(path, fabric.seam, 0.01)


def _open_front(sheet: Sheet, fabric: Fabric, *, top: float, bottom: float) -> None:
    """The edge where one half of the front lies over the other."""
    sheet.line([(0.5, top), (0.5, bottom)], fabric.seam, 0.014)
    sheet.fold([(0.51, top + 0.05), (0.51, bottom)], depth=16, width=2)


def _panel_tone(fabric: Fabric) -> Colour:
    """Collars and flaps catch a little more light than the cloth they lie on."""
    return mix(fabric.base, WHITE, 0.12)


def _button(fabric: Fabric) -> Colour:
    return mix(fabric.base, _HORN, 0.8) if grey_of(fabric.base) > 110 else mix(fabric.base, WHITE, 0.55)
