"""The results as one SVG: for each measure of CPU or throughput a group of bars, one a subject, drawn to a common zero.

Written by hand, because bars need no library. The thin line across the end of a bar is from the least to the most run.
"""
from xml.sax.saxutils import escape

_WIDTH, _LEFT, _BAR, _GAP, _TITLE = 960, 220, 16, 5, 30
_SHOWN = ("CPU per URL", "polls per second", "submissions of", "URLs per second, of", "records streamed", "accepted after", "of the good URLs after")
_OURS, _OTHERS = "#1f6feb", "#9aa4b2"


def _measures(reports):
    """[(title, unit, rows)]: those worth a picture, in the order of the report."""
    for report in reports:
        groups = {}
        for row in report["rows"]:
            if any(word in row["measure"] for word in _SHOWN) and not row["measure"].startswith("CPU of"):
                groups.setdefault((row["measure"], row["unit"]), []).append(row)
        for (measure, unit), rows in groups.items():
            yield f"{report['scenario']}: {measure}, {unit}", rows


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bar(row, top, scale):
    middle, end = top + _BAR / 2, _LEFT + row["median"] * scale
    colour = _OURS if row["subject"].startswith("trawl") else _OTHERS
    spread = f'{_LEFT + row["least"] * scale:.1f} {middle} H {_LEFT + row["most"] * scale:.1f}'
    return [f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(row["subject"])}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{max(end - _LEFT, 0.5):.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<path d="M {spread}" stroke="#24292f"/>',
            f'<text x="{max(end, _LEFT + row["most"] * scale) + 6:.1f}" y="{middle + 4}">{_number(row["median"])}</text>']


def draw(reports):
    """The SVG's text. `reports` are what Report.write() stored."""
    parts, top = [], 20
    for title, rows in _measures(reports):
        parts.append(f'<text x="8" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += _TITLE - 8
        scale = (_WIDTH - _LEFT - 90) / (max(row["most"] for row in rows) or 1)
        for row in rows:
            parts += _bar(row, top, scale)
            top += _BAR + _GAP
        top += _TITLE
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" font-family="sans-serif" font-size="12">',
                      f'<rect width="{_WIDTH}" height="{top}" fill="white"/>', *parts, "</svg>\n"])
