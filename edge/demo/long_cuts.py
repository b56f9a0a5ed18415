"""Long narrow garments, seen from the front: trousers and dresses."""

from __future__ import annotations

import numpy as np

from edge.demo.fabric import WHITE, Fabric, grey_of, mix, pick_fabric, weave
from edge.demo.sheet import Points, Sheet, flipped, mirrored, new_sheet, smooth

_TOP = 0.04
_BOTTOM = 0.96


def draw_trouser(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Two legs, a waistband with loops, a fly, pockets and creases."""
    fabric = pick_fabric(rng, ["plain", "plain", "twill", "twill", "pinstripes", "heather"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    waist, hip = float(rng.uniform(0.12, 0.145)), float(rng.uniform(0.16, 0.185))
    crotch = float(rng.uniform(0.32, 0.38))
    spread, ankle = float(rng.uniform(0.17, 0.21)), float(rng.uniform(0.085, 0.125))
    leg = smooth(_leg(waist=waist, hip=hip, crotch=crotch, spread=spread, ankle=ankle))
    for outline in (leg, flipped(leg)):
        sheet.part(outline)
        sheet.line(outline, fabric.seam, 0.005, closed=True)
    middle = 0.5 + spread - ankle / 2
    crease = [(0.5 + waist * 0.6, 0.3), (middle, _BOTTOM - 0.05)]
    for path in (crease, flipped(crease)):
        sheet.fold(path, depth=16, width=3)
    _finish_waist(sheet, fabric, waist=waist, hip=hip, crotch=crotch)
    hem = [(0.5 + spread - ankle, _BOTTOM - 0.025), (0.5 + spread, _BOTTOM - 0.025)]
    for path in (hem, flipped(hem)):
        sheet.line(path, fabric.seam, 0.005)
    return sheet


def _leg(*, waist: float, hip: float, crotch: float, spread: float, ankle: float) -> Points:
    """Outline of the right-hand leg with its half of the seat; `spread` is the hem's outer end, `ankle` its width."""
    return [
        (0.5, _TOP),
        (0.5, _TOP),
        (0.5 + waist, _TOP),
        (0.5 + waist, _TOP),
        (0.5 + hip, 0.26),
        (0.5 + spread, _BOTTOM),
        (0.5 + spread, _BOTTOM),
        (0.5 + spread - ankle, _BOTTOM),
        (0.5 + spread - ankle, _BOTTOM),
        (0.5 + 0.012, crotch + 0.06),
        (0.5, crotch),
        (0.5, crotch),
    ]


def _finish_waist(sheet: Sheet, fabric: Fabric, *, waist: float, hip: float, crotch: float) -> None:
    """Waistband, loops, button, fly and front pockets."""
    band = mirrored([(waist + 0.012, _TOP), (waist + 0.012, _TOP + 0.05)])
    sheet.panel(band, mix(fabric.base, fabric.seam, 0.3))
    sheet.line([(0.3, _TOP + 0.05), (0.7, _TOP + 0.05)], fabric.seam, 0.006)
    for x in (0.42, 0.58):
        sheet.line([(x, _TOP), (x, _TOP + 0.05)], fabric.seam, 0.012)
    thread = mix(fabric.base, WHITE, 0.45) if fabric.dark else fabric.seam
    fly = smooth([(0.53, _TOP + 0.05), (0.53, crotch - 0.09), (0.5, crotch - 0.04)], closed=False)
    sheet.stitch(fly, thread)
    sheet.line([(0.5, _TOP + 0.05), (0.5, crotch)], fabric.seam, 0.006)
    sheet.disc((0.5, _TOP + 0.025), 0.012, thread)
    pocket = smooth([(0.5 + waist * 0.5, _TOP + 0.05), (0.5 + waist * 0.6, 0.14), (0.5 + hip, 0.17)], closed=False)
    for path in (pocket, flipped(pocket)):
        sheet.line(path, fabric.seam, 0.006)


def draw_dress(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A narrow bodice on straps or with short sleeves, a waist and a skirt that flares."""
    fabric = pick_fabric(rng, ["plain", "plain", "dots", "floral", "stripes"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    chest = float(rng.uniform(0.105, 0.125))
    waist = chest - float(rng.uniform(0.015, 0.035))
    hem = float(rng.uniform(0.15, 0.24))
    waist_height = float(rng.uniform(0.36, 0.44))
    if rng.random() < 0.4:
        bodice = _sleeved_bodice(sheet, fabric, chest=chest)
    else:
        bodice = _strap_bodice(sheet, fabric, chest=chest)
    skirt = [
        (waist, waist_height),
        (waist, waist_height),
        (waist + 0.25 * (hem - waist) + 0.012, waist_height + 0.15),
        (hem, _BOTTOM - 0.02),
        (hem, _BOTTOM - 0.02),
        (hem * 0.5, _BOTTOM),
        (0.0, _BOTTOM),
    ]
    outline = smooth(mirrored([*bodice, *skirt]))
    sheet.part(outline)
    sheet.line(outline, fabric.seam, 0.005, closed=True)
    _finish_skirt(sheet, fabric, rng, waist=waist, waist_height=waist_height, hem=hem)
    return sheet


def _sleeved_bodice(sheet: Sheet, fabric: Fabric, *, chest: float) -> Points:
    """Add short sleeves and return the right half of the bodice down to the armpit."""
    sleeve = [
        (0.5 + chest - 0.06, _TOP + 0.02),
        (0.5 + chest + 0.01, _TOP + 0.035),
        (0.5 + chest + 0.075, 0.2),
        (0.5 + chest + 0.075, 0.2),
        (0.5 + chest + 0.005, 0.23),
        (0.5 + chest + 0.005, 0.23),
        (0.5 + chest - 0.02, 0.19),
    ]
    for outline in (smooth(sleeve), flipped(smooth(sleeve))):
        sheet.part(outline)
        sheet.shade(outline, 114)
        sheet.line(outline, fabric.seam, 0.005, closed=True)
    neck = [(0.0, _TOP + 0.06), (0.04, _TOP + 0.05), (0.06, _TOP), (0.06, _TOP)]
    return [*neck, (chest, _TOP + 0.03), (chest, _TOP + 0.03), (chest, 0.22)]


def _strap_bodice(sheet: Sheet, fabric: Fabric, *, chest: float) -> Points:
    """Add two shoulder straps and return the right half of the bodice down to the armpit."""
    top, foot, peak = 0.17, 0.5 + chest * 0.62, 0.5 + chest * 0.48
    strap = [(foot - 0.02, top - 0.01), (peak - 0.018, _TOP), (peak + 0.018, _TOP), (foot + 0.02, top + 0.01)]
    for outline in (strap, flipped(strap)):
        sheet.part(outline)
        sheet.line(outline, fabric.seam, 0.006)
    return [
        (0.0, top + 0.03),
        (chest * 0.45, top + 0.01),
        (chest * 0.62, top - 0.03),
        (chest * 0.62, top - 0.03),
        (chest, top + 0.05),
        (chest, top + 0.05),
        (chest, top + 0.09),
    ]


def _finish_skirt(
    sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, waist: float, waist_height: float, hem: float
) -> None:
    """Waistband, pleats that fan out towards the hem, and the hem itself."""
    for share in np.linspace(-0.8, 0.8, int(rng.integers(3, 6))):
        start = (0.5 + waist * share * 0.8, waist_height + 0.03)
        sheet.fold([start, (0.5 + hem * share, _BOTTOM - 0.03)], depth=36, width=3)
    if rng.random() < 0.7:
        ribbon = fabric.accent if grey_of(fabric.accent) < 200 else fabric.seam
        band = mirrored([(waist + 0.008, waist_height - 0.018), (waist + 0.008, waist_height + 0.018)])
        sheet.panel(band, mix(fabric.base, ribbon, 0.7))
    sheet.stitch([(0.5 - hem, _BOTTOM - 0.035), (0.5 + hem, _BOTTOM - 0.035)], fabric.seam)
