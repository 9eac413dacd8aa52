"""Labels that Feeds adds to an article, in the article's language."""

_WORDS = {
    "ar": ("المصدر", "تغطية ذات صلة"),
    "ca": ("Font", "Sobre el mateix tema"),
    "cs": ("Zdroj", "K tématu"),
    "da": ("Kilde", "Mere om emnet"),
    "de": ("Quelle", "Mehr zum Thema"),
    "el": ("Πηγή", "Σχετικά άρθρα"),
    "en": ("Source", "Related coverage"),
    "es": ("Fuente", "Más sobre el tema"),
    "fa": ("منبع", "مطالب مرتبط"),
    "fi": ("Lähde", "Lisää aiheesta"),
    "fr": ("Source", "Sur le même sujet"),
    "he": ("מקור", "עוד בנושא"),
    "hu": ("Forrás", "Bővebben a témáról"),
    "id": ("Sumber", "Liputan terkait"),
    "it": ("Fonte", "Altro sul tema"),
    "ja": ("出典", "関連記事"),
    "ko": ("출처", "관련 기사"),
    "nb": ("Kilde", "Mer om saken"),
    "nl": ("Bron", "Meer over dit onderwerp"),
    "no": ("Kilde", "Mer om saken"),
    "pl": ("Źródło", "Więcej na ten temat"),
    "pt": ("Fonte", "Mais sobre o tema"),
    "ro": ("Sursa", "Mai multe pe această temă"),
    "ru": ("Источник", "По теме"),
    "sv": ("Källa", "Mer om ämnet"),
    "tr": ("Kaynak", "İlgili haberler"),
    "uk": ("Джерело", "За темою"),
    "vi": ("Nguồn", "Tin liên quan"),
    "zh": ("来源", "相关报道"),
}


def source(language: str | None) -> str:
    """The label before the publisher's name. English where the language (a BCP 47 tag) is not supported."""
    return _of(language)[0]


def related(language: str | None) -> str:
    """The heading above the list of other coverage."""
    return _of(language)[1]


def _of(language: str | None) -> tuple[str, str]:
    return _WORDS.get((language or "en").partition("-")[0], _WORDS["en"])
