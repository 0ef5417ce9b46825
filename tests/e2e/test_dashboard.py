"""examples/grafana/trawl.json: a dashboard that Grafana can read, of metrics and labels that there are."""
import json
import re
import subprocess
import tempfile
from pathlib import Path

from harness import ServiceTest, main

DASHBOARD = Path(__file__).resolve().parents[2] / "examples/grafana/trawl.json"
METRIC = re.compile(r"\b((?:trawl|process)_\w+?)(_bucket|_sum|_count)?(?=[{\[)])")
SCRAPED = {"job", "instance"}  # Labels that Prometheus adds.


class Dashboard(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = json.loads(DASHBOARD.read_text())
        cls.panels = [each for each in cls.dashboard["panels"] if each["type"] != "row"]
        cls.queries = [target["expr"] for panel in cls.panels for target in panel["targets"]]

    def families(self):
        """{name: (type, names of labels)} of a service that has done something."""
        task = self.service.submit([self.http("/page/1"), self.https("/page/2"), "no url"], retries=0)
        self.service.wait(task)
        types, labels = {}, {}
        for line in self.service.curl("GET", "/metrics").body.decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                types[name], labels[name] = kind, set()
            elif not line.startswith("#"):  # Samples follow their family.
                labels[name] |= set(re.findall(r'(\w+)="', line))
        return {name: (types[name], labels[name]) for name in types}

    def test_every_metric_and_label_it_names_is_there(self):
        families = self.families()
        for query in self.queries:
            with self.subTest(query=query):
                named = METRIC.findall(query)
                self.assertTrue(named)
                used = set(re.findall(r'(\w+)=~?"', query)) | {
                    label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
                for name, suffix in named:
                    self.assertIn(name, families)
                    kind, labels = families[name]
                    self.assertEqual(kind == "histogram", bool(suffix))
                    self.assertEqual("rate(" in query, kind in ("counter", "histogram"))
                    self.assertLessEqual(used, labels | SCRAPED)

    def test_legends_name_labels_of_their_query(self):
        for panel in self.panels:
            for target in panel["targets"]:
                for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                    self.assertRegex(target["expr"], rf"by \([^)]*\b{label}\b")

    def test_prometheus_can_read_every_query(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            rules = [{"record": f"q:{n}", "expr": query.replace("$__rate_interval", "1m")}
                     for n, query in enumerate(self.queries)]
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML.
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(self.queries)} rules found", done.stdout)

    def test_it_has_what_grafana_asks_for(self):
        self.assertLessEqual({"title", "uid", "schemaVersion", "panels", "templating", "time"}, set(self.dashboard))
        variables = {each["name"] for each in self.dashboard["templating"]["list"]}
        self.assertEqual(variables, {"datasource", "job", "instance"})
        identifiers = [each["id"] for each in self.dashboard["panels"]]
        self.assertEqual(len(set(identifiers)), len(identifiers))
        for panel in self.panels:
            with self.subTest(panel=panel["title"]):
                self.assertTrue(panel["description"])
                self.assertIn(panel["type"], ("timeseries", "stat"))
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                references = [target["refId"] for target in panel["targets"]]
                self.assertTrue(references)
                self.assertEqual(len(set(references)), len(references))

    def test_no_two_panels_lie_on_one_another(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertLessEqual(at["x"] + at["w"], 24)
            self.assertFalse(taken & cells, panel["title"])
            taken |= cells


if __name__ == "__main__":
    main()
