"""What a new site says in its own language, until the municipality writes its own."""

from __future__ import annotations

from msgspec import Struct


class Words(Struct, frozen=True):
    """Names of pages and their starting texts in one language."""

    direction: str
    home: str
    accessibility: str
    privacy: str
    contact: str
    skip: str
    statement: str
    coordinator: str
    phone: str
    email: str
    private: str
    missing: str
    about: str
    unwritten: str
    maintenance: str
    refused: str


WORDS = {
    "he": Words(
        "rtl",
        "דף הבית",
        "הצהרת נגישות",
        "פרטיות",
        "יצירת קשר",
        "דילוג לתוכן",
        "אנו פועלים לכך שהאתר יהיה נגיש לכולם. נתקלתם בקושי? פנו לרכז/ת הנגישות:",
        "רכז/ת נגישות",
        "טלפון",
        "דואר אלקטרוני",
        "האתר אינו משתמש בעוגיות, אינו טוען דבר משרתים אחרים ואינו שומר פרטים אישיים.",
        "הדף לא נמצא.",
        "אודות",
        "עמוד זה טרם נכתב.",
        "האתר בתחזוקה ויחזור בקרוב. לפניות דחופות:",
        "שם המשתמש או הסיסמה שגויים.",
    ),
    "ar": Words(
        "rtl",
        "الصفحة الرئيسية",
        "بيان سهولة الوصول",
        "الخصوصية",
        "اتصلوا بنا",
        "الانتقال إلى المحتوى",
        "نعمل على أن يكون الموقع متاحًا للجميع. هل واجهتم صعوبة؟"
        " توجهوا إلى مركز/ة سهولة الوصول:",
        "مركز/ة سهولة الوصول",
        "هاتف",
        "بريد إلكتروني",
        "لا يستعمل الموقع ملفات تعريف الارتباط، ولا يحمّل شيئًا من خوادم أخرى،"
        " ولا يحفظ تفاصيل شخصية.",
        "الصفحة غير موجودة.",
        "من نحن",
        "لم تُكتب هذه الصفحة بعد.",
        "الموقع قيد الصيانة وسيعود قريبًا. للتوجهات العاجلة:",
        "اسم المستخدم أو كلمة المرور غير صحيحة.",
    ),
    "en": Words(
        "ltr",
        "Home",
        "Accessibility statement",
        "Privacy",
        "Contact",
        "Skip to content",
        "We work to make this site accessible to everybody. Did you meet a difficulty? Turn"
        " to the accessibility coordinator:",
        "Accessibility coordinator",
        "Telephone",
        "E-mail",
        "This site sets no cookies, loads nothing from other servers and keeps no personal"
        " details.",
        "This page was not found.",
        "About",
        "This page is not written yet.",
        "The site is being maintained and will be back soon. For what is urgent:",
        "The user name or the password is wrong.",
    ),
}
