"""The *restricted* Pod Security Standard as sentences: what of a pod the standard forbids.

Written from the standard's own text (its version of 2025), each rule by its name there; the rules of *baseline*, which it
includes, first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_CAPABILITIES = "NET_BIND_SERVICE"
_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
_SYSCTLS = {
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
    *("net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    "net.ipv4.tcp_keepalive_probes",
}
_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def restricted_faults(pod: Mapping[str, Any]) -> list[str]:
    """What the standard forbids of the specification *pod*; nothing where the cluster would take it."""
    return [*_of_pod(pod), *(fault for each in _containers(pod) for fault in _of_container(pod, each))]


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    context = _part(pod, "securityContext")
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"Host Namespaces: {name}"
    for volume in _list(pod, "volumes"):
        for kind in volume.keys() - {"name"} - _VOLUMES:
            yield f"Volume Types: {volume['name']} is {kind}"
    for sysctl in _list(context, "sysctls"):
        if sysctl["name"] not in _SYSCTLS:
            yield f"Sysctls: {sysctl['name']}"
    if context.get("runAsUser") == 0:
        yield "Running as Non-root user: the pod"
    yield from _shared(context, "the pod")


def _of_container(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    name = str(container["name"])
    outer = _part(pod, "securityContext")
    context = _part(container, "securityContext")
    if context.get("privileged"):
        yield f"Privileged Containers: {name}"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"Privilege Escalation: {name}"
    if context.get("runAsNonRoot", outer.get("runAsNonRoot")) is not True:
        yield f"Running as Non-root: {name}"
    if context.get("runAsUser") == 0:
        yield f"Running as Non-root user: {name}"
    seccomp = (_part(context, "seccompProfile") or _part(outer, "seccompProfile")).get("type")
    if seccomp not in ("RuntimeDefault", "Localhost"):
        yield f"Seccomp: {name}"
    capabilities = _part(context, "capabilities")
    if "ALL" not in _list(capabilities, "drop"):
        yield f"Capabilities: {name} drops not all"
    for added in _list(capabilities, "add"):
        if added != _CAPABILITIES:
            yield f"Capabilities: {name} adds {added}"
    if (context.get("procMount") or "Default") != "Default":
        yield f"/proc Mount Type: {name}"
    for port in _list(container, "ports"):
        if port.get("hostPort"):
            yield f"Host Ports: {name}"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if _part(_part(container, probe), "httpGet").get("host"):
            yield f"Host Probes: {name}"
    yield from _shared(context, name)


def _shared(context: Mapping[str, Any], name: str) -> Iterator[str]:
    if _part(context, "windowsOptions").get("hostProcess"):
        yield f"HostProcess: {name}"
    selinux = _part(context, "seLinuxOptions")
    if selinux.get("type", "") not in _SELINUX or selinux.get("user") or selinux.get("role"):
        yield f"SELinux: {name}"
    if _part(context, "appArmorProfile").get("type", "RuntimeDefault") not in ("RuntimeDefault", "Localhost"):
        yield f"AppArmor: {name}"


def _containers(pod: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [each for kind in ("containers", "initContainers", "ephemeralContainers") for each in _list(pod, kind)]


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = of.get(name)
    return found or {}


def _list(of: Mapping[str, Any], name: str) -> Sequence[Any]:
    found: Sequence[Any] | None = of.get(name)
    return found or ()
