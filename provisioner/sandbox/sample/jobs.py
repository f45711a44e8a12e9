"""Departments, job titles and the cluster's roles, in the languages of the cluster.

Titles are in the municipality's own language; the service shows one text to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.municipality import Language, Names

DESK = "EXCHANGESTANDARD"
FIELD = "EXCHANGEDESKLESS"
PREMIUM = "SPB"
LICENSES = (DESK, FIELD, PREMIUM)


@dataclass(frozen=True)
class Job:
    """A title in a department; `license` is the seat that suits the work."""

    department: Names
    title: Names
    license: str = DESK

    def in_language(self, language: Language) -> tuple[str, str]:
        """Department and title."""
        return self.department.in_language(language), self.title.in_language(language)


_BUREAU = Names("לשכה", "الديوان", "Bureau")
_TREASURY = Names("גזברות", "الخزينة", "Treasury")
_DIGITAL = Names("מערכות מידע", "أنظمة المعلومات", "Information Systems")
_ENGINEERING = Names("הנדסה", "الهندسة", "Engineering")
_EDUCATION = Names("חינוך", "التربية والتعليم", "Education")
_WELFARE = Names("רווחה", "الرفاه الاجتماعي", "Welfare")
_HEALTH = Names("בריאות", "الصحة", "Health")
_CULTURE = Names("תרבות וספורט", "الثقافة والرياضة", "Culture and Sport")
_TRANSPORT = Names("תחבורה", "المواصلات", "Transport")
_CITY_CARE = Names("שפ״ע", "جودة البيئة", "Environment")
_RESIDENTS = Names("מוקד ופניות הציבור", "مركز خدمة الجمهور", "Residents' Service")

# By name of the role: its title for people, and the job of the one who bears it.
ROLES: dict[str, tuple[Names, Job]] = {
    "head": (
        Names("ראשי רשויות", "رؤساء السلطات", "Heads of municipalities"),
        Job(_BUREAU, Names("ראש הרשות", "رئيس/ة السلطة المحلية", "Head"), PREMIUM),
    ),
    "ceo": (
        Names("מנכ״לים", "المديرون العامون", "Chief executives"),
        Job(_BUREAU, Names("מנכ״ל/ית", "مدير/ة عام/ة", "Chief executive")),
    ),
    "treasurer": (
        Names("גזברים", "أمناء الخزينة", "Treasurers"),
        Job(_TREASURY, Names("גזבר/ית", "أمين/ة الخزينة", "Treasurer")),
    ),
    "cio": (
        Names(
            "מנהלי מערכות מידע", "مديرو أنظمة المعلومات", "Chief information officers"
        ),
        Job(
            _DIGITAL,
            Names("מנמ״ר/ית", "مدير/ة أنظمة المعلومات", "Chief information officer"),
        ),
    ),
    "engineer": (
        Names("מהנדסים", "المهندسون", "Engineers"),
        Job(_ENGINEERING, Names("מהנדס/ת הרשות", "مهندس/ة السلطة", "Engineer")),
    ),
    "education": (
        Names("מנהלי חינוך", "مديرو التربية والتعليم", "Directors of education"),
        Job(_EDUCATION, Names("מנהל/ת אגף החינוך", "مدير/ة قسم التربية", "Director")),
    ),
    "welfare": (
        Names("מנהלי רווחה", "مديرو الرفاه", "Directors of welfare"),
        Job(_WELFARE, Names("מנהל/ת אגף הרווחה", "مدير/ة قسم الرفاه", "Director")),
    ),
    "health": (
        Names("רכזי בריאות", "مركزو الصحة", "Health coordinators"),
        Job(_HEALTH, Names("רכז/ת בריאות", "مركز/ة الصحة", "Coordinator")),
    ),
    "culture": (
        Names("מנהלי תרבות", "مديرو الثقافة", "Directors of culture"),
        Job(_CULTURE, Names("מנהל/ת תרבות וספורט", "مدير/ة قسم الثقافة", "Director")),
    ),
    "transport": (
        Names("רכזי תחבורה", "مركزو المواصلات", "Transport coordinators"),
        Job(_TRANSPORT, Names("רכז/ת תחבורה", "مركز/ة المواصلات", "Coordinator")),
    ),
    "digital": (
        Names("מובילים דיגיטליים", "قادة التحول الرقمي", "Digital leads"),
        Job(_DIGITAL, Names("מוביל/ת דיגיטל", "قائد/ة التحول الرقمي", "Digital lead")),
    ),
}

STAFF = (
    Job(_EDUCATION, Names("רכז/ת נוער", "مركز/ة شبيبة", "Youth coordinator")),
    Job(_WELFARE, Names("עובד/ת סוציאלי/ת", "عامل/ة اجتماعي/ة", "Social worker")),
    Job(_CITY_CARE, Names("גנן/ית", "بستاني/ة", "Gardener"), FIELD),
    Job(_TREASURY, Names("מנהל/ת חשבונות", "محاسب/ة", "Bookkeeper")),
    Job(_ENGINEERING, Names("בודק/ת תוכניות", "فاحص/ة خرائط", "Plan examiner")),
    Job(_EDUCATION, Names("קצין/ת ביקור סדיר", "ضابط/ة دوام", "Attendance officer")),
    Job(_RESIDENTS, Names("מוקדן/ית", "مستقبل/ة مكالمات", "Call taker"), FIELD),
    Job(_CULTURE, Names("ספרן/ית", "أمين/ة مكتبة", "Librarian")),
    Job(_BUREAU, Names("מזכיר/ה", "سكرتير/ة", "Secretary")),
    Job(_TREASURY, Names("גובה ארנונה", "جابي/ة ضرائب", "Rates collector")),
    Job(_CITY_CARE, Names("פקח/ית", "مراقب/ة", "Inspector"), FIELD),
    Job(_HEALTH, Names("מקדם/ת בריאות", "معزز/ة صحة", "Health promoter")),
    Job(_DIGITAL, Names("תומך/ת מחשוב", "داعم/ة حوسبة", "Support technician")),
    Job(_TRANSPORT, Names("מתאם/ת הסעות", "منسق/ة سفريات", "School bus scheduler")),
    Job(_EDUCATION, Names("סייע/ת", "مساعد/ة روضة", "Teaching assistant"), FIELD),
    Job(_ENGINEERING, Names("מפקח/ת בנייה", "مراقب/ة بناء", "Building inspector")),
)
