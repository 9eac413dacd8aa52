"""Names of fields: the names that site generators and publishers use for each field of Feeds.

A document may have a field under our own name or under another, such as `date` for `publishedDateTime`. The first name that the
document fills in counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from feeds.documents import fast_yaml
from feeds.documents.values import Values

# Our names, those of parts of a provider too. `authors` is `provider.authors`, as most documents have it.
FIELDS = tuple(
    (
        "title excerpt publishedDateTime updatedDateTime webUrl originalUrl id type quality heat published removed provider "
        "topics category tags images featuredContent actions related ampWebUrl cdnAmpWebUrl locale secured authors correction "
        "audio episode season episodeType explicit transcript chapters"
    ).split()
)
# Fields for which config may give other names.
CONFIGURABLE = (*(name for name in FIELDS if name != "secured"), "slug", "path", "draft", "expires")
# For each of our names, what else is read as it, the first before the others. A dot leads into a mapping.
ALIASES: Mapping[str, str] = {
    "publishedDateTime": (
        "date pubDate pubDatetime publishDate created_at created createdAt published_at publishedAt published_date "
        "publishedDate publish_date pub_date datePublished date_published posted extra.date"
    ),
    "correction": "corrections",
    "later": "publishDate scheduled",
    "updatedDateTime": (
        "updated lastmod modified last_modified_at updatedDate updatedOn lastModified updated_at updatedAt modDatetime "
        "last_modified dateModified date_updated last_updated last_update.date extra.updated"
    ),
    "expires": "expiryDate unpublishDate expires expired_at expirationDate expiry_date",
    "excerpt": (
        "summary description deck subtitle lead lede dek standfirst intro teaser abstract extra.summary extra.description "
        "params.summary params.description"
    ),
    "authors": "author by byline authors_info extra.author extra.authors taxonomies.authors taxonomies.author params.author",
    "authorUrl": "author_url authorURL",
    "authorAvatar": "author_image_url authorImageURL",
    "topics": "categories taxonomies.categories taxonomies.topics",
    "tags": "tag keywords taxonomies.tags",
    "images": (
        "image cover thumbnail featured_image featuredImage featured-image featureImage feature_image hero heroImage "
        "hero_image coverImage cover_image cover_img ogImage og_image banner header.image header.teaser preview_image "
        "socialImage social_image thumb extra.image extra.cover extra.thumbnail params.image params.cover"
    ),
    "resources": "resources",
    "audio": (
        "enclosure podcast_file podcast_url audio_file audioFile audio_url audioUrl audio_file_path mp3 podcast.url "
        "podcast.audio podcast.file podcast.mp3 podcast.enclosure episode.filename extra.audio params.audio"
    ),
    "duration": (
        "duration podcast_duration audio_duration audioDuration audio_file_duration audio_length itunes_duration length "
        "podcast.duration episode.duration extra.duration params.duration"
    ),
    "audioSize": (
        "podcast_bytes audio_bytes audio_size audioSize audio_file_size bytes filesize file_size size length podcast.bytes "
        "podcast.size podcast.length episode.size extra.size params.size"
    ),
    "episode": "episode_number episodeNumber itunes_episode podcast.episode podcast.number",
    "season": "season_number seasonNumber itunes_season podcast.season",
    "episodeType": "episode_type itunes_episode_type podcast.type podcast.episodeType",
    "explicit": "itunes_explicit podcast.explicit",
    "episodeImage": "episode_image itunes_image podcast.image podcast.cover episode.image",
    "transcript": "transcripts transcript_url transcriptUrl podcast.transcript podcast.transcripts episode.transcript",
    "chapters": "chapters_url chaptersUrl podcast.chapters episode.chapters",
    "webUrl": "canonical_url canonicalUrl canonicalURL canonical permalink url",
    "slug": "slug",
    "path": "path",
    "locale": "lang language",
    "draft": "draft isDraft",
    "unlisted": "unlisted eleventyExcludeFromCollections headless",
    "listed": "build.list _build.list",
    "rendered": "build.render _build.render render",
    "status": "status",
    "redirect": "redirect_to redirectTo redirect redirect_url redirectUrl",
    "layout": "layout template",
}
# Fields that generators and their themes read for their own purposes; feeds need none of them.
OTHERS = frozenset(
    (
        "author_title authortitle author_twitter authortwitter authorfbid disqus_identifier disqus_title disqus_url "
        "aliases redirect_from redirects weight menu menus toc tableofcontents hidetoc showtoc tocopen math mathjax "
        "katex latex comments comment disqus disqus_id giscus utterances sidebar sidebar_position sidebar_label nav "
        "nav_order navigation eleventynavigation eleventycomputed pagination order position class classes css js "
        "scripts styles style theme color sitemap robots noindex outputs output linktitle cascade build _build markup "
        "type section series pinned pin sticky featured highlight hidden searchable search feed rss atom share sharing "
        "social license copyright version id pagination_next pagination_prev hide_table_of_contents hide_title "
        "toc_min_heading_level toc_max_heading_level custom_edit_url in_search_index insert_anchor_links page_template "
        "sort_by paginate_by paginate_path transparent generate_feeds render_with_liquid extra taxonomies params "
        "header header_img guid wordpress_id wordpress_url dsq_thread_id meta setup metadata parent parents "
        "has_children collection layout_class imports eleventyimport override:tags readingtime reading_time wordcount "
        "show_reading_time showreadingtime ampsettings iscjklanguage translationkey lunr published_in editpost "
        "cover_caption last_update mdx format image_alt image_caption thumbnail_alt hero_alt herocaption heroalt "
        "coveralt alt sitemap_exclude canonifyurls ispage relatedposts related_posts toc_sticky author_profile "
        "read_time excerpt_separator defer social_media"
    ).split()
)


class Names:
    """The names that the documents of one source use. `own` are those that config gives: ours, with theirs."""

    def __init__(self, own: Mapping[str, tuple[str, ...]] | None = None, *, tags_are_topics: bool = False) -> None:
        self._own = dict(own or {})
        self.tags_are_topics = tags_are_topics

    def __reduce__(self) -> tuple[object, ...]:
        return (_remade, (self._own, self.tags_are_topics))

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """The names that count in whatever case, by their lowercase. Config's own come last, to count as config spells them."""
        found = {name.lower(): name for name in FIELDS}
        # Of a `layout` nothing is read that a slip could spoil.
        usual = [names for ours, names in ALIASES.items() if ours != "layout"]
        for names in (usual, map(" ".join, self._own.values())):
            for name in (part for text in names for dotted in text.split() for part in dotted.split(".")):
                found.setdefault(name.lower(), name)
        return found

    @cached_property
    def plain_reader(self) -> fast_yaml.Reader:
        """Reads plain front matter with these names."""
        return fast_yaml.Reader(self.spellings)

    @cached_property
    def places(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """The field that a name stands for, with its rank among the names of that field."""
        found: dict[str, list[tuple[str, int]]] = {}
        taken = {name for names in self._own.values() for name in names}
        for ours in dict.fromkeys((*FIELDS, *ALIASES)):
            own = self._own.get(ours, ())
            usual = [name for name in ((ours,) if ours in FIELDS else ()) if name not in taken]
            usual += [name for name in ALIASES.get(ours, "").split() if name not in taken]
            for rank, name in enumerate((*own, *usual)):
                spelled = ".".join(self.spellings.get(part.lower(), part) for part in name.split("."))
                found.setdefault(spelled, []).append((ours, rank))
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def holders(self) -> frozenset[str]:
        """Mappings that hold more fields."""
        return frozenset(name.partition(".")[0] for name in self.places if "." in name)

    def is_known(self, name: str) -> bool:
        """Whether a field called `name` is read, or known to be for another tool."""
        return name in self.places or name in self.holders or name.lower() in OTHERS


def _remade(own: Mapping[str, tuple[str, ...]], tags_are_topics: bool) -> Names:
    return Names(own, tags_are_topics=tags_are_topics)


class Named(Values):
    """The fields of a document by the names of Feeds.

    Of those that the document lacks, what is `handed_down` to it counts, the first before the others, and then `defaults`, by
    our own names.
    """

    def __init__(self, found: Values, names: Names, defaults: Values | None = None, handed_down: Iterable[Values] = ()) -> None:
        self._found = found
        self._defaults = defaults
        self._places: dict[str, tuple[Values, str]] = {}
        self.unread: list[str] = []
        self._take_all(found, names)
        for each in handed_down:
            above = Named(each, names)
            for ours, place in above._places.items():
                if self.is_blank(ours):
                    self._places[ours] = place
        if defaults is not None:
            for name in defaults.names():
                self._places.setdefault(name, (defaults, name))

    def _take_all(self, found: Values, names: Names) -> None:
        ranks: dict[str, int] = {}
        places, holders = names.places, names.holders
        for name in found.names():
            known = places.get(name)
            if known is not None:
                self._take(found, name, known, ranks)
            if name in holders:
                within = found.within(name)
                for inner in within.names() if within is not None else ():
                    if (known := places.get(f"{name}.{inner}")) is not None and within is not None:
                        self._take(within, inner, known, ranks)
            elif known is None and not names.is_known(name):
                self.unread.append(name)

    def _take(self, holder: Values, name: str, known: tuple[tuple[str, int], ...], ranks: dict[str, int]) -> None:
        for ours, rank in known:
            before = self._places.get(ours)
            if before is None or ((rank < ranks[ours] or before[0].is_blank(before[1])) and not holder.is_blank(name)):
                self._places[ours] = (holder, name)
                ranks[ours] = rank

    def written(self, name: str) -> str | None:
        """The name that the document has for our field `name`; None where it has none."""
        place = self._places.get(name)
        return place[1] if place is not None and place[1] in place[0] else None

    def is_default(self, name: str) -> bool:
        """Whether our field `name` has its value from the defaults alone."""
        place = self._places.get(name)
        return place is not None and place[0] is self._defaults

    def is_list(self, name: str) -> bool:
        """As `Values` says."""
        place = self._places.get(name)
        return place is not None and place[0].is_list(place[1])

    def __contains__(self, name: str) -> bool:
        return self.written(name) is not None

    def names(self) -> Iterator[str]:
        """As `Values` says."""
        return iter(self._places)

    def is_blank(self, name: str) -> bool:
        """As `Values` says."""
        place = self._places.get(name)
        return place is None or place[0].is_blank(place[1])

    def within(self, name: str) -> Values | None:
        """As `Values` says."""
        place = self._places.get(name)
        return place[0].within(place[1]) if place is not None else None

    def problem(self, name: str, expected: str, found: str | None = None, *, fatal: bool = True) -> None:
        """As `Values` says."""
        holder, written = self._places.get(name, (self._found, name))
        holder.problem(written, expected, found, fatal=fatal)

    def text(self, name: str, expected: str = "text", *, fatal: bool = True) -> str | None:
        """As `Values` says."""
        place = self._places.get(name)
        return None if place is None else place[0].text(place[1], expected, fatal=fatal and self._is_ours(name, place[1]))

    def texts(self, name: str, *, fatal: bool = True) -> tuple[str, ...]:
        """As `Values` says."""
        place = self._places.get(name)
        return () if place is None else place[0].texts(place[1], fatal=fatal and self._is_ours(name, place[1]))

    def fields(self, name: str, bare: str | None = None, *, fatal: bool = True) -> Values | None:
        """As `Values` says."""
        place = self._places.get(name)
        return None if place is None else place[0].fields(place[1], bare, fatal=fatal and self._is_ours(name, place[1]))

    def list(self, name: str, bare: str | None = None, *, fatal: bool = True) -> tuple[Values, ...]:
        """As `Values` says."""
        place = self._places.get(name)
        return () if place is None else place[0].list(place[1], bare, fatal=fatal and self._is_ours(name, place[1]))

    def _is_ours(self, name: str, written: str) -> bool:
        # What a publisher means by a name of another tool need not be what we mean: it costs that field alone. But an article
        # with a wrong date would be published at a wrong time.
        return written == name or name in _MUST_BE_UNDERSTOOD


_MUST_BE_UNDERSTOOD = frozenset({"publishedDateTime", "later", "expires", "draft"})
