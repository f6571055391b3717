"""The dashboard and the alert rules of docs/monitoring speak of what nodes really tell."""

import json
import re
import unittest

import yaml

from cluster import ROOT, Cluster, until

FOLDER = ROOT / "docs" / "monitoring"
# What a cluster in good health has no line of.
UNSEEN = {"dip_actor_restarts_total": {"actor"}}
PROMETHEUS_OWN = {"up"}
OWN_LABELS = {"job", "instance"}


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.clean_up)
        cls.cluster.start().wait_ready()
        cls.cluster.wait_led()
        cls.told = dict(UNSEEN)
        for name, member in cls.cluster.members.items():
            until(f"{name} has heard from its peers", lambda member=member: cls.metrics(member).count("dip_link_round_trip_seconds{") == 2)
            for metric, labels in re.findall(r"^(dip_\w+)(\{[^}]*\})?\s", cls.metrics(member), re.M):
                cls.told.setdefault(metric, set()).update(re.findall(r'(\w+)="', labels))

    @staticmethod
    def metrics(member):
        answer = member.client(20).get("/metrics")
        assert answer.status == 200, answer
        return answer.body.decode()

    def check(self, expression):
        names = set(re.findall(r"\b(dip_\w+)", expression))
        self.assertTrue(names or PROMETHEUS_OWN & set(re.findall(r"\w+", expression)), expression)
        for name in names:
            self.assertIn(name, self.told, expression)
        labels = {one.strip() for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for one in group.split(",")}
        self.assertLessEqual(labels - OWN_LABELS, set().union(*(self.told[n] for n in names)) if names else set(), expression)
        self.assertEqual(expression.count("("), expression.count(")"), expression)

    def test_the_dashboard(self):
        board = json.loads((FOLDER / "grafana.json").read_text())
        panels = [p for p in board["panels"] if p["type"] != "row"]
        self.assertEqual(len({p["id"] for p in board["panels"]}), len(board["panels"]))
        for panel in panels:
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)
            for target in panel["targets"]:
                with self.subTest(panel["title"]):
                    self.check(target["expr"].replace('{job=~"$job"}', ""))

    def test_the_alerts(self):
        groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
        rules = [r for g in groups for r in g["rules"]]
        self.assertEqual(len({r["alert"] for r in rules}), len(rules))
        for rule in rules:
            with self.subTest(rule["alert"]):
                self.check(rule["expr"])
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual({"summary", "description"}, set(rule["annotations"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
