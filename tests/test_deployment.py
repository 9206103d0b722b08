"""The files below ``deploy/``: manifests and the chart by Kubernetes' own schemas and the restricted standard, the unit
by systemd's own judge where there is one, and what the page about them has its reader do."""

import copy
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from harness.clean import ROOT
from harness.documented import read_page
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
                assert pod_of(rendered)["containers"][0]["env"].pop("JACKFIELD_SERVE__HEALTH_PORT") == "8081"
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


PAGE = ROOT / "docs" / "administrators" / "deployment.md"
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


class TestThePage:
    """What ``docs/administrators/deployment.md`` has its reader do, as far as it can be done here."""

    def blocks(self, language: str) -> list[str]:
        return ["\n".join(block.lines) + "\n" for block in read_page(PAGE).blocks if block.language == language]

    def commands(self) -> list[str]:
        text = re.sub(r"\\\n\s*", "", "".join(self.blocks("text")))
        return text.splitlines()

    def test_every_file_that_it_names_is_there(self):
        named = {*re.findall(r"\bdeploy/[\w./-]+", PAGE.read_text(encoding="utf-8"))}
        assert len(named) > 8
        assert [each for each in named if not (ROOT / each.rstrip(".")).exists()] == []

    def test_it_speaks_of_every_alert_and_of_no_other(self):
        named = {*re.findall(r"`(Jackfield[A-Z]\w+)`", PAGE.read_text(encoding="utf-8"))}
        groups = read(DEPLOY / "prometheus" / "alerts.yaml")["groups"]
        assert named == {rule["alert"] for group in groups for rule in group["rules"]}

    def test_its_configuration_names_the_credentials_that_the_unit_loads(self):
        (text,) = self.blocks("toml")
        connection = tomllib.loads(text)["connections"]["acme"]
        named = {value.removeprefix("file:") for value in connection.values() if value.startswith("file:")}
        (line,) = unit()["LoadCredential"]
        id, folder = line.split(":")
        files = {Path(word).name for each in self.commands() for word in each.split() if word.startswith(f"{folder}/")}
        # As systemd.exec(5) has it for a folder: each file, with the id and an underscore before its name.
        assert named == {f"/run/credentials/jackfield.service/{id}_{name}" for name in files}

    @pytest.mark.skipif(not HELM, reason="Helm's library has no wheel for this machine")
    def test_its_values_and_its_helm_command_render(self):
        import helm_python

        (values,) = self.blocks("yaml")
        command, *_ = [shlex.split(line) for line in self.commands() if line.startswith("helm ")]
        assert ROOT / command[4] == CHART
        asked = helm_python.parse_set_string(command[command.index("--set") + 1])
        for given in (helm_python.values_from_yaml(values), asked):
            documents = TestChart().rendered(given, name=command[3])
            for kind, document in documents.items():
                if kind not in OTHERS:
                    validate(document)
        assert tomllib.loads(helm_python.values_from_yaml(values)["config"])["connections"].keys() == {"acme"}

    def test_what_it_installs_for_systemd_lies_where_the_unit_looks(self, tmp_path: Path):
        for name in ("app-secret", "refresh-token", "jackfield.toml"):
            (tmp_path / name).write_text("x")
        (tmp_path / "deploy").symlink_to(DEPLOY)
        (tmp_path / "etc" / "systemd" / "system").mkdir(parents=True)
        for line in self.commands():
            if line.startswith("install "):
                subprocess.run(line.replace(" /etc", f" {tmp_path}/etc"), shell=True, check=True, cwd=tmp_path)
        for line in unit()["LoadCredential"]:
            files = [*(tmp_path / line.split(":")[1].lstrip("/")).iterdir()]
            assert [(file.is_file(), file.stat().st_mode & 0o777) for file in files] == [(True, 0o600)] * 2
        assert (tmp_path / "etc" / "jackfield" / "jackfield.toml").stat().st_mode & 0o777 == 0o644
        assert (tmp_path / "etc" / "systemd" / "system" / "jackfield.service").read_bytes() == UNIT.read_bytes()
