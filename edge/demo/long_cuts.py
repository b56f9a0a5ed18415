"""Long garments, seen from the front: coat, trouser and dress."""

from __future__ import annotations

import numpy as np

from edge.demo.fabric import BLACK, WHITE, Fabric, grey_of, mix, pick_fabric, weave
from edge.demo.sheet import Colour, Points, Sheet, flipped, mirrored, new_sheet, smooth
from edge.demo.tops import TopCut, cuff_of, sew_top

_TOP = 0.04
_BOTTOM = 0.96
_HORN: Colour = (70, 96, 128)


def draw_coat(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Wide long sleeves close to a long body that opens all the way down: lapels, a stand-up collar or a hood."""
    fabric = pick_fabric(rng, ["plain", "plain", "plain", "twill", "heather"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    kind = ("lapels", "stand", "stand", "hood", "hood")[int(rng.integers(5))]
    cut = _coat_cut(rng, top={"lapels": 0.06, "stand": 0.1, "hood": 0.16}[kind])
    sew_top(sheet, cut, fabric, rng)
    if kind == "lapels":
        _add_lapels(sheet, fabric, rng, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    elif kind == "stand":
        if rng.random() < 0.5:
            _add_quilting(sheet, fabric, top=cut.top + 0.13, bottom=cut.bottom, reach=cut.chest - 0.006)
        _add_stand_collar(sheet, fabric, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    else:
        _add_hood(sheet, fabric, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    _add_pockets(sheet, fabric, rng, middle=0.64, reach=cut.hem)
    for cuff in (cuff_of(cut, 0.07), flipped(cuff_of(cut, 0.07))):
        sheet.line(cuff[:2], fabric.seam, 0.007)
    return sheet


def _coat_cut(rng: np.random.Generator, *, top: float) -> TopCut:
    """Measures of a coat whose shoulders start at height `top`: the sleeves lie close and may outreach the hem."""
    chest, bottom = float(rng.uniform(0.22, 0.245)), float(rng.uniform(0.88, 0.95))
    return TopCut(
        neck=float(rng.uniform(0.085, 0.1)),
        neck_depth=0.03,
        shoulder=chest - 0.02,
        chest=chest,
        hem=chest + float(rng.uniform(0.0, 0.02)),
        bottom=bottom,
        sleeve_end=min(bottom + float(rng.uniform(-0.06, 0.05)), 0.95),
        sleeve_reach=chest + float(rng.uniform(0.115, 0.135)),
        cuff=float(rng.uniform(0.105, 0.12)),
        top=top,
        slope=0.075,
    )


def _add_lapels(
    sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, neck: float, top: float, bottom: float
) -> None:
    """Two lapels that meet above one or two rows of buttons."""
    meet = top + float(rng.uniform(0.13, 0.24))
    sheet.panel([(0.5 - neck, top), (0.5 + neck, top), (0.5, meet)], fabric.inside)
    leaf = [(0.5 + neck * 0.7, top - 0.025), (0.5 + neck + 0.03, top + 0.02), (0.5 + neck + 0.055, top + 0.1),
            (0.5 + neck + 0.015, top + 0.11), (0.5, meet + 0.02), (0.5 + neck * 0.5, top + 0.06)]  # fmt: skip
    for outline in (leaf, flipped(leaf)):
        sheet.part(outline, _panel_tone(fabric))
        sheet.line(outline, fabric.seam, 0.007, closed=True)
    _open_front(sheet, fabric, top=meet, bottom=bottom)
    columns = (0.44, 0.56) if rng.random() < 0.4 else (0.535,)
    for x in columns:
        for y in np.linspace(meet + 0.06, bottom - 0.2, 4):
            sheet.disc((x, float(y)), 0.016, _button(fabric))


def _add_stand_collar(sheet: Sheet, fabric: Fabric, *, neck: float, top: float, bottom: float) -> None:
    """A collar that stands up around the neck and a zip that runs from its edge to the hem."""
    collar = mirrored([(0.0, top - 0.05), (neck * 0.95, top - 0.06), (neck + 0.015, top + 0.025), (0.0, top + 0.05)])
    sheet.part(collar, _panel_tone(fabric))
    sheet.line(collar, fabric.seam, 0.008, closed=True)
    _open_front(sheet, fabric, top=top - 0.05, bottom=bottom)
    teeth = mix(WHITE, fabric.base, 0.35) if fabric.dark else mix(fabric.seam, BLACK, 0.3)
    sheet.stitch([(0.5, top - 0.04), (0.5, bottom)], teeth, step=0.014)


def _add_hood(sheet: Sheet, fabric: Fabric, *, neck: float, top: float, bottom: float) -> None:
    """A hood seen from the front and toggles on loops."""
    side = [(neck + 0.02, top - 0.12), (neck + 0.055, top - 0.03), (neck + 0.06, top + 0.06)]
    hood = smooth(mirrored([(0.0, top - 0.125), *side, (0.0, top + 0.13)]))
    sheet.part(hood, _panel_tone(fabric))
    sheet.line(hood, fabric.seam, 0.007, closed=True)
    face = [(0.0, top - 0.09), (neck * 0.9, top - 0.07), (neck * 0.85, top + 0.03), (0.0, top + 0.1)]
    sheet.panel(smooth(mirrored(face)), fabric.inside)
    _open_front(sheet, fabric, top=top + 0.085, bottom=bottom)
    for y in np.linspace(top + 0.18, bottom - 0.22, 3):
        sheet.line([(0.44, float(y)), (0.56, float(y))], fabric.seam, 0.008)
        sheet.line([(0.475, float(y)), (0.525, float(y))], _button(fabric), 0.02)


def _add_quilting(sheet: Sheet, fabric: Fabric, *, top: float, bottom: float, reach: float) -> None:
    """Seams across the body between which the down bulges."""
    for y in np.arange(top, bottom - 0.04, 0.085):
        level = float(y)
        seam = [(0.5 - reach, level), (0.5, level + 0.012), (0.5 + reach, level)]
        sheet.line(smooth(seam, closed=False), fabric.seam)
        sheet.fold([(0.5 - reach - 0.1, level + 0.008), (0.5 + reach + 0.1, level + 0.008)], depth=18, width=3)


def _add_pockets(sheet: Sheet, fabric: Fabric, rng: np.random.Generator, *, middle: float, reach: float) -> None:
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
    return [(0.5, _TOP), (0.5, _TOP), (0.5 + waist, _TOP), (0.5 + waist, _TOP), (0.5 + hip, 0.26),
            (0.5 + spread, _BOTTOM), (0.5 + spread, _BOTTOM), (0.5 + spread - ankle, _BOTTOM),
            (0.5 + spread - ankle, _BOTTOM), (0.5 + 0.012, crotch + 0.06), (0.5, crotch), (0.5, crotch)]  # fmt: skip


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
    skirt = [(waist, waist_height), (waist, waist_height), (waist + 0.25 * (hem - waist) + 0.012, waist_height + 0.15),
             (hem, _BOTTOM - 0.02), (hem, _BOTTOM - 0.02), (hem * 0.5, _BOTTOM), (0.0, _BOTTOM)]  # fmt: skip
    outline = smooth(mirrored([*bodice, *skirt]))
    sheet.part(outline)
    sheet.line(outline, fabric.seam, 0.005, closed=True)
    _finish_skirt(sheet, fabric, rng, waist=waist, waist_height=waist_height, hem=hem)
    return sheet


def _sleeved_bodice(sheet: Sheet, fabric: Fabric, *, chest: float) -> Points:
    """Add short sleeves and return the right half of the bodice down to the armpit."""
    sleeve = [(0.5 + chest - 0.06, _TOP + 0.02), (0.5 + chest + 0.01, _TOP + 0.035), (0.5 + chest + 0.075, 0.2),
              (0.5 + chest + 0.075, 0.2), (0.5 + chest + 0.005, 0.23), (0.5 + chest + 0.005, 0.23),
              (0.5 + chest - 0.02, 0.19)]  # fmt: skip
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
    return [(0.0, top + 0.03), (chest * 0.45, top + 0.01), (chest * 0.62, top - 0.03), (chest * 0.62, top - 0.03),
            (chest, top + 0.05), (chest, top + 0.05), (chest, top + 0.09)]  # fmt: skip


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
