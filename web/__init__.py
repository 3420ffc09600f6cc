"""The web: composition root, API, signalling, background jobs and the browser client. It knows everybody."""
