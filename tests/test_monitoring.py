"""Alert rules and dashboard: they ask for metrics and labels that are exported, by Prometheus' own grammar, and by promtool where
there is one.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from harness.clean import ROOT
from prometheus_client.parser import text_string_to_metric_families

from jackfield_service.metrics import Metrics

RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"


def exported() -> dict[str, set[str]]:
    """The samples that a host gives to Prometheus, with their labels."""
    metrics = Metrics()
    metrics.synced("acme", "published", 1.0, 5)
    metrics.published("acme", 1.0, complete=True)
    metrics.planned("acme", 2.0)
    metrics.needs_sign_in("acme", needs=False)
    metrics.usable("acme", usable=True)
    metrics.changed("acme", "grant", "changed")
    metrics.undecided("acme", 0)
    metrics.service("c1", up=True)
    metrics.connected("acme", ok=True)
    metrics.task("acme", "grant", "ok")
    families = text_string_to_metric_families(metrics.text().decode())
    found = {one.name: set(one.labels) for family in families for one in family.samples}
    return {
        name: labels
        for name, labels in found.items()
        if name.startswith("jackfield_") and not name.endswith("_created")
    }


METRICS = {**exported(), "up": set[str]()}
OF_PROMETHEUS = {"job", "instance"}


def selectors(expression: Any) -> Iterator[Any]:
    """Every selector of a metric in *expression*."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    elif isinstance(expression, promql_parser.MatrixSelector):
        yield expression.vector_selector
    for name in ("lhs", "rhs", "expr", "args"):
        inner = getattr(expression, name, None)
        for each in inner if isinstance(inner, list) else [inner] if inner is not None else []:
            yield from selectors(each)


def faults(expression: str) -> Iterator[str]:
    """What *expression* asks of metrics and labels that are not exported."""
    asked: set[str] = set()
    found = [*selectors(promql_parser.parse(expression))]
    if not found:
        yield f"{expression} asks nothing"
    for one in found:
        if one.name not in METRICS:
            yield f"{one.name} is not exported"
            continue
        asked |= METRICS[one.name]
        for matcher in one.matchers.matchers:
            if matcher.name not in METRICS[one.name] | OF_PROMETHEUS:
                yield f"{one.name} has no label {matcher.name}"
    for labels in re.findall(r"\bby \(([^)]*)\)", expression):
        for label in re.split(r",\s*", labels):
            if label not in asked | OF_PROMETHEUS:
                yield f"{expression}: nothing has the label {label}"


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


class TestPrometheus:
    @pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
    def test_a_rule_asks_what_is_exported_and_says_what_to_do(self, rule: dict[str, Any]):
        assert [*faults(rule["expr"])] == []
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "description"} == rule["annotations"].keys()
        named = {*re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"]))}
        metrics = [one.name for one in selectors(promql_parser.parse(rule["expr"]))]
        assert named <= OF_PROMETHEUS.union(*(METRICS[name] for name in metrics))

    def test_the_reader_finds_faults(self):
        assert [*faults('jackfield_syncs_total{connection="a"}')] == ["jackfield_syncs_total is not exported"]
        assert [*faults('up{connection="a"}')] == ["up has no label connection"]
        assert [*faults("sum by (task) (jackfield_needs_sign_in)")] != []
        with pytest.raises(ValueError, match="unclosed left parenthesis"):
            promql_parser.parse("sum by (task")

    def test_every_metric_is_looked_at_by_a_rule_or_the_dashboard(self):
        asked = {
            one.name
            for text in (*(rule["expr"] for rule in rules()), *(expr for _, expr in queries()))
            for one in selectors(promql_parser.parse(text))
        }
        assert METRICS.keys() - asked == {"jackfield_sync_seconds_count", "jackfield_sync_seconds_sum"}

    def test_each_alert_is_tried_where_it_is_to_fire_and_where_it_is_not(self):
        tests = yaml.safe_load(RULES.with_name("alerts_test.yaml").read_text(encoding="utf-8"))["tests"]
        tried = [(one["alertname"], bool(one.get("exp_alerts"))) for each in tests for one in each["alert_rule_test"]]
        for fires in (True, False):
            assert {rule["alert"] for rule in rules()} == {name for name, expected in tried if expected is fires}

    @pytest.mark.skipif(
        shutil.which("promtool") is None, reason="promtool is not installed: only another parser has read them"
    )
    def test_promtool_takes_the_rules_and_they_fire_when_they_should(self):
        tests = RULES.with_name("alerts_test.yaml")
        for words in (("check", "rules", RULES), ("test", "rules", tests)):
            done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def dashboard() -> dict[str, Any]:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def queries() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$job", ".*").replace("$connection", ".*")


class TestGrafana:
    def test_every_panel_asks_what_is_exported(self):
        assert [(title, fault) for title, expr in queries() for fault in faults(expr)] == []

    def test_its_panels_have_a_place_of_their_own_and_say_what_they_show(self):
        taken: set[tuple[int, int]] = set()
        for panel in dashboard()["panels"]:
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken, panel["title"]
            taken |= cells
            assert panel["title"] and panel["description"] and panel["datasource"]["uid"] == "${datasource}"
        assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])

    def test_its_variables_are_those_that_are_used(self):
        text = json.dumps(dashboard()["panels"])
        assert {each["name"] for each in dashboard()["templating"]["list"]} == {"datasource", "job", "connection"}
        assert {*re.findall(r"\$\{?(\w+)", text)} <= {"datasource", "job", "connection"}
