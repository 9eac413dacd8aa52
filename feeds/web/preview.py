"""For an editor's preview alone: tells open pages that the site was built anew (Server-sent events, HTML 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from feeds.web.live import Live, Prepared

_LOOK_EVERY = 0.2


def events(live: Live[Prepared]) -> StreamingResponse:
    """An endless answer: an event `site` with the build's number at once, and whenever there is another."""
    return StreamingResponse(_builds(live), headers={"Cache-Control": "no-store"}, media_type="text/event-stream")


async def _builds(live: Live[Prepared]) -> AsyncIterator[str]:
    told = None
    while True:
        if live.site is not told:
            told = live.site
            yield f"event: site\ndata: {id(told)}\n\n"
        await asyncio.sleep(_LOOK_EVERY)
