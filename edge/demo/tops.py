"""Garments of the upper body, seen from the front: T-shirt, pullover and shirt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edge.demo.fabric import WHITE, Fabric, mix, pick_fabric, weave
from edge.demo.sheet import Colour, Points, Sheet, flipped, mirrored, new_sheet, smooth

_ARMHOLE = 0.2  # units from the shoulder line down to the armpit
_SHORT_SLEEVED_SHIRTS = 0.1  # share; in 28x28 pixels a short-sleeved shirt is easily a T-shirt


@dataclass(frozen=True, slots=True)
class TopCut:
    """Measures of a top in units; widths count from the middle outwards, heights from the sheet's top down."""

    neck: float
    neck_depth: float
    shoulder: float
    chest: float
    hem: float
    bottom: float
    sleeve_end: float
    sleeve_reach: float
    cuff: float
    top: float = 0.05
    slope: float = 0.05
    tail: float = 0.0

    @property
    def armpit(self) -> float:
        """Height of the armpit."""
        return self.top + self.slope + _ARMHOLE


def draw_tshirt(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Short sleeves, a round neck, sometimes a print on the chest."""
    fabric = pick_fabric(rng, ["plain", "plain", "plain", "heather", "stripes"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    chest = float(rng.uniform(0.21, 0.25))
    cut = TopCut(
        neck=float(rng.uniform(0.08, 0.11)),
        neck_depth=float(rng.uniform(0.05, 0.1)),
        shoulder=chest - 0.005,
        chest=chest,
        hem=chest + float(rng.uniform(-0.015, 0.02)),
        bottom=0.95,
        sleeve_end=float(rng.uniform(0.35, 0.42)),
        sleeve_reach=chest + float(rng.uniform(0.11, 0.15)),
        cuff=float(rng.uniform(0.1, 0.13)),
    )
    sew_top(sheet, cut, fabric, rng)
    neckline = fabric.seam if rng.random() < 0.6 else mix(fabric.base, fabric.accent, 0.8)
    sheet.line(_neckline(cut), neckline, 0.018)
    sheet.stitch([(0.5 - cut.hem, cut.bottom - 0.03), (0.5 + cut.hem, cut.bottom - 0.03)], fabric.seam)
    if fabric.pattern in {"plain", "heather"} and rng.random() < 0.6:
        _add_chest_print(sheet, fabric, rng)
    return sheet


def draw_pullover(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Long sleeves beside the body, ribbed cuffs and hem, no opening at the front."""
    fabric = pick_fabric(rng, ["plain", "plain", "knit", "knit", "heather", "stripes"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    cut = _long_sleeved(rng, chest=float(rng.uniform(0.22, 0.25)), bottom=0.95)
    sew_top(sheet, cut, fabric, rng)
    rib = mix(fabric.base, fabric.seam, 0.45)
    _add_rib(sheet, mirrored([(cut.hem, cut.bottom - 0.065), (cut.hem, cut.bottom)]), rib, fabric.seam)
    for cuff in (cuff_of(cut, 0.06), flipped(cuff_of(cut, 0.06))):
        _add_rib(sheet, cuff, rib, fabric.seam)
    sheet.line(_neckline(cut), rib, 0.03)
    sheet.line([(x, y + 0.016) for x, y in _neckline(cut)], fabric.seam, 0.005)
    if fabric.pattern == "plain" and rng.random() < 0.45:
        _add_chest_print(sheet, fabric, rng)
    return sheet


def draw_shirt(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """A turned-down collar, a button placket, a curved hem, long or short sleeves in thin cloth."""
    fabric = pick_fabric(rng, ["plain", "checks", "checks", "checks", "pinstripes", "floral"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    chest = float(rng.uniform(0.205, 0.235))
    cut = _long_sleeved(rng, chest=chest, bottom=0.95, tail=float(rng.uniform(0.02, 0.05)))
    if rng.random() < _SHORT_SLEEVED_SHIRTS:
        end, reach = float(rng.uniform(0.38, 0.44)), chest + float(rng.uniform(0.1, 0.13))
        cut = replace(cut, shoulder=chest, hem=chest, sleeve_end=end, sleeve_reach=reach, cuff=0.11)
    sew_top(sheet, cut, fabric, rng)
    _add_placket(sheet, fabric, top=cut.top + cut.neck_depth, bottom=cut.bottom)
    _add_shirt_collar(sheet, fabric, neck=cut.neck, top=cut.top)
    for cuff in (cuff_of(cut, 0.05), flipped(cuff_of(cut, 0.05))):
        sheet.line(cuff[:2], fabric.seam, 0.006)
    return sheet


def _long_sleeved(rng: np.random.Generator, *, chest: float, bottom: float, tail: float = 0.0) -> TopCut:
    """Measures of a top whose sleeves hang down beside the body."""
    return TopCut(
        neck=float(rng.uniform(0.075, 0.095)),
        neck_depth=float(rng.uniform(0.03, 0.06)),
        shoulder=chest - 0.02,
        chest=chest,
        hem=chest + float(rng.uniform(-0.02, 0.005)),
        bottom=bottom,
        sleeve_end=bottom - float(rng.uniform(0.0, 0.07)),
        sleeve_reach=chest + float(rng.uniform(0.1, 0.15)),
        cuff=float(rng.uniform(0.085, 0.1)),
        slope=float(rng.uniform(0.06, 0.08)),
        tail=tail,
    )


def sew_top(sheet: Sheet, cut: TopCut, fabric: Fabric, rng: np.random.Generator) -> None:
    """Cut sleeves and body out of the sheet's cloth, with their seams and folds."""
    lining = mirrored([(0.0, cut.top + 0.012), (cut.neck, cut.top), *reversed(_neck_arc(cut))])
    sheet.part(lining, fabric.inside)
    sleeve = smooth(_sleeve(cut))
    for outline in (sleeve, flipped(sleeve)):
        sheet.part(outline)
        sheet.shade(outline, 117)
    body = smooth(_body(cut))
    sheet.part(body)
    sheet.shade(body, 131)
    shoulder, armpit = (0.5 + cut.shoulder, cut.top + cut.slope), (0.5 + cut.chest, cut.armpit)
    armhole = smooth([shoulder, (0.5 + cut.chest - 0.035, cut.armpit - 0.1), armpit], closed=False)
    side = [armpit, (0.5 + cut.hem, cut.bottom - cut.tail)]
    for path in (armhole, side, flipped(armhole), flipped(side)):
        sheet.line(path, fabric.seam, 0.0045)
    _crease(sheet, cut, rng)


def _crease(sheet: Sheet, cut: TopCut, rng: np.random.Generator) -> None:
    """Soft folds: from the armpits inwards and down the body."""
    for side in (-1, 1):
        start = 0.5 + side * (cut.chest - 0.02)
        reach, drop = float(rng.uniform(0.06, 0.12)), float(rng.uniform(0.06, 0.16))
        sheet.fold([(start, cut.armpit + 0.01), (start - side * reach, cut.armpit + drop)], depth=12, width=3)
        x = 0.5 + side * cut.hem * float(rng.uniform(0.3, 0.75))
        y = float(rng.uniform(0.52, 0.66))
        sheet.fold([(x, y), (x + side * 0.015, cut.bottom)], depth=7, width=5)


def _neck_arc(cut: TopCut) -> list[tuple[float, float]]:
    """Right half of the front neckline, from its lowest point up to the shoulder, x counted from the middle."""
    angles = np.linspace(0.0, np.pi / 2, 6)
    return [(cut.neck * float(np.sin(a)), cut.top + cut.neck_depth * float(np.cos(a))) for a in angles]


def _body(cut: TopCut) -> Points:
    """Outline of the body without sleeves."""
    waist = min(cut.chest, cut.hem) - 0.006
    shoulder, corner = ((cut.shoulder, cut.top + cut.slope), (cut.hem, cut.bottom - cut.tail))
    tail = [corner, corner, (cut.hem * 0.6, cut.bottom), (0.0, cut.bottom)]
    arc = _neck_arc(cut)
    return mirrored([*arc, arc[-1], shoulder, shoulder, (cut.chest, cut.armpit), (waist, 0.62), *tail])


def _sleeve(cut: TopCut) -> list[tuple[float, float]]:
    """Outline of the right-hand sleeve, which starts well inside the body."""
    reach, inner = 0.5 + cut.sleeve_reach, 0.5 + cut.sleeve_reach - cut.cuff
    drop = cut.sleeve_end - cut.top
    lift = 0.075 * min(1.0, 0.25 / drop)  # a short sleeve points outwards, so its hem is tilted
    return [(0.5 + cut.shoulder - 0.08, cut.top + cut.slope - 0.015), (0.5 + cut.shoulder, cut.top + cut.slope - 0.005),
            (0.5 + cut.shoulder + 0.035, cut.top + cut.slope + 0.025),
            (0.5 + 0.5 * (cut.shoulder + cut.sleeve_reach) + 0.028, cut.top + 0.1 + 0.33 * drop),
            (reach, cut.sleeve_end - lift), (reach, cut.sleeve_end - lift), (inner, cut.sleeve_end),
            (inner, cut.sleeve_end), (0.5 + cut.chest - 0.01, cut.armpit + 0.02),
            (0.5 + cut.chest - 0.08, cut.armpit)]  # fmt: skip


def cuff_of(cut: TopCut, length: float) -> list[tuple[float, float]]:
    """Quadrilateral at the end of the right-hand sleeve: its first two points are its upper edge."""
    reach = 0.5 + cut.sleeve_reach
    inner = max(reach - cut.cuff - 0.012, 0.5 + cut.hem + 0.004)  # a sleeve close to the body must not band the body
    return [(inner, cut.sleeve_end - length), (reach + 0.005, cut.sleeve_end - length - 0.02),
            (reach + 0.01, cut.sleeve_end + 0.01), (inner, cut.sleeve_end + 0.01)]  # fmt: skip


def _neckline(cut: TopCut) -> list[tuple[float, float]]:
    """The front edge of the neck opening, from left to right."""
    arc = _neck_arc(cut)
    return [(0.5 - x, y) for x, y in reversed(arc[1:])] + [(0.5 + x, y) for x, y in arc]


def _add_rib(sheet: Sheet, outline: Points, colour: Colour, groove: Colour) -> None:
    """Colour a band and groove it from its upper to its lower edge; needs a four-cornered outline."""
    sheet.panel(outline, colour)
    corners = np.asarray(outline, np.float64)
    left, right = corners[:, 0].min(), corners[:, 0].max()
    top, bottom = corners[:, 1].min(), corners[:, 1].max()
    for x in np.arange(left, right, 0.017):
        sheet.line([(x, top + 0.012), (x, bottom)], mix(colour, groove, 0.5), 0.004)
    sheet.line([(left, top), (right, top)], groove, 0.005)


def _add_chest_print(sheet: Sheet, fabric: Fabric, rng: np.random.Generator) -> None:
    """A sun over waves, a block of lettering-like bars, a broad band or a pocket."""
    ink = fabric.accent
    kind = int(rng.integers(4))
    if kind == 0:
        sheet.disc((0.5, 0.38), 0.075, ink)
        for y in (0.38, 0.405, 0.43):
            wave = [(0.42, y), (0.46, y + 0.015), (0.54, y - 0.015), (0.58, y)]
            sheet.line(smooth(wave, closed=False), fabric.base, 0.01)
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


def _add_placket(sheet: Sheet, fabric: Fabric, *, top: float, bottom: float) -> None:
    """The strip a shirt is buttoned by, down the middle."""
    sheet.panel([(0.482, top), (0.518, top), (0.518, bottom), (0.482, bottom)], mix(fabric.base, fabric.accent, 0.12))
    for x in (0.48, 0.52):
        sheet.line([(x, top), (x, bottom)], fabric.seam, 0.006)
    button = WHITE if fabric.dark else mix(fabric.base, fabric.seam, 0.9)
    for y in np.linspace(top + 0.05, bottom - 0.08, 6):
        sheet.disc((0.5, float(y)), 0.011, button)


def _add_shirt_collar(sheet: Sheet, fabric: Fabric, *, neck: float, top: float) -> None:
    """Two pointed leaves that meet above the placket."""
    leaf = [(0.5 + neck * 0.55, top - 0.022), (0.5 + neck + 0.008, top + 0.008), (0.5 + neck + 0.005, top + 0.085),
            (0.5, top + 0.055)]  # fmt: skip
    tone = mix(fabric.base, WHITE, 0.12)
    for outline in (leaf, flipped(leaf)):
        sheet.part(outline, tone)
        sheet.line(outline, fabric.seam, 0.007, closed=True)
    sheet.line([(0.5 - neck * 0.55, top - 0.02), (0.5 + neck * 0.55, top - 0.02)], fabric.seam, 0.005)
