"""Save a drawn figure for print and screen, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 200


def save_figure(ax: Axes, stem: Path) -> tuple[Path, Path]:
    """Save the figure of `ax` as PNG (200 dpi) and PDF, and close it.

    Parameters
    ----------
    ax : Axes
        Any axes of the figure.
    stem : Path
        Where to write, without a suffix.

    Returns
    -------
    tuple of Path
        The PNG and the PDF. They hold no date: the same figure gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_figure(plt.subplots()[1], Path(folder) / "map")]
    ['map.png', 'map.pdf']
    """
    figure = ax.figure.figure
    assert isinstance(figure, Figure)  # noqa: S101 - axes of a closed figure have none
    png, pdf = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.pdf")
    figure.savefig(png, dpi=_DPI, bbox_inches="tight")
    with mpl.rc_context({"pdf.fonttype": 42}):  # text that editors can search and change
        figure.savefig(pdf, bbox_inches="tight", metadata={"CreationDate": None})
    plt.close(figure)
    return png, pdf
