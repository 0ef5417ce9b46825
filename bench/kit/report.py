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
    def __init__(self, name, question, facts, size):
        self.name = name
        self.question = question
        self.facts = facts
        self.size = size
        self.rows = []
        self.notes = []
        self.commands = {}

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

    def ratio_of(self, what, values, others):
        """Says how the medians of two lists compare."""
        self.note(f"{what} = {statistics.median(values) / statistics.median(others):.2f}")

    def ratios(self, measure, subject):
        """The same against every other subject of the measure, in one line."""
        medians = {row["subject"]: row["median"] for row in self.rows if row["measure"] == measure}
        others = [f"{peer} {medians[subject] / median:.3g}" for peer, median in medians.items() if peer != subject and median]
        if subject in medians and others:
            self.note(f"{measure}, {subject} / each peer: {', '.join(others)}")

    def command(self, subject, command):
        """How a subject was started; said once."""
        self.commands.setdefault(subject, command)

    def absent(self, case, subject, why):
        self.note(f"{case}: {subject}: n/a ({why})" if case else f"{subject}: n/a ({why})")

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
        said = {"quick": " (--quick: smaller and fewer runs)", "smoke": " (--smoke: the figures mean nothing)"}.get(self.size, "")
        commands = [f"$ {command}" for command in self.commands.values()]
        return "\n".join([f"{self.name}: {self.question}{said}", machine.in_words(self.facts), self.table(), *self.notes, *commands])

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"scenario": self.name, "question": self.question, "size": self.size, "machine": self.facts,
                       "rows": self.rows, "notes": self.notes, "commands": self.commands}, file, indent=1)
            file.write("\n")


def read(path):
    """The Report that write() left there."""
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    report = Report(stored["scenario"], stored["question"], stored["machine"], stored["size"])
    report.rows, report.notes, report.commands = stored["rows"], stored["notes"], stored.get("commands", {})
    return report
