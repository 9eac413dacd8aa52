"""For an editor's preview alone: tells open pages that the site was built anew (Server-sent events, HTML 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from feeds.web.live import Live, Prepared

_LOOK_EVERY = 0.2


def events(live: Live[Prepared]) -> StreamingResponse:
    """An endless answer: an event `site` with what the build is made of at once, and whenever that is something else. A page
    says what it is made of itself: it may be older than the first event.
    """
    return StreamingResponse(_builds(live), headers={"Cache-Control": "no-store"}, media_type="text/event-stream")


async def _builds(live: Live[Prepared]) -> AsyncIterator[str]:
    told = None
    while True:
        preview = live.site.preview
        if preview is not None and preview.build != told:
            told = preview.build
            yield f"event: site\ndata: {told}\n\n"
        await asyncio.sleep(_LOOK_EVERY)
