"""Garments of the upper body, seen from the front: T-shirt, pullover, coat and shirt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edge.demo.closures import add_chest_print, add_placket, add_rib, add_shirt_collar
from edge.demo.coats import add_hood, add_lapels, add_pockets, add_quilting, add_stand_collar
from edge.demo.fabric import Fabric, mix, pick_fabric, weave
from edge.demo.sheet import Points, Sheet, flipped, mirrored, new_sheet, smooth

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
    _sew(sheet, cut, fabric, rng)
    neckline = fabric.seam if rng.random() < 0.6 else mix(fabric.base, fabric.accent, 0.8)
    sheet.line(_neckline(cut), neckline, 0.018)
    sheet.stitch([(0.5 - cut.hem, cut.bottom - 0.03), (0.5 + cut.hem, cut.bottom - 0.03)], fabric.seam)
    if fabric.pattern in {"plain", "heather"} and rng.random() < 0.6:
        add_chest_print(sheet, fabric, rng)
    return sheet


def draw_pullover(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Long sleeves beside the body, ribbed cuffs and hem, no opening at the front."""
    fabric = pick_fabric(rng, ["plain", "plain", "knit", "knit", "heather", "stripes"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    cut = _long_sleeved(rng, chest=float(rng.uniform(0.22, 0.25)), bottom=0.95)
    _sew(sheet, cut, fabric, rng)
    rib = mix(fabric.base, fabric.seam, 0.45)
    add_rib(sheet, mirrored([(cut.hem, cut.bottom - 0.065), (cut.hem, cut.bottom)]), rib, fabric.seam)
    for cuff in (_cuff(cut, 0.06), flipped(_cuff(cut, 0.06))):
        add_rib(sheet, cuff, rib, fabric.seam)
    sheet.line(_neckline(cut), rib, 0.03)
    sheet.line([(x, y + 0.016) for x, y in _neckline(cut)], fabric.seam, 0.005)
    if fabric.pattern == "plain" and rng.random() < 0.45:
        add_chest_print(sheet, fabric, rng)
    return sheet


def draw_coat(rng: np.random.Generator, height: int, width: int) -> Sheet:
    """Wide long sleeves close to a long body that opens all the way down: lapels, a stand-up collar or a hood."""
    fabric = pick_fabric(rng, ["plain", "plain", "plain", "twill", "heather"])
    sheet = new_sheet(weave(fabric, rng, height=height, width=width))
    kind = ("lapels", "stand", "stand", "hood", "hood")[int(rng.integers(5))]
    cut = _coat_cut(rng, top={"lapels": 0.06, "stand": 0.1, "hood": 0.16}[kind])
    _sew(sheet, cut, fabric, rng)
    if kind == "lapels":
        add_lapels(sheet, fabric, rng, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    elif kind == "stand":
        if rng.random() < 0.5:
            add_quilting(sheet, fabric, top=cut.top + 0.13, bottom=cut.bottom, reach=cut.chest - 0.006)
        add_stand_collar(sheet, fabric, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    else:
        add_hood(sheet, fabric, neck=cut.neck, top=cut.top, bottom=cut.bottom)
    add_pockets(sheet, fabric, rng, middle=0.64, reach=cut.hem)
    for cuff in (_cuff(cut, 0.07), flipped(_cuff(cut, 0.07))):
        sheet.line(cuff[:2], fabric.seam, 0.007)
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
    _sew(sheet, cut, fabric, rng)
    add_placket(sheet, fabric, top=cut.top + cut.neck_depth, bottom=cut.bottom)
    add_shirt_collar(sheet, fabric, neck=cut.neck, top=cut.top)
    for cuff in (_cuff(cut, 0.05), flipped(_cuff(cut, 0.05))):
        sheet.line(cuff[:2], fabric.seam, 0.006)
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


def _sew(sheet: Sheet, cut: TopCut, fabric: Fabric, rng: np.random.Generator) -> None:
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
    armhole = smooth(
        [
            (0.5 + cut.shoulder, cut.top + cut.slope),
            (0.5 + cut.chest - 0.035, cut.armpit - 0.1),
            (0.5 + cut.chest, cut.armpit),
        ],
        closed=False,
    )
    side = [(0.5 + cut.chest, cut.armpit), (0.5 + cut.hem, cut.bottom - cut.tail)]
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
    return [
        (0.5 + cut.shoulder - 0.08, cut.top + cut.slope - 0.015),
        (0.5 + cut.shoulder, cut.top + cut.slope - 0.005),
        (0.5 + cut.shoulder + 0.035, cut.top + cut.slope + 0.025),
        (0.5 + 0.5 * (cut.shoulder + cut.sleeve_reach) + 0.028, cut.top + 0.1 + 0.33 * drop),
        (reach, cut.sleeve_end - lift),
        (reach, cut.sleeve_end - lift),
        (inner, cut.sleeve_end),
        (inner, cut.sleeve_end),
        (0.5 + cut.chest - 0.01, cut.armpit + 0.02),
        (0.5 + cut.chest - 0.08, cut.armpit),
    ]


def _cuff(cut: TopCut, length: float) -> list[tuple[float, float]]:
    """Quadrilateral at the end of the right-hand sleeve: its first two points are its upper edge."""
    reach = 0.5 + cut.sleeve_reach
    inner = max(reach - cut.cuff - 0.012, 0.5 + cut.hem + 0.004)  # a sleeve close to the body must not band the body
    return [
        (inner, cut.sleeve_end - length),
        (reach + 0.005, cut.sleeve_end - length - 0.02),
        (reach + 0.01, cut.sleeve_end + 0.01),
        (inner, cut.sleeve_end + 0.01),
    ]


def _neckline(cut: TopCut) -> list[tuple[float, float]]:
    """The front edge of the neck opening, from left to right."""
    arc = _neck_arc(cut)
    return [(0.5 - x, y) for x, y in reversed(arc[1:])] + [(0.5 + x, y) for x, y in arc]
