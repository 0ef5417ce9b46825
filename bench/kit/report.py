"""The numbers of one scenario: as a table for people, as JSON for programs. It judges nothing."""
import json
import statistics

from . import machine

_HEADINGS = ("measure", "subject", "median", "least", "most", "unit", "runs", "aim")


def _shown(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


class Report:
    def __init__(self, name, question, facts, quick):
        self.name = name
        self.question = question
        self.facts = facts
        self.quick = quick
        self.rows = []
        self.notes = []

    def add(self, measure, subject, unit, values, aim=""):
        """Values of one measure, a run each. `aim` is what the project asks of it, to be read beside."""
        values = list(values)
        if values:
            self.rows.append({"measure": measure, "subject": subject, "unit": unit, "aim": aim, "values": values,
                              "median": statistics.median(values), "least": min(values), "most": max(values)})

    def note(self, text):
        self.notes.append(text)

    def ratio(self, measure, subject, peer):
        """Says how two medians of one measure compare."""
        medians = {row["subject"]: row["median"] for row in self.rows if row["measure"] == measure}
        if medians.get(peer) and subject in medians:
            self.note(f"{measure}: {subject} / {peer} = {medians[subject] / medians[peer]:.2f}")

    def table(self):
        lines = [_HEADINGS]
        for row in self.rows:
            lines.append((row["measure"], row["subject"], _shown(row["median"]), _shown(row["least"]),
                          _shown(row["most"]), row["unit"], str(len(row["values"])), row["aim"]))
        widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
        numbers = (2, 3, 4, 6)
        return "\n".join("  ".join(cell.rjust(width) if column in numbers else cell.ljust(width)
                                   for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)

    def text(self):
        quick = " (--quick: smaller and fewer runs)" if self.quick else ""
        return "\n".join([f"{self.name}: {self.question}{quick}", machine.in_words(self.facts), self.table(), *self.notes])

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"scenario": self.name, "question": self.question, "quick": self.quick, "machine": self.facts,
                       "rows": self.rows, "notes": self.notes}, file, indent=1)
            file.write("\n")
