"""What schemathesis does not know by itself: how a body of lines is sent."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """The lines as they stand."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
