"""Labels that Feeds adds to an article, in the article's language."""

from typing import NamedTuple


class _Words(NamedTuple):
    source: str
    related: str
    withdrawn: str
    sentence: str
    correction: str
    read_on: str


_WORDS = {
    "ar": _Words("المصدر", "تغطية ذات صلة", "تم السحب", "تم سحب هذا المقال.", "تصحيح", "تابع القراءة"),
    "ca": _Words("Font", "Sobre el mateix tema", "Retirat", "Aquest article s’ha retirat.", "Correcció", "Continua llegint"),
    "cs": _Words("Zdroj", "K tématu", "Staženo", "Tento článek byl stažen.", "Oprava", "Číst dál"),
    "da": _Words("Kilde", "Mere om emnet", "Trukket tilbage", "Denne artikel er trukket tilbage.", "Rettelse", "Læs videre"),
    "de": _Words("Quelle", "Mehr zum Thema", "Zurückgezogen", "Dieser Artikel wurde zurückgezogen.", "Korrektur", "Weiterlesen"),
    "el": _Words("Πηγή", "Σχετικά άρθρα", "Αποσύρθηκε", "Αυτό το άρθρο αποσύρθηκε.", "Διόρθωση", "Διαβάστε περισσότερα"),
    "en": _Words("Source", "Related coverage", "Withdrawn", "This article was withdrawn.", "Correction", "Read on"),
    "es": _Words("Fuente", "Más sobre el tema", "Retirado", "Este artículo ha sido retirado.", "Corrección", "Seguir leyendo"),
    "fa": _Words("منبع", "مطالب مرتبط", "پس گرفته شد", "این مطلب پس گرفته شده است.", "اصلاحیه", "ادامه مطلب"),
    "fi": _Words("Lähde", "Lisää aiheesta", "Poistettu", "Tämä artikkeli on poistettu.", "Oikaisu", "Lue lisää"),
    "fr": _Words("Source", "Sur le même sujet", "Retiré", "Cet article a été retiré.", "Correction", "Lire la suite"),
    "he": _Words("מקור", "עוד בנושא", "הוסר", "מאמר זה הוסר.", "תיקון", "להמשך קריאה"),
    "hu": _Words("Forrás", "Bővebben a témáról", "Visszavonva", "Ezt a cikket visszavontuk.", "Helyesbítés", "Tovább olvasom"),
    "id": _Words("Sumber", "Liputan terkait", "Ditarik", "Artikel ini telah ditarik.", "Koreksi", "Baca selengkapnya"),
    "it": _Words("Fonte", "Altro sul tema", "Ritirato", "Questo articolo è stato ritirato.", "Correzione", "Continua a leggere"),
    "ja": _Words("出典", "関連記事", "取り下げ", "この記事は取り下げられました。", "訂正", "続きを読む"),
    "ko": _Words("출처", "관련 기사", "철회됨", "이 기사는 철회되었습니다.", "정정", "계속 읽기"),
    "nb": _Words("Kilde", "Mer om saken", "Trukket tilbake", "Denne artikkelen er trukket tilbake.", "Rettelse", "Les videre"),
    "nl": _Words("Bron", "Meer over dit onderwerp", "Ingetrokken", "Dit artikel is ingetrokken.", "Correctie", "Lees verder"),
    "no": _Words("Kilde", "Mer om saken", "Trukket tilbake", "Denne artikkelen er trukket tilbake.", "Rettelse", "Les videre"),
    "pl": _Words("Źródło", "Więcej na ten temat", "Wycofano", "Ten artykuł został wycofany.", "Sprostowanie", "Czytaj dalej"),
    "pt": _Words("Fonte", "Mais sobre o tema", "Retirado", "Este artigo foi retirado.", "Correção", "Continuar a ler"),
    "ro": _Words(
        "Sursa", "Mai multe pe această temă", "Retras", "Acest articol a fost retras.", "Corectură", "Citește mai departe"
    ),
    "ru": _Words("Источник", "По теме", "Отозвано", "Эта статья отозвана.", "Исправление", "Читать далее"),
    "sv": _Words("Källa", "Mer om ämnet", "Tillbakadragen", "Den här artikeln har dragits tillbaka.", "Rättelse", "Läs vidare"),
    "tr": _Words("Kaynak", "İlgili haberler", "Geri çekildi", "Bu yazı geri çekildi.", "Düzeltme", "Devamını oku"),
    "uk": _Words("Джерело", "За темою", "Відкликано", "Цю статтю відкликано.", "Виправлення", "Читати далі"),
    "vi": _Words("Nguồn", "Tin liên quan", "Đã gỡ", "Bài viết này đã được gỡ.", "Đính chính", "Đọc tiếp"),
    "zh": _Words("来源", "相关报道", "已撤回", "本文已撤回。", "更正", "阅读全文"),
}


def source(language: str | None) -> str:
    """The label before the publisher's name. English where the language (a BCP 47 tag) is not supported."""
    return _of(language).source


def related(language: str | None) -> str:
    """The heading above the list of other coverage."""
    return _of(language).related


def withdrawn(language: str | None) -> str:
    """The title of the notice that takes the place of a withdrawn article."""
    return _of(language).withdrawn


def withdrawn_sentence(language: str | None) -> str:
    """The text of that notice."""
    return _of(language).sentence


def correction(language: str | None) -> str:
    """The label before a note that corrects an article."""
    return _of(language).correction


def read_on(language: str | None) -> str:
    """The text of the link below an excerpt, which leads to the whole article."""
    return _of(language).read_on


def _of(language: str | None) -> _Words:
    return _WORDS.get((language or "en").partition("-")[0], _WORDS["en"])
