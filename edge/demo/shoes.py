"""Shoes, seen from the side with the toe to the left: sneaker, ankle boot and sandal."""

from __future__ import annotations

import numpy as np

from edge.demo.fabric import BLACK, WHITE, Fabric, grey_of, mix, pick_fabric, weave
from edge.demo.sheet import Colour, Points, Sheet, new_sheet, smooth

_LEFT, _RIGHT = 0.035, 0.965


def sole_colour(fabric: Fabric, rng: np.random.Generator) -> Colour:
    """A sole that stays on the upper's side of the background: gum or black under dark, white or cream under light."""
    if fabric.dark:
        return ((38, 62, 98), (40, 38, 40), mix(fabric.base, BLACK, 0.45))[int(rng.integers(3))]
    return ((240, 244, 246), (205, 228, 240), (150, 190, 222))[int(rng.integers(3))]


def draw_sneaker(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A low shoe with a thick sole, laces up the instep, a toe cap and a flash on the side."""
    fabric = pick_fabric(rng, ["plain", "plain", "heather", "twill"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    lift = float(rng.uniform(-0.02, 0.03))
    floor = float(rng.uniform(0.66, 0.68))
    sole_top = floor - float(rng.uniform(0.055, 0.085))
    upper = smooth(_sneaker_upper(lift, sole_top))
    sheet.part(upper)
    _dress_sneaker(sheet, fabric, rng, lift=lift, sole_top=sole_top)
    sheet.line(upper, fabric.seam, 0.007, closed=True)
    sole = [(_LEFT + 0.005, sole_top - 0.03), (_LEFT + 0.04, sole_top), (0.4, sole_top + 0.012), (0.7, sole_top),
            (_RIGHT - 0.01, sole_top - 0.012), (_RIGHT, floor - 0.02), (_RIGHT - 0.02, floor), (_RIGHT - 0.02, floor),
            (0.14, floor), (_LEFT, floor - 0.03)]  # fmt: skip
    rubber = sole_colour(fabric, rng)
    sheet.part(smooth(sole), rubber)
    groove = mix(rubber, BLACK if grey_of(rubber) > 60 else WHITE, 0.3)
    sheet.line([(0.06, floor - 0.022), (_RIGHT - 0.01, floor - 0.022)], groove, 0.006)
    sheet.line(smooth(sole), groove, 0.005, closed=True)
    return sheet


def _sneaker_upper(lift: float, sole_top: float) -> Points:
    """Outline of a sneaker above its sole; `lift` lowers the opening."""
    return [(_LEFT + 0.01, sole_top + 0.01), (_LEFT + 0.02, sole_top - 0.055), (0.12, 0.515 + lift / 2),
            (0.24, 0.495 + lift / 2), (0.36, 0.44 + lift), (0.5, 0.345 + lift), (0.565, 0.3 + lift),
            (0.6, 0.305 + lift), (0.62, 0.37 + lift), (0.72, 0.4 + lift), (0.84, 0.385 + lift), (0.9, 0.325 + lift),
            (0.945, 0.33 + lift), (0.945, 0.42 + lift), (_RIGHT - 0.01, 0.53),
            (_RIGHT - 0.015, sole_top + 0.015)]  # fmt: skip


def _dress_sneaker(sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, lift: float, sole_top: float) -> None:
    """Collar, toe cap, heel counter, side flash, tongue and laces."""
    tone = mix(fabric.base, fabric.accent, 0.45)
    toe = [(_LEFT, sole_top + 0.02), (_LEFT, 0.5), (0.14, 0.49), (0.21, 0.53), (0.24, sole_top + 0.02)]
    heel = [(0.86, sole_top + 0.02), (0.83, 0.52), (0.86, 0.44), (0.98, 0.42), (0.98, sole_top + 0.02)]
    for outline in (smooth(toe), smooth(heel)):
        sheet.panel(outline, tone)
        sheet.line(outline, fabric.seam, 0.006, closed=True)
    rim = [(0.575, 0.335 + lift), (0.62, 0.395 + lift), (0.72, 0.425 + lift), (0.84, 0.41 + lift), (0.92, 0.345 + lift)]
    sheet.line(smooth(rim, closed=False), fabric.inside, 0.03)
    flash = fabric.accent
    if rng.random() < 0.5:
        sheet.line(smooth([(0.42, 0.56), (0.56, 0.55), (0.8, 0.45 + lift)], closed=False), flash, 0.028)
    else:
        for x in (0.49, 0.57):
            sheet.line([(x, 0.46 + lift), (x + 0.06, sole_top)], flash, 0.02)
    sheet.line(smooth([(0.25, 0.53), (0.38, 0.49 + lift), (0.56, 0.38 + lift)], closed=False), fabric.seam, 0.006)
    lace = WHITE if fabric.dark else mix(fabric.base, fabric.seam, 0.8)
    for share in np.linspace(0.08, 0.9, 5):
        x, y = 0.3 + 0.24 * float(share), 0.475 + lift - 0.155 * float(share)
        sheet.line([(x - 0.012, y - 0.01), (x + 0.03, y + 0.05)], lace, 0.011)


def draw_boot(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A shoe whose shaft covers the ankle: elastic-sided, laced or with a zip, on a flat or a raised heel."""
    fabric = pick_fabric(rng, ["plain", "plain", "plain", "heather"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    top = float(rng.uniform(0.15, 0.25))
    front = float(rng.uniform(0.46, 0.53))
    heel = float(rng.uniform(0.045, 0.12))
    floor = 0.9
    upper = smooth(_boot_upper(top, front, floor - heel))
    sheet.part(upper)
    sheet.line(upper, fabric.seam, 0.007, closed=True)
    kind = int(rng.integers(3))
    if kind == 0:
        _elastic_side(sheet, fabric, top=top, front=front)
    elif kind == 1:
        _lace_boot(sheet, fabric, top=top, front=front)
    else:
        sheet.line([(0.72, top + 0.02), (0.735, 0.66)], fabric.seam, 0.01)
        sheet.stitch([(0.745, top + 0.02), (0.76, 0.66)], mix(fabric.base, WHITE, 0.5), step=0.014)
    _sole_boot(sheet, sole_colour(fabric, rng), floor=floor, heel=heel)
    sheet.fold([(0.5, 0.6), (0.64, 0.56)], depth=20, width=4)
    sheet.fold([(0.4, 0.66), (0.52, 0.7)], depth=18, width=4)
    sheet.line([(0.885, top), (0.9, top - 0.03), (0.915, top + 0.005)], fabric.seam, 0.014)
    return sheet


def _boot_upper(top: float, front: float, arch: float) -> Points:
    """Outline of a boot above its sole, which it follows up to the heel: `arch` is the heel's upper end."""
    return [(_LEFT + 0.01, 0.86), (_LEFT, 0.775), (0.09, 0.715), (0.2, 0.675), (0.32, 0.62), (front - 0.05, 0.52),
            (front, 0.38), (front - 0.005, top), (front - 0.005, top), (0.7, top + 0.02), (0.92, top), (0.92, top),
            (0.91, 0.4), (0.93, 0.6), (0.955, arch - 0.04), (0.955, arch - 0.02), (0.62, arch - 0.012),
            (0.38, 0.87)]  # fmt: skip


def _elastic_side(sheet: Sheet, fabric: Fabric, *, top: float, front: float) -> None:
    """The stretch panel of a Chelsea boot."""
    left, right = front + 0.1, 0.84
    foot = [(left + 0.04, 0.46), (0.71, 0.57), (right - 0.02, 0.46)]
    panel = smooth([(left, top), (left, top), *foot, (right, top), (right, top)])
    tone = mix(fabric.base, fabric.seam, 0.55)
    sheet.panel(panel, tone)
    for x in np.linspace(left + 0.03, right - 0.03, 7):
        sheet.line([(float(x), top + 0.03), (0.71 + (float(x) - 0.71) * 0.7, 0.48)], fabric.seam, 0.004)
    sheet.line(panel, fabric.seam, 0.007, closed=True)


def _lace_boot(sheet: Sheet, fabric: Fabric, *, top: float, front: float) -> None:
    """Eyelets and laces up the front of the shaft, a toe seam and a padded collar."""
    facing = [(front + 0.09, top + 0.05), (front + 0.09, 0.4), (front + 0.03, 0.56), (0.36, 0.68)]
    sheet.line(smooth(facing, closed=False), fabric.seam, 0.008)
    lace = mix(fabric.base, WHITE, 0.75) if fabric.dark else mix(fabric.base, fabric.seam, 0.85)
    for y in np.linspace(top + 0.07, 0.44, 5):
        sheet.line([(front - 0.01, float(y) - 0.015), (front + 0.08, float(y) + 0.025)], lace, 0.013)
    sheet.line([(front - 0.04, 0.52), (front + 0.04, 0.57)], lace, 0.013)
    sheet.line(smooth([(0.22, 0.67), (0.3, 0.75), (0.29, 0.86)], closed=False), fabric.seam, 0.008)
    sheet.line([(front, top + 0.03), (0.92, top + 0.03)], mix(fabric.base, fabric.seam, 0.6), 0.05)


def _sole_boot(sheet: Sheet, rubber: Colour, *, floor: float, heel: float) -> None:
    """The sole with a heel of height `heel` below it."""
    arch = floor - heel
    sole = [(_LEFT, 0.835), (0.1, 0.855), (0.38, 0.86), (0.62, arch - 0.03), (_RIGHT, arch - 0.04),
            (_RIGHT, arch - 0.04), (_RIGHT - 0.005, floor), (_RIGHT - 0.005, floor), (0.74, floor), (0.74, floor),
            (0.715, arch + 0.01), (0.6, arch + 0.015), (0.4, floor), (0.08, floor), (_LEFT, 0.875)]  # fmt: skip
    sheet.part(smooth(sole), rubber)
    sheet.line(smooth(sole), mix(rubber, BLACK if grey_of(rubber) > 60 else WHITE, 0.3), 0.005, closed=True)


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
    return [(_LEFT, top - 0.012), (0.1, top + 0.005), (0.4, top + 0.012), (0.8, top - 0.005), (_RIGHT, top - 0.005),
            (_RIGHT, floor), (_RIGHT, floor), (0.12, floor), (_LEFT, floor - 0.02)]  # fmt: skip


def _heeled(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A steep sole on a slender heel, toe straps and an ankle strap."""
    floor, rise = 0.86, float(rng.uniform(0.5, 0.56))
    width = float(rng.uniform(0.035, 0.05))
    _band(sheet, fabric, [(0.12, floor - 0.05), (0.2, floor - 0.17), (0.32, floor - 0.19), (0.34, floor - 0.07)], width)
    instep = [(0.24, floor - 0.05), (0.34, floor - 0.22), (0.44, floor - 0.26), (0.46, floor - 0.16)]
    _band(sheet, fabric, instep, width)
    _band(sheet, fabric, [(0.88, rise), (0.9, rise - 0.14), (0.89, rise - 0.3)], width)
    _band(sheet, fabric, [(0.89, rise - 0.28), (0.76, rise - 0.24), (0.64, rise - 0.3), (0.62, rise - 0.33)], width)
    _band(sheet, fabric, [(0.62, rise - 0.32), (0.74, rise - 0.2), (0.82, rise)], width)
    heel = [(0.82, rise), (0.95, rise), (0.95, rise), (0.93, 0.7), (0.915, floor), (0.915, floor), (0.87, floor),
            (0.87, floor), (0.865, 0.7)]  # fmt: skip
    sheet.part(smooth(heel), mix(fabric.base, fabric.seam, 0.6))
    arch = [(_LEFT, floor - 0.055), (0.3, floor - 0.05), (0.5, floor - 0.15), (0.78, rise - 0.02), (0.95, rise - 0.03)]
    under = [(0.94, rise + 0.05), (0.8, rise + 0.06), (0.54, floor - 0.08), (0.36, floor), (0.08, floor)]
    _base(sheet, fabric, [*arch, *under])


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
