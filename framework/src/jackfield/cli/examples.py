"""Examples of each command, as its help shows them. A test holds that there are some of each, and that they can be parsed."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "connectors list": ("jackfield connectors list",),
    "connectors show": ("jackfield connectors show helpdesk",),
    "connectors check": ("jackfield connectors check helpdesk", "jackfield connectors check helpdesk --seeds 100:20"),
    "new": ("jackfield new helpdesk",),
    "init": (
        "jackfield init",
        "jackfield init --connector helpdesk --name acme --set client_id=ID --set refresh_token=file:token --yes",
    ),
    "connections": ("jackfield connections", "jackfield connections acme"),
    "authorize": ("jackfield authorize acme", "jackfield authorize acme --loopback"),
    "check": ("jackfield check acme",),
    "sync": ("jackfield sync acme", "jackfield sync --all", "jackfield sync acme --accept 20261126T0630"),
    "stats": ("jackfield stats acme", "jackfield stats acme --run @latest~1"),
    "resources": (
        "jackfield resources acme --type user --status disabled",
        "jackfield resources acme --privileged --columns name,e-mail",
        "jackfield resources acme --dormant 90",
    ),
    "entitlements": ("jackfield entitlements acme --privileged", "jackfield entitlements acme --resource Design --ids"),
    "grants": (
        "jackfield grants acme --principal jane@example.com",
        "jackfield grants acme --privileged --output csv",
        "jackfield grants acme --resource Design --run 7d",
    ),
    "access": ("jackfield access acme jane@example.com", "jackfield access acme jane@example.com --tree"),
    "who": ("jackfield who acme Design", "jackfield who acme group:7/owner --direct"),
    "findings": ("jackfield findings acme", "jackfield findings acme --kind dormant --plan dormant.toml"),
    "diff": (
        "jackfield diff acme",
        "jackfield diff acme 7d",
        "jackfield diff acme yesterday --person jane@example.com",
    ),
    "syncs": ("jackfield syncs acme --limit 5",),
    "events": (
        "jackfield events acme --principal jane@example.com --since 30d",
        "jackfield events acme --follow --output json",
    ),
    "verify": ("jackfield verify acme", "jackfield verify"),
    "import": (
        "jackfield import sync.file --connection other-tool",
        "jackfield import --list",
    ),
    "backup": ("jackfield backup -o jackfield.backup",),
    "restore": ("jackfield restore jackfield.backup --check", "jackfield restore jackfield.backup --force"),
    "export": (
        "jackfield export acme --format csv -o access.csv",
        "jackfield export acme --format xlsx -o access.xlsx",
        "jackfield export --list",
    ),
    "grant": (
        "jackfield grant acme Design/member jane@example.com --dry-run",
        'jackfield grant acme Design/member jane@example.com --reason "joins the team"',
    ),
    "revoke": ("jackfield revoke acme Design/member jane@example.com --dry-run",),
    "account create": ("jackfield account create acme email=jane@example.com given_name=Jane --dry-run",),
    "account delete": ("jackfield account delete acme jane@example.com --dry-run",),
    "account enable": ("jackfield account enable acme jane@example.com",),
    "account disable": ('jackfield account disable acme jane@example.com --reason "on leave"',),
    "action list": ("jackfield action list acme",),
    "action run": ("jackfield action run acme disable_user user_id=jane@example.com --dry-run",),
    "plan": (
        "jackfield plan acme changes.csv -o changes.plan",
        "jackfield plan acme reviewed.csv -o review.plan",
        "jackfield plan acme --revoke-all jane@example.com --type group -o leave.plan",
    ),
    "apply": ("jackfield apply changes.plan --dry-run", "jackfield apply changes.plan"),
    "changes list": (
        "jackfield changes list --principal jane@example.com",
        "jackfield changes list --outcome refused --since 7d",
    ),
    "changes show": ("jackfield changes show 01HZX3",),
    "changes recover": ("jackfield changes recover acme",),
    "completion": ("jackfield completion bash",),
}
"""By the full name of a command."""
