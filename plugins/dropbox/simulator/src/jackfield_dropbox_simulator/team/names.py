"""Names of people and groups in many scripts, with the awkward cases that real teams have."""

from __future__ import annotations

import random

_GIVEN = (
    "Amelia", "Noah", "Zoë", "José", "Łukasz", "Øyvind", "Þóra", "Çağla", "Đorđe", "Ngọc Ánh",
    "Анна", "Дмитро", "Ελένη", "Γιώργος", "Արամ", "ნინო", "张伟", "さくら", "タロウ", "민준",
    "محمد", "فاطمة", "נועה", "یاسمین", "आरव", "প্রিয়া", "கவிதா", "สมชาย", "ሰላም", "ཚེ་རིང",
    "Andre\u0301", "Zu\u0308leyha", "Ana María", "Jean-Luc", "D'Arcy", "X", "🦊 Robin", "Sam 👩🏽‍💻", "ﬁona", "İpek",
)  # fmt: skip
_SURNAME = (
    "Smith", "O'Brien", "van der Berg", "Müller", "Ångström", "Núñez", "Kowalczyk", "Şahin", "Nguyễn", "Dvořák",
    "Иванова", "Шевченко", "Παπαδόπουλος", "Հակոբյան", "ბერიძე", "王", "鈴木", "サトウ", "김", "العربي",
    "بن سعيد", "כהן", "تهرانی", "शर्मा", "সেন", "முருகன்", "ใจดี", "በቀለ", "Gonza\u0301lez", "MacDonald-Smythe",
    "de la Cruz y Santamaría", "Li", "Ó Súilleabháin", "St. John", "Jr.", "Test, Ltd",
)  # fmt: skip
_LONG_GIVEN = "Maximiliane-Theodora Alexandrina Wilhelmina Sophia"
_LONG_SURNAME = "Wolfeschlegelsteinhausenbergerdorff-Schwarzenegger"
_GROUPS = (
    "Engineering", "Finance", "Vertrieb & Marketing", "Sales", "Ops: on-call", "#announcements", "100% remote",
    "R/D: Équipe", "Отдел кадров", "営業部", "فريق الدعم", "צוות מכירות", "Café ☕ lovers", "two  spaces",
    "a" * 120, "C#", "Project X/Y: Z #1 50%", "Contractors", "Legal", "Board",
)  # fmt: skip


def person(rng: random.Random, seq: int) -> tuple[str, str]:
    """Given name and surname for the account with that number; each part keeps Dropbox's limits."""
    if seq % 97 == 41:
        return _LONG_GIVEN, _LONG_SURNAME
    return rng.choice(_GIVEN), rng.choice(_SURNAME)


def email(rng: random.Random, seq: int, domain: str) -> str:
    """A unique address within Dropbox's pattern, at times with the signs that others forget."""
    style = seq % 11
    if style == 3:
        return f"pat.o'neil{seq}@{domain}"
    if style == 5:
        return f"team+user{seq}@{domain}"
    if style == 7:
        return f"First.Last{seq}@Sub.{domain}"
    if style == 9:
        return f"#{seq}_a&b%c-d@{domain}"
    return f"user{seq}.{rng.randrange(100)}@{domain}"


def group(seq: int) -> str:
    """The name of the group with that number; the third and the fourth group share one."""
    if seq == 3:
        return _GROUPS[2]
    name = _GROUPS[seq % len(_GROUPS)].strip()
    return name if seq < len(_GROUPS) else f"{name} {seq}"


def group_external_id(seq: int) -> str:
    """An external id for the group with that number, with signs that need escaping."""
    return ("ou=R/D,dc=team", "hr:all#1", "100%/x y", "plain")[seq % 4] + f"-{seq}"
