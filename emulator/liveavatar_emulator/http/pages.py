"""Lets browser pages call the API, because the vendor's web SDK calls it from one."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

API_PATHS = ("/v1/", "/v2/")
_TOLD = ["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]


class OpenToPages:
    """
    ASGI middleware: CORS for every origin on the API's paths, none on the admin API's.

    The SDK calls with ``credentials: "include"``, which browsers allow only if the answer names the page's
    own origin, so a plain ``*`` would not do.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origin_regex=".*",
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_TOLD,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        is_api = scope["type"] == "http" and scope["path"].startswith(API_PATHS)
        await (self._open if is_api else self._app)(scope, receive, send)
