"""The event stream of an editor's preview, which notifies open pages of a new build (server-sent events, HTML 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from feeds.web.live import Live, Prepared

_LOOK_EVERY = 0.2


def events(live: Live[Prepared]) -> StreamingResponse:
    """An endless response with a `site` event that has the name of the build, at once and whenever the name changes.

    Pages compare it with the name of their own build, since a page may be older than the first event.
    """
    return StreamingResponse(_builds(live), headers={"Cache-Control": "no-store"}, media_type="text/event-stream")


async def _builds(live: Live[Prepared]) -> AsyncIterator[str]:
    sent = None
    while True:
        preview = live.site.preview
        if preview is not None and preview.build != sent:
            sent = preview.build
            yield f"event: site\ndata: {sent}\n\n"
        await asyncio.sleep(_LOOK_EVERY)
