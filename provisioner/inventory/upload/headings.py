"""Which field a heading means, in Hebrew, Arabic and English, as offices write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from provisioner.inventory.faults import nearest
from provisioner.model.upload import ReadColumn

_WORDS: dict[str, tuple[str, ...]] = {
    "address": (
        *("address", "email", "e-mail", "mail", "email address", "user name"),
        *("כתובת", "מייל", "אימייל", 'דוא"ל', "דואר אלקטרוני", "כתובת מייל"),
        *('כתובת דוא"ל', "כתובת דואר אלקטרוני", "שם משתמש"),
        *("البريد", "البريد الإلكتروني", "بريد إلكتروني", "عنوان البريد الإلكتروني"),
        *("الإيميل", "ايميل", "اسم المستخدم"),
    ),
    "display_name": (
        *("display name", "display_name", "full name", "name"),
        *("שם", "שם מלא", "שם תצוגה", "שם העובד", "שם העובדת"),
        *("الاسم", "الاسم الكامل", "اسم العرض", "اسم الموظف"),
    ),
    "given_name": (
        *("given name", "given_name", "first name", "forename"),
        *("שם פרטי", "פרטי"),
        *("الاسم الشخصي", "الاسم الأول", "الاسم الخاص"),
    ),
    "surname": (
        *("surname", "last name", "family name"),
        *("שם משפחה", "משפחה"),
        *("اسم العائلة", "العائلة", "الكنية", "اللقب"),
    ),
    "employee_id": (
        *("employee id", "employee_id", "employee number", "personnel number"),
        *("מספר עובד", "מס עובד", "מס' עובד", "קוד עובד"),
        *("رقم الموظف", "الرقم الوظيفي", "رقم العامل"),
    ),
    "department": (
        *("department", "unit", "division"),
        *("מחלקה", "אגף", "יחידה", "מדור"),
        *("القسم", "قسم", "الدائرة", "الوحدة"),
    ),
    "job_title": (
        *("job title", "job_title", "title", "position", "job"),
        *("תפקיד", "תואר התפקיד", "תיאור תפקיד", "משרה"),
        *("المسمى الوظيفي", "الوظيفة", "المنصب"),
    ),
    "role": (
        *("role", "forum", "professional role"),
        *("פורום", "תפקיד מקצועי"),
        *("الدور", "المنتدى", "الدور المهني"),
    ),
    "license": (
        *("license", "licence", "sku"),
        *("רישיון", "רשיון", "סוג רישיון"),
        *("الترخيص", "الرخصة", "رخصة"),
    ),
    "language": (
        *("language", "mailbox language"),
        *("שפה", "שפת התיבה"),
        *("اللغة", "لغة"),
    ),
    "aliases": (
        *("aliases", "alias", "other addresses", "further addresses"),
        *("כינויים", "כינוי", "כתובות נוספות"),
        *("عناوين إضافية", "عناوين أخرى", "أسماء بديلة"),
    ),
    "state": ("state", "status", "מצב", "סטטוס", "الحالة"),
}
_LANGUAGES = {
    "he": ("he", "hebrew", "עברית", "العبرية", "عبري"),
    "ar": ("ar", "arabic", "ערבית", "العربية", "عربي"),
    "en": ("en", "english", "אנגלית", "الإنجليزية", "انجليزي"),
}
_ALEFS = str.maketrans("أإآىة", "اااיه".replace("י", "ي"))
_APOSTROPHES = re.compile(r"['\"`׳״‘’“”]")
_NO_LETTER = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A heading without case, points, quotes, punctuation and forms of alef."""
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.translate(_ALEFS)))
    bare = "".join(
        c for c in apart if not unicodedata.category(c).startswith(("M", "C"))
    )
    return _NO_LETTER.sub(" ", bare).strip().casefold()


_FIELDS = {plain(word): field for field, words in _WORDS.items() for word in words}
_SPOKEN = {plain(word): code for code, words in _LANGUAGES.items() for word in words}


def read_headings(headings: Sequence[str]) -> tuple[ReadColumn, ...]:
    """Each column with its field; the first of two that mean the same is taken.

    One that is not known is not read; where it is like a known one, that is suggested.
    """
    found: list[ReadColumn] = []
    seen: set[str] = set()
    for heading in headings:
        field = _FIELDS.get(plain(heading), "")
        if field and field not in seen:
            seen.add(field)
            found.append(ReadColumn(heading, field))
            continue
        near = "" if field or not heading else nearest(plain(heading), _FIELDS)
        found.append(ReadColumn(heading, "", near))
    return tuple(found)


def language_of(text: str) -> str:
    """The code of a language by its name; what is none stays as it is, for the check."""
    return _SPOKEN.get(plain(text), text) if text else ""
