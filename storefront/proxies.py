"""Who a request says it comes from, where a proxy of ours has passed it on."""

from werkzeug.middleware.proxy_fix import ProxyFix


class TrustedProxies:
    """Believes X-Forwarded-For, -Proto and -Host only from the configured addresses."""

    def __init__(self, app, proxies: tuple[str, ...]) -> None:
        self._plain, self._proxied, self._proxies = app, ProxyFix(app, 1, 1, 1), proxies

    def __call__(self, environ, start_response):
        trusted = environ.get("REMOTE_ADDR") in self._proxies
        return (self._proxied if trusted else self._plain)(environ, start_response)
