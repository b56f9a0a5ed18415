"""Style of all charts of the reports: colours, axes, and rendering as PNG or SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

POINTS_PER_INCH = 72  # figures are laid out at one pixel a point, so that label sizes need no conversion

_PNG_DOTS_PER_INCH = 150


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a chart: any that Matplotlib reads."""

    paper: str = "#ffffff"
    ink: str = "#1c2126"
    muted: str = "#5c6670"
    grid: str = "#d9dee3"
    # Okabe and Ito's set, which people with any colour vision tell apart.
    quantization: dict[str, str] = field(
        default_factory=lambda: {"none": "#56707f", "float16": "#cc79a7", "dynamic": "#e69f00", "int8": "#0072b2"}
    )
    right: str = "#0072b2"
    wrong: str = "#d55e00"

    def of(self, quantization: str | None) -> str:
        """Return the colour of a quantization mode."""
        return self.quantization.get(quantization or "", self.muted)


def new_figure(width: float, height: float, palette: Palette) -> tuple[Figure, Axes]:
    """Return a figure of so many inches, with its axes."""
    figure = Figure(figsize=(width, height), dpi=POINTS_PER_INCH, layout="constrained", facecolor=palette.paper)
    FigureCanvasAgg(figure)  # knows how large text is
    return figure, figure.subplots()


def scale_log(axis: Axis) -> None:
    """Mark a logarithmic axis at 1, 2 and 5 of each decade, in plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def figure_png(figure: Figure) -> bytes:
    """Return the figure as PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_PNG_DOTS_PER_INCH)
    return file.getvalue()


def figure_svg(draw: Callable[[Palette], Figure], *, salt: str) -> str:
    """Draw a figure as an <svg> element whose colours are the page's variables: --paper, --ink, --int8, --right ..."""
    # Matplotlib wants real colours: these stand for the variables and occur nowhere else.
    plain = {name: f"#01020{number}" for number, name in enumerate(("paper", "ink", "muted", "grid", "right", "wrong"))}
    modes = {mode: f"#02030{number}" for number, mode in enumerate(Palette().quantization)}
    file = io.StringIO()
    # Text stays text: small, searchable, in the page's font.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure = draw(Palette(**plain, quantization=modes))
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    for name, colour in (plain | modes).items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg


def style_axes(axes: Axes, palette: Palette) -> None:
    """Give axes the look of the reports: a faint grid behind the data, no box around it."""
    axes.set_facecolor("none")
    axes.tick_params(colors=palette.muted, which="both")
    axes.grid(color=palette.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(palette.muted)
