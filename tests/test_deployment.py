"""The files below ``deploy/``: manifests and the chart by Kubernetes' own schemas and the restricted standard, rules and
dashboard by Prometheus' own language, the unit by systemd's own judge where there is one."""

import copy
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import promql_parser
import pytest
import yaml
from harness.clean import ROOT
from harness.pods import restricted_faults

DEPLOY = ROOT / "deploy"
GUIDE = DEPLOY / "kubernetes" / "guide"
HARDENED = DEPLOY / "kubernetes" / "hardened"
CHART = DEPLOY / "chart" / "jackfield"
KUBERNETES = ("1.30.0", kubernetes_validate.latest_version())
OTHERS = {"Kustomization", "ServiceMonitor"}
"""Kinds that are not Kubernetes' own, and so have no schema there."""

GUIDE_IMAGE = "public.ecr.aws/conductorone/baton-dropbox:latest"
GUIDE_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "baton-dropbox-secrets"},
    "type": "Opaque",
    "stringData": {
        *("BATON_CLIENT_ID", "BATON_CLIENT_SECRET"),
        *("BATON_APP_KEY", "BATON_APP_SECRET", "BATON_REFRESH_TOKEN", "BATON_PROVISIONING"),
    },
}
GUIDE_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "baton-dropbox", "labels": {"app": "baton-dropbox"}},
    "spec": {
        "selector": {"matchLabels": {"app": "baton-dropbox"}},
        "template": {
            "metadata": {"labels": {"app": "baton-dropbox", "baton": True, "baton-app": "dropbox"}},
            "spec": {
                "containers": [
                    {
                        "name": "baton-dropbox",
                        "image": GUIDE_IMAGE,
                        "imagePullPolicy": "IfNotPresent",
                        "env": [{"name": "BATON_HOST_ID", "value": "baton-dropbox"}],
                        "envFrom": [{"secretRef": {"name": "baton-dropbox-secrets"}}],
                    }
                ]
            },
        },
    },
}
"""The vendor's guide, as it was read: a value that is no text (``baton: true``) among labels, which no API server takes."""

METRICS: dict[str, set[str]] = {
    "jackfield_sync_total": {"connection", "status"},
    "jackfield_sync_seconds_bucket": {"connection", "le"},
    "jackfield_last_published_timestamp_seconds": {"connection"},
    "jackfield_snapshot_complete": {"connection"},
    "jackfield_changes_total": {"connection", "kind", "outcome"},
    "jackfield_changes_undecided": {"connection"},
    "jackfield_requests_total": {"connection"},
    "jackfield_needs_sign_in": {"connection"},
    "jackfield_service_up": {"service"},
    "jackfield_uplink_connected": {"connection"},
    "jackfield_tasks_total": {"connection", "task", "result"},
    "jackfield_next_sync_timestamp_seconds": {"connection"},
    "up": set(),
}
OF_PROMETHEUS = {"job", "instance"}


def read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def manifests() -> Iterator[Path]:
    yield from sorted((DEPLOY / "kubernetes").rglob("*.yaml"))


def pod_of(document: dict[str, Any]) -> dict[str, Any]:
    return document["spec"]["template"]["spec"]


def validate(document: dict[str, Any]) -> None:
    for version in KUBERNETES:
        kubernetes_validate.validate(document, version, strict=True)


class TestManifests:
    @pytest.mark.parametrize("file", [*manifests()], ids=lambda file: f"{file.parent.name}/{file.name}")
    def test_kubernetes_takes_it(self, file: Path):
        document = read(file)
        if document["kind"] not in OTHERS:
            validate(document)

    def test_the_judge_finds_faults(self):
        document = read(GUIDE / "baton-dropbox.yaml")
        document["spec"]["template"]["metadata"]["labels"]["baton"] = True
        with pytest.raises(kubernetes_validate.ValidationError):
            validate(document)
        document = read(HARDENED / "deployment.yaml")
        pod_of(document)["containers"][0]["securityContext"]["readonlyRootFilesystem"] = True
        with pytest.raises(kubernetes_validate.ValidationError):
            validate(document)

    def test_the_guide_s_are_its_own_but_for_the_image(self):
        secret, deployment = read(GUIDE / "baton-dropbox-secrets.yaml"), read(GUIDE / "baton-dropbox.yaml")
        assert all(isinstance(value, str) for value in secret["stringData"].values())
        assert {**secret, "stringData": {*secret["stringData"]}} == GUIDE_SECRET
        changed = copy.deepcopy(GUIDE_DEPLOYMENT)
        template: Any = changed["spec"]["template"]  # type: ignore[index]
        template["metadata"]["labels"]["baton"] = "true"
        template["spec"]["containers"][0]["image"] = "registry.example.com/jackfield-dropbox:0.1.0"
        assert deployment == changed

    def test_no_secret_stands_in_a_file(self):
        for value in read(GUIDE / "baton-dropbox-secrets.yaml")["stringData"].values():
            assert value == "true" or re.fullmatch("<[a-z ]+>", value)

    def test_the_hardened_one_is_restricted_and_asks_for_no_more(self):
        pod = pod_of(read(HARDENED / "deployment.yaml"))
        assert restricted_faults(pod) == []
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["automountServiceAccountToken"] is False
        assert {"requests", "limits"} <= container["resources"].keys()
        assert [
            container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        ] == [
            *("/live", "/live", "/ready"),
        ]
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 65532
        assert pod["terminationGracePeriodSeconds"] > 10

    def test_the_standard_forbids_what_it_forbids(self):
        assert restricted_faults(pod_of(read(GUIDE / "baton-dropbox.yaml"))) == [
            "Privilege Escalation: baton-dropbox",
            "Running as Non-root: baton-dropbox",
            "Seccomp: baton-dropbox",
            "Capabilities: baton-dropbox drops not all",
        ]
        pod = pod_of(read(HARDENED / "deployment.yaml"))
        pod["hostNetwork"] = True
        pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
        pod["containers"][0]["securityContext"] |= {"privileged": True, "runAsUser": 0}
        pod["containers"][0]["securityContext"]["capabilities"]["add"] = ["SYS_ADMIN"]
        pod["containers"][0]["ports"][0]["hostPort"] = 80
        assert {fault.split(":")[0] for fault in restricted_faults(pod)} == {
            *("Host Namespaces", "Volume Types", "Privileged Containers", "Running as Non-root user"),
            *("Capabilities", "Host Ports"),
        }

    def test_they_belong_together(self):
        documents = {read(file)["kind"]: read(file) for file in HARDENED.glob("*.yaml")}
        labels = documents["Deployment"]["spec"]["template"]["metadata"]["labels"]
        for selector in (
            documents["Deployment"]["spec"]["selector"]["matchLabels"],
            documents["Service"]["spec"]["selector"],
            documents["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
            documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        ):
            assert selector.items() <= labels.items()
        pod = pod_of(documents["Deployment"])
        assert pod["serviceAccountName"] == documents["ServiceAccount"]["metadata"]["name"]
        claims = [
            each["persistentVolumeClaim"]["claimName"] for each in pod["volumes"] if "persistentVolumeClaim" in each
        ]
        assert claims == [documents["PersistentVolumeClaim"]["metadata"]["name"]]
        assert {*documents["Kustomization"]["resources"]} == {
            file.name for file in HARDENED.glob("*.yaml") if file.name != "kustomization.yaml"
        }
        secret = read(GUIDE / "baton-dropbox-secrets.yaml")["metadata"]["name"]
        assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": secret}}]


VALUES: dict[str, dict[str, Any]] = {
    "defaults": {"existingSecret": "baton-dropbox-secrets"},
    "a digest": {"image": {"digest": "sha256:" + "a" * 64}},
    "several hosts": {
        "replicas": 3,
        "database": {"existingSecret": "pg"},
        "persistence": {"accessModes": ["ReadWriteMany"], "storageClass": "nfs"},
        "podDisruptionBudget": {"maxUnavailable": "50%"},
        "networkPolicy": {"extraEgress": [{"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "ports": [{"port": 5432}]}]},
    },
    "its own configuration": {
        "connector": "",
        "config": '[connections.acme]\nconnector = "dropbox"\nrefresh_token = "file:/secrets/acme"\n',
        "secretFiles": {"existingSecret": "tokens"},
        "env": {"BATON_HOST_ID": "one", "BATON_TASK_CONCURRENCY": 3, "BATON_LOG_FORMAT": "console"},
        "extraEnv": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}],
    },
    "nothing kept": {"persistence": {"enabled": False}},
    "a claim that exists": {"persistence": {"existingClaim": "mine"}},
    "everything said": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "networkPolicy": {"metricsFrom": []},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
        ],
        "podAnnotations": {"a": "b"},
        "podLabels": {"c": "d"},
        "priorityClassName": "high",
        "image": {"tag": "1", "pullSecrets": [{"name": "pull"}]},
        "serviceAccount": {"name": "mine", "annotations": {"a": "b"}},
    },
}
HELM = importlib.util.find_spec("helm_python") is not None


@pytest.mark.skipif(not HELM, reason="Helm's library has no wheel for this machine")
class TestChart:
    def rendered(self, values: dict[str, Any], name: str = "jackfield-dropbox") -> dict[str, dict[str, Any]]:
        import helm_python

        with helm_python.Chart.load(str(CHART)) as chart:
            chart.validate_schema(values)
            files = chart.render(values, name=name, namespace="jackfield")
        found = [yaml.safe_load(text) for path, text in files.items() if path.endswith(".yaml")]
        return {document["kind"]: document for document in found if document is not None}

    def test_helm_s_own_lint_has_nothing_to_say(self):
        import helm_python

        for values in VALUES.values():
            report = helm_python.lint(str(CHART), values, strict=True, kube_version="v1.30.0")
            assert report["errors"] == []
            assert [each for each in report["messages"] if each["severity"] > 1] == []

    @pytest.mark.parametrize("case", VALUES)
    def test_kubernetes_takes_what_it_renders_and_so_does_the_standard(self, case: str):
        documents = self.rendered(VALUES[case])
        assert {"Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"} <= documents.keys()
        for kind, document in documents.items():
            if kind not in OTHERS:
                validate(document)
        assert restricted_faults(pod_of(documents["Deployment"])) == []
        assert ("ServiceMonitor" in documents) is (case == "everything said")
        assert ("ConfigMap" in documents) is (case == "its own configuration")

    def test_by_default_it_is_the_hardened_manifests(self):
        documents = self.rendered(VALUES["defaults"])
        for file in HARDENED.glob("*.yaml"):
            hardened = read(file)
            if (kind := hardened["kind"]) in ("Namespace", "Kustomization"):
                continue
            rendered = documents[kind]
            for document in (hardened, rendered):
                document["metadata"].pop("labels", None)
                document["metadata"].pop("annotations", None)
            if kind == "Deployment":
                for document in (hardened, rendered):
                    document["spec"]["template"]["metadata"].pop("labels")
                    container = pod_of(document)["containers"][0]
                    container["env"] = {each["name"]: each["value"] for each in container["env"]}
                assert pod_of(rendered)["containers"][0]["env"].pop("JACKFIELD_HEALTH_PORT") == "8081"
            assert rendered == hardened, kind

    def test_several_replicas_name_themselves_and_share_a_database(self):
        (container,) = pod_of(self.rendered(VALUES["several hosts"])["Deployment"])["containers"]
        env = {each["name"]: each for each in container["env"]}
        assert env["BATON_HOST_ID"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
        assert env["JACKFIELD_DATABASE"]["valueFrom"]["secretKeyRef"] == {"name": "pg", "key": "url"}

    def test_a_configuration_is_served_without_the_connector_of_the_image(self):
        documents = self.rendered(VALUES["its own configuration"])
        (container,) = pod_of(documents["Deployment"])["containers"]
        assert (container["command"], "args" in container) == (["jackfield", "serve"], False)
        assert documents["ConfigMap"]["data"]["jackfield.toml"] == VALUES["its own configuration"]["config"]
        assert len(names := [each["name"] for each in container["env"]]) == len({*names})

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"replicas": 2}, "database.existingSecret"),
            ({"replicas": 2, "database": {"existingSecret": "pg"}}, "ReadWriteMany"),
            ({"connector": ""}, "nothing to serve"),
        ],
        ids=["no database", "no shared volume", "nothing"],
    )
    def test_what_can_not_work_is_refused(self, values: dict[str, Any], says: str):
        import helm_python

        with pytest.raises(helm_python.HelmRenderError, match=says):
            self.rendered(values)

    @pytest.mark.parametrize("values", [{"replica": 2}, {"image": {"digest": "latest"}}, {"replicas": "2"}], ids=str)
    def test_values_that_nobody_reads_are_refused(self, values: dict[str, Any]):
        import helm_python

        with pytest.raises(helm_python.HelmValuesError):
            self.rendered(values)

    def test_every_value_has_its_place_in_the_schema(self):
        schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
        values = read(CHART / "values.yaml")
        assert values.keys() | {"global"} == schema["properties"].keys()
        for name, value in values.items():
            if isinstance(value, dict) and "properties" in schema["properties"][name]:
                assert value.keys() == schema["properties"][name]["properties"].keys(), name


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
    return [rule for group in read(DEPLOY / "prometheus" / "alerts.yaml")["groups"] for rule in group["rules"]]


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
        assert METRICS.keys() - asked == set()

    @pytest.mark.skipif(
        shutil.which("promtool") is None, reason="promtool is not installed: only another parser has read them"
    )
    def test_promtool_takes_the_rules_and_they_fire_when_they_should(self):
        rules, tests = DEPLOY / "prometheus" / "alerts.yaml", DEPLOY / "prometheus" / "alerts_test.yaml"
        for words in (("check", "rules", rules), ("test", "rules", tests)):
            done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def dashboard() -> dict[str, Any]:
    return json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))


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


UNIT = DEPLOY / "systemd" / "jackfield.service"


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


class TestSystemd:
    def test_it_is_hardened_and_holds_no_secret(self):
        lines = unit()
        assert lines["ProtectSystem"] == ["strict"]
        assert lines["DynamicUser"] == lines["NoNewPrivileges"] == lines["PrivateTmp"] == ["yes"]
        assert lines["CapabilityBoundingSet"] == [""]
        assert lines["KillSignal"] == ["SIGTERM"]
        assert int(lines["TimeoutStopSec"][0]) > 10
        assert lines["Type"] == ["exec"]
        assert not [value for value in lines["Environment"] if re.search("SECRET|TOKEN|KEY", value)]
        assert lines["LoadCredential"]

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
    def test_systemd_takes_it_and_finds_little_to_say(self, tmp_path: Path):
        text = UNIT.read_text(encoding="utf-8").replace("/opt/jackfield/bin/jackfield", sys.executable)
        (tmp_path / "jackfield.service").write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / "jackfield.service")],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-500:]
