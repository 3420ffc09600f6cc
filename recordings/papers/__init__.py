"""Papers: what is handed out in a meeting.

``store`` keeps bytes under their SHA-256, ``sniff`` says what a file is by its content, ``take_in`` receives an upload,
``add`` and ``withdraw`` are the use cases, ``render`` counts and draws PDF pages in a child process (``rasterize`` is
that child), ``office`` turns office files into PDF where LibreOffice is installed, ``pages`` answers the viewer.
"""
